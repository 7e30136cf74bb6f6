"""Data: reads tables, checks them, and encodes them as arrays, fitted on training rows only."""
