"""What a config says as formulas, and how other libraries are told the same."""
