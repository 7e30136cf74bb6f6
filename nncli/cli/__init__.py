"""The command line: one file per command. NumPy is imported only by commands that need it."""
