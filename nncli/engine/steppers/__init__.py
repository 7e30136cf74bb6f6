"""Steppers: what makes the steps of a job. Each engine is one."""
