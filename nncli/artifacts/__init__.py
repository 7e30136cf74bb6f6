"""What a run leaves behind: the run directory, checkpoints, metrics, plots."""
