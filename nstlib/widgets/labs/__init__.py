"""The labs: rebuild a picture from its features (content) or from its Gram matrices (style)."""
