"""Small-study effects: funnel plots, tests of asymmetry, adjusted effects."""
