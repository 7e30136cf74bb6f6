"""Reading: files of the user's -> tables, and every guess about them said."""
