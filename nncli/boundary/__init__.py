"""Boundary: a run's predictions over the plane of two features, as numbers and as a plot."""
