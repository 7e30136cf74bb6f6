"""The doctor: finds what keeps a run from learning, and tries an edit for each finding."""
