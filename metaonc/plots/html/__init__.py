"""Figures as pages for a browser: one file, nothing from outside."""
