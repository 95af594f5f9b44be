"""`python -m synthconv` is `synthconv`."""

from synthconv.cli.main import main

main()
