"""The learning-rate finder: one short training whose rate grows, and what its loss says."""
