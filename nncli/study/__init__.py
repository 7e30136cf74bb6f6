"""Studies: one config, many runs."""
