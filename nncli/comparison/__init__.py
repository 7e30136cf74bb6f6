"""Several runs beside each other: what differs between them, and how sure that is."""
