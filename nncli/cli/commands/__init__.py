"""A file here is a command: `plot_loss.py` has what `nncli plot-loss` does, as `command`."""
