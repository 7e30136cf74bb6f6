"""The loss surface: the loss over two weights or directions, with the path of training on it."""
