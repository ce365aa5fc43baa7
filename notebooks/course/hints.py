"""Which hints a class has met: python notebooks/course/hints.py FILE FILE …

Each file is one student's, written by the checks where NSTLIB_HINTS names it (README.md, "Counting
hints"). The tables that come out are Markdown.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

Line = tuple[str, str, str | None]  # notebook, check, the hint or None for "right"


def read(path: Path) -> list[Line]:
    """Read one student's file.

    Raises:
        ValueError: For a line that no check has written; the message names it.
        OSError: For a file that cannot be read.
    """
    found = []
    for number, text in enumerate(path.read_bytes().splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            notebook, check, right = line["notebook"], line["check"], line["right"]
            hint = None if right else str(line["hint"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path}, line {number} is not what a check writes. Leave the file or the line out."
            ) from error
        found.append((str(notebook), str(check), hint))
    return found


def report(files: Sequence[Sequence[Line]]) -> str:
    """Sum up the files of a class: a table of the exercises, and one of the hints."""
    tried, solved, met, times = Counter(), Counter(), Counter(), Counter()
    for lines in files:
        tried.update({line[:2] for line in lines})
        solved.update({line[:2] for line in lines if line[2] is None})
        hints = [line for line in lines if line[2] is not None]
        met.update(set(hints))
        times.update(hints)
    rows = [f"{len(files)} files.", "", "| exercise | tried | solved |", "| --- | ---: | ---: |"]
    rows += [f"| {a} {b} | {tried[a, b]} | {solved[a, b]} |" for a, b in sorted(tried)]
    rows += ["", "| students | times | exercise | hint |", "| ---: | ---: | --- | --- |"]
    ordered = sorted(met, key=lambda one: (-met[one], -times[one], one))
    rows += [f"| {met[one]} | {times[one]} | {one[0]} {one[1]} | {one[2]} … |" for one in ordered]
    return "\n".join(rows) + "\n"


def main() -> int:
    """Print the report. Exit status 2 for a file that no check has written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path, help="one file for each student")
    given = parser.parse_args()
    try:
        files = [read(path) for path in given.files]
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(report(files), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
