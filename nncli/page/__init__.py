"""Page: what all HTML pages share: escaping, colours, and no requests to any server."""
