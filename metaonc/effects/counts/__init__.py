"""Effects from counts: proportions, rates, 2x2 tables."""
