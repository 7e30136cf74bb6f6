"""The report as one HTML file: its own style, its own small charts, no request."""
