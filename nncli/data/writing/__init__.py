"""Tables -> files: a table's own rows with new columns behind them."""
