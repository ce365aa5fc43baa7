"""Deep art, taken apart in notebooks."""
