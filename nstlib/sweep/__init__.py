"""Many runs of one recipe, kept as they come, and the contact sheet that shows them."""

from nstlib.sweep.runs import Result, grid, sweep
from nstlib.sweep.sheet import contact_sheet

__all__ = ["Result", "contact_sheet", "grid", "sweep"]
