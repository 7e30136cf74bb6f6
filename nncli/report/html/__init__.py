"""The report as one HTML file with its own style and charts, without network requests."""
