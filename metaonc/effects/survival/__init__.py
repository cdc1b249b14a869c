"""Log hazard ratios from whatever a paper prints about survival."""
