"""Bootstrap and permutation of any statistic."""
