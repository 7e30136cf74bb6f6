"""The command line: one file per command. Nothing here imports NumPy before a command needs it."""
