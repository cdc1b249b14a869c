"""How far to trust a result: influence, sensitivity, small-study effects."""
