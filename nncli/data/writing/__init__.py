"""Writing: writes a source table's rows with new columns appended."""
