"""Pages: what every HTML page has in common: escaping, colours, and no request to anywhere."""
