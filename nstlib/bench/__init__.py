"""What a step of a transfer costs on this machine, beside the loop of the tutorials."""

from nstlib.bench.steps import METHODS, Row, checked_arguments, measure
from nstlib.bench.time_to_loss import loss_curves

__all__ = ["METHODS", "Row", "checked_arguments", "loss_curves", "measure"]
