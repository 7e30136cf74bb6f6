"""YAML text -> nodes with places -> a validated Experiment -> everything a run needs."""
