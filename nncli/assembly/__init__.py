"""A resolved config and its data -> a job that can be trained."""
