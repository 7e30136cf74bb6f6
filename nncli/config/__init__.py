"""YAML text -> nodes with places -> a validated Experiment -> every `auto` resolved."""
