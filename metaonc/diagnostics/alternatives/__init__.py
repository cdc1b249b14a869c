"""Other figures and other choices: rounding, specification curves."""
