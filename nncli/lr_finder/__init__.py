"""The learning-rate finder: a short training with a growing rate."""
