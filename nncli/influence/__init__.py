"""What predictions rest on: which columns they need, and how they change along each."""
