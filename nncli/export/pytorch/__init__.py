"""PyTorch: a run as a script with a module, which needs only torch and NumPy.

script        assembles the page
layers        the network's layers as modules, and the names of their weights in the run
features      the run's fitted columns, as a literal of the page
template/     functions that are copied into a page that needs them
sources       finds the functions that a page needs
"""
