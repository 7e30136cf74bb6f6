"""Trace: every number of a training step, as the worked solution of an exercise."""
