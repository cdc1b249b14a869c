"""Writers: a description of a report -> a format."""
