"""A run as one readable NumPy script, written from what runs: tapes and the parts' sources."""
