"""What may change a text or refuse it: style, typos, edge cases, checks, duplicates."""
