"""Subgroups, and the test between them."""
