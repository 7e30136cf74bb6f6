"""What a network shows of itself: every number of a step, checked gradients, findings, formulas."""
