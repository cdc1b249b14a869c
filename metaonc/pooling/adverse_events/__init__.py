"""Harms beside benefits."""
