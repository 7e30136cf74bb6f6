"""The report: what a run is, what it is worth and what it rests on, as one page to send."""
