"""What a review says of itself: its protocol, its search, and how sure it is of each answer."""
