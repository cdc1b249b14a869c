"""Absolute effects: a baseline and a pooled ratio."""
