"""Steppers: make the training steps of a job. Each engine is one."""
