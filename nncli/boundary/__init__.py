"""What a network predicts all over the plane of two features, as numbers and as a plot."""
