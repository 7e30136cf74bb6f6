"""PyTorch: a run as a module script that needs torch and NumPy alone.

script        puts the page together
layers        the network's layers as modules, and where their weights are in the run
features      what the run's columns are, as a literal of the page
template/     functions that stand in the page as they stand here, those that it needs
sources       which these are
"""
