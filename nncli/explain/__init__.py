"""Explain: the formulas of a config, and the equivalent code for other libraries."""
