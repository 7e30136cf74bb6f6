"""The loss over two weights, or two directions, and the path that training takes on it."""
