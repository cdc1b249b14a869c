"""Tables and models of counts."""
