"""Influence: which columns predictions depend on, and how they change along each."""
