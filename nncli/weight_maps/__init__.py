"""Weight maps: plots of a run's weights, by layer or, as images, by unit."""
