"""How an exercise is judged: against the reference, then against the mistakes that people make.

A check names each misconception by the function that it leads to. An answer that is wrong in exactly
that way gets the hint that goes with it; there is no guessing from error messages.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


def _asking() -> tuple[str, str]:
    """Notebook and name of the check that is running, such as ("02", "descent"), or two empty texts."""
    frame, found = sys._getframe(), ("", "")
    while frame is not None:
        chapter = re.match(r"nstlib\.checks\.ch(\d\d)", frame.f_globals.get("__name__", ""))
        if chapter:  # The outermost such function is the one that the notebook has called.
            found = chapter[1], frame.f_code.co_name
        frame = frame.f_back
    return found


@dataclass(frozen=True)
class Verdict:
    """What a check says of an answer.

    right: None where nothing was attempted yet; check: the notebook and the name of the check.
    """

    right: bool | None
    message: str
    check: tuple[str, str] = field(default_factory=_asking, compare=False, kw_only=True)

    def __repr__(self) -> str:
        mark = {True: "right", False: "not yet", None: "not attempted yet"}[self.right]
        return f"{mark}: {self.message}" if self.message else mark

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # A notebook calls this to show the verdict: only what a student sees is counted.
        printer.text(repr(self))
        _count(self)


def _count(verdict: Verdict) -> None:
    """Append one line of JSON to the file that NSTLIB_HINTS names; without it, do nothing.

    The line says nothing of the student: only the words of a hint before its first value, which
    could be the student's own. An exercise never fails because the file cannot be written.
    """
    path = os.environ.get("NSTLIB_HINTS")
    if not path or verdict.right is None:
        return
    notebook, check = verdict.check
    line = {"day": date.today().isoformat(), "notebook": notebook, "check": check}
    line["right"] = verdict.right
    if not verdict.right:
        words = re.split(r"\s['\"]|[\d(\[{<:`]", verdict.message)[0].split()
        line["hint"] = " ".join(words[:8])
    with (
        suppress(OSError, RuntimeError),
        Path(path).expanduser().open("a", encoding="utf-8") as file,
    ):
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give. wrong: what they compute; hint: what they took for what."""

    wrong: Callable[..., Any]
    hint: str


def judge(
    answer: Callable[..., Any],
    reference: Callable[..., Any],
    inputs: Sequence[tuple],
    mistakes: Sequence[Mistake] = (),
    *,
    praise: str = "",
    rtol: float = 1e-4,
    atol: float = 1e-5,
) -> Verdict:
    """Compare an answer with the right function, for all arguments in `inputs`.

    An untouched stub returns None, `...` or raises NotImplementedError: not attempted yet. Tensors and
    numbers are compared in value and shape, tuples and dictionaries member by member. Never raises
    for what the answer does.
    """
    # First the reference: an answer may change what it is handed, such as the weights of a network.
    wanted = [reference(*_copies(arguments)) for arguments in inputs]
    given = []
    for arguments in inputs:
        try:
            made = answer(*_copies(arguments))
        except NotImplementedError:
            made = None
        except Exception as error:
            return Verdict(False, f"your function stops with {type(error).__name__}: {error}")
        if made is None or made is ...:
            return Verdict(None, "")
        given.append(made)
    different = [pair for pair in zip(given, wanted, strict=True) if not same(*pair, rtol, atol)]
    if not different:
        return Verdict(True, praise)
    for mistake in mistakes:
        try:
            theirs = [mistake.wrong(*_copies(arguments)) for arguments in inputs]
        except (RuntimeError, TypeError, ValueError, IndexError):
            continue  # This mistake is impossible for these arguments.
        if all(same(a, b, rtol, atol) for a, b in zip(given, theirs, strict=True)):
            return Verdict(False, mistake.hint)
    return Verdict(False, _difference(*different[0], rtol, atol))


def same(a: Any, b: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
    """Whether two answers agree in kind, shape and value. A float and a 0-d tensor do agree."""
    if isinstance(b, dict):
        return (
            isinstance(a, dict)
            and list(a) == list(b)
            and all(same(a[key], b[key], rtol, atol) for key in b)
        )
    if isinstance(b, (tuple, list)):
        members = isinstance(a, (tuple, list)) and len(a) == len(b)
        return members and all(same(x, y, rtol, atol) for x, y in zip(a, b, strict=True))
    if isinstance(b, np.ndarray) != isinstance(a, np.ndarray):
        return False
    if not _numeric(a) or not _numeric(b):
        return type(a) is type(b) and a == b
    a, b = (torch.as_tensor(x).detach().to("cpu", torch.float64) for x in (a, b))
    if a.shape != b.shape:
        return False
    return torch.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True)


def _numeric(x: Any) -> bool:
    return isinstance(x, (int, float, Tensor, np.ndarray, np.number))


def _copies(arguments: tuple) -> tuple:
    """The answer may change its arguments in place; the reference must not see that."""
    return tuple(
        x.detach().clone().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x
        for x in arguments
    )


def _difference(given: Any, wanted: Any, rtol: float, atol: float) -> str:
    """One sentence on what is wrong when no mistake has a name."""
    if isinstance(wanted, Tensor) and wanted.ndim and not isinstance(given, Tensor):
        return (
            f"return a torch tensor of shape {tuple(wanted.shape)}, not a {type(given).__name__}."
        )
    if isinstance(given, Tensor) and isinstance(wanted, Tensor) and given.shape != wanted.shape:
        return f"the shape is {tuple(given.shape)}, and should be {tuple(wanted.shape)}."
    if isinstance(wanted, dict) and isinstance(given, dict) and list(given) == list(wanted):
        key = next(key for key in wanted if not same(given[key], wanted[key], rtol, atol))
        return f"under {key!r}, {_difference(given[key], wanted[key], rtol, atol)}"
    sequences = isinstance(wanted, (tuple, list)) and isinstance(given, (tuple, list))
    if sequences and len(given) == len(wanted):
        pairs = enumerate(zip(given, wanted, strict=True), start=1)
        number, pair = next((n, pair) for n, pair in pairs if not same(*pair, rtol, atol))
        return f"in member {number}, {_difference(*pair, rtol, atol)}"
    if _numeric(given) and _numeric(wanted):
        a, b = (torch.as_tensor(x).detach().to("cpu", torch.float64) for x in (given, wanted))
        if a.shape == b.shape:
            where = (a - b).abs().flatten().argmax()
            said, expected = _told_apart(a.flatten()[where].item(), b.flatten()[where].item())
            return f"the shape is right, but a value is {said} where {expected} is expected."
    if _kind(given) == _kind(wanted):
        return f"this is {given!r}, and {wanted!r} is expected."
    return f"this is {_kind(given)}, and {_kind(wanted)} is expected."


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to see that they differ."""
    for digits in (5, 9, 17):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def _kind(x: Any) -> str:
    if isinstance(x, dict):
        return f"a dictionary with keys {list(x)}"
    if isinstance(x, (tuple, list)):
        return f"a {type(x).__name__} of {len(x)}"
    return f"a {type(x).__name__}"
