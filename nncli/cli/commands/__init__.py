"""One file per command: `plot_loss.py` defines `nncli plot-loss` as `command`."""
