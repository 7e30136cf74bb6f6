"""The doctor: what keeps a run from learning, each finding with its number and one edit tried."""
