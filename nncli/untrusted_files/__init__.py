"""Untrusted files -> bytes and arrays, within limits. Nothing in them is executed."""
