"""Config: parses YAML into nodes, decodes these into an Experiment, and resolves every `auto`."""
