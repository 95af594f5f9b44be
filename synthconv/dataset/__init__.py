"""What is written: rows, the run directory, the manifest and the dataset card."""
