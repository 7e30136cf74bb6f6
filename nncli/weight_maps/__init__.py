"""The weights of a run as pictures: a map for each layer, or a picture for each unit."""
