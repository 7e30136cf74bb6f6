"""Formulas: features from features, such as `x1^2` or `sin(x1)`, without eval."""
