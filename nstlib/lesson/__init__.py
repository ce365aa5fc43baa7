"""What the notebooks show besides plots: the map of the method, and pictures to move by hand."""

from nstlib.lesson.diagram import PARTS, method_map
from nstlib.lesson.moving import predict, scrubber, wipe

__all__ = ["PARTS", "method_map", "predict", "scrubber", "wipe"]
