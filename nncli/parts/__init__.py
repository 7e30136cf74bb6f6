"""What a config can name. Each file holds one kind, sorted simple -> complex."""
