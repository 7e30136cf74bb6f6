"""Verification: whether a run is what it says, byte for byte and number for number."""
