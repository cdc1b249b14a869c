"""Models of counts, and tables with few events."""
