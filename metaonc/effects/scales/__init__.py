"""Effect measures: their names, their scales, and the ways between scales."""
