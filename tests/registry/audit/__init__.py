"""The audit of the registry."""
