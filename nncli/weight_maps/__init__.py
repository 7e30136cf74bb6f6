"""The weights of a run as plots: a map for each layer, or an image for each unit."""
