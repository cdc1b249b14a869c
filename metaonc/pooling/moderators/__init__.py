"""Regressions of effects on moderators."""
