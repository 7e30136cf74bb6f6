"""Evaluation: scores a trained model on a set of rows, with intervals, beside simpler models."""
