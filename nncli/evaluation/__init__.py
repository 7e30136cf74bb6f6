"""Evaluation: what a run is worth on a set of rows, beside what, and how sure that is."""
