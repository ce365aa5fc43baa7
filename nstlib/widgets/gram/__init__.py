"""The Gram explorer: every entry of a Gram matrix, and the two feature maps that it comes from."""
