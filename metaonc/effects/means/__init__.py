"""Effects from means, and means from what is printed instead."""
