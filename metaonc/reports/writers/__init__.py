"""Descriptions of reports -> files: a writer for each format."""
