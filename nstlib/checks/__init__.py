"""Checks of the exercises: `checks.NAME(my_function)` says "right" or names the misconception.

One module for each notebook; the notebooks import the one they need:
`from nstlib.checks import ch03_gram as checks`.
"""

from nstlib.checks.verdict import Mistake, Verdict, judge

__all__ = ["Mistake", "Verdict", "judge"]
