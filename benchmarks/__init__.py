"""Measurements against other programs; see README.md."""
