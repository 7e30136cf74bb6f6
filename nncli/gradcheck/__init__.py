"""Gradient check: backpropagation against centred differences, element by element, in float64."""
