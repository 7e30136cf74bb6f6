"""Reading: files of the user's -> tables, with every doubt settled aloud."""
