"""Verification: check a run's files byte for byte, and replay its training to the bit."""
