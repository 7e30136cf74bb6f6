"""Files that others wrote -> bytes and arrays, within limits. Nothing is executed."""
