"""The transfer studio: start, watch, steer, pause and keep a transfer."""
