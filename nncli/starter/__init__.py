"""`nncli init`: a commented config to start from, for a built-in dataset or a table."""
