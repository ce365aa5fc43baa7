"""How long everything takes, from one source: python notebooks/course/minutes.py [--write]

The source is the field `minutes` of the notes: a section's are for reading and looking, an exercise's
for solving it. From them follow the sentence after **Time** at the top of each notebook, the minutes of
exercises in the lesson plans of TEACHING.md, and the clock in these plans. Without --write, the command
says where something else is written.
"""

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from course_parts import Note, exercises_of, notes_of, sections_of
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parents[1]
NOTES = Path(__file__).parent / "notes"
GUIDE = NOTEBOOKS / "TEACHING.md"
LESSON = re.compile(r"^## Lesson (\d+).*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| *\d+ *\| *(\d+) *\|(.*)$", re.MULTILINE)  # from, minutes, what and where
IN_CLASS = re.compile(r"Students: Exercises? (\d)(?: and (\d))?.*\| (\d\d),")
LENGTH = re.compile(r"lessons of (\d+) minutes")
OWN_TIME = re.compile(r"(?<=notebooks take )\d+(?:,\s\d+)*\sand\s\d+(?=\sminutes)")
TIME = re.compile(r"^\*\*Time\*\*: .*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
WORDS = ("no", "one", "two", "three", "four", "five", "six")


@dataclass(frozen=True)
class Times:
    """The minutes of a notebook. reading: of its sections; exercises: of each, in its order."""

    reading: int
    exercises: tuple[int, ...]

    @property
    def total(self) -> int:
        """All together."""
        return self.reading + sum(self.exercises)

    @property
    def sentence(self) -> str:
        """What the notebook says of it."""
        if not self.exercises:
            return f"{self.total} minutes."
        number = WORDS[len(self.exercises)]
        plural = "s" if len(self.exercises) > 1 else ""
        solving = f"{sum(self.exercises)} for the {number} exercise{plural}"
        return f"{self.total} minutes: {self.reading} to read and look, {solving}."


def times_of(notebook: NotebookNode, notes: Mapping[str, Note]) -> Times:
    """The minutes that the notes give to the sections and to the exercises of a notebook.

    Raises ValueError for one that has none.
    """
    exercises = [one.cell for one in exercises_of(notebook)]
    found = {}
    for cell in [*sections_of(notebook), *exercises]:
        if (minutes := notes.get(cell, Note()).minutes) is None:
            raise ValueError(f"The note on the cell {cell} has no minutes: write `minutes: 3`.")
        found[cell] = minutes
    solving = tuple(found.pop(cell) for cell in exercises)
    return Times(sum(found.values()), solving)


def all_times(notebooks: Path = NOTEBOOKS, notes: Path = NOTES) -> dict[str, Times]:
    """{"02": times} of all notebooks that have notes."""
    found = {}
    for path in sorted(notes.glob("*.md")):
        notebook = nbformat.read(notebooks / f"{path.stem}.ipynb", as_version=4)
        try:
            found[path.stem[:2]] = times_of(notebook, notes_of(path))
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}") from error
    return found


def promised(source: str, times: Times) -> str:
    """The first cell of a notebook, with its minutes after **Time**; the rest of the paragraph stays."""

    def filled(paragraph: re.Match) -> str:
        rest = paragraph[0].split(". ", 1)
        words = " ".join([f"**Time**: {times.sentence}", *rest[1:]])
        return textwrap.fill(" ".join(words.split()), 110)

    found = TIME.search(source)
    if not found:
        raise ValueError("The first cell has no paragraph that begins with **Time**.")
    if found[0].startswith(f"**Time**: {times.sentence}"):
        return source
    return TIME.sub(filled, source, count=1)


def planned(guide: str, times: Mapping[str, Times]) -> str:
    """TEACHING.md with the minutes of exercises and the clock filled in.

    Raises ValueError for a lesson that does not end when it should.
    """
    length = LENGTH.search(guide)
    if not length:
        raise ValueError(
            "TEACHING.md does not say how long a lesson is, as in: lessons of 90 minutes."
        )

    def lesson(found: re.Match) -> str:
        now = 0

        def row(line: re.Match) -> str:
            nonlocal now
            minutes = int(line[1])
            if asked := IN_CLASS.search(line[2]):
                first, second, notebook = asked.groups()
                solving = times[notebook].exercises
                minutes = sum(solving[int(one) - 1] for one in (first, second) if one)
            start, now = now, now + minutes
            return f"| {start} | {minutes} |{line[2]}"

        filled = ROW.sub(row, found[0])
        if now != int(length[1]):
            raise ValueError(f"Lesson {found[1]} takes {now} minutes and should take {length[1]}.")
        return filled

    own = [str(times[name].total) for name in ("02", "03", "04", "05")]
    guide = OWN_TIME.sub(f"{', '.join(own[:-1])} and {own[-1]}", guide)
    return LESSON.sub(lesson, guide)


def _replace_first(path: Path, source: str) -> None:
    """Write another first cell into a notebook and leave all else, even the order of keys, as it is."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][0]["source"] = source.splitlines(keepends=True)
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare or write. Exit status 1 if something differs, 2 if something cannot be added up."""
    parser = argparse.ArgumentParser(description="Compare all minutes with those of the notes.")
    parser.add_argument("--write", action="store_true", help="write what follows from the notes")
    write = parser.parse_args(arguments).write
    differing = []
    try:
        times = all_times()
        for name, one in times.items():
            [path] = NOTEBOOKS.glob(f"{name}_*.ipynb")
            notebook = nbformat.read(path, as_version=4)
            before, after = notebook.cells[0].source, promised(notebook.cells[0].source, one)
            if before != after:
                differing.append(path.name)
                if write:
                    _replace_first(path, after)
            parts = " + ".join(map(str, (one.reading, *one.exercises)))
            print(f"{path.stem:32} {one.total:3} = {parts}")
        guide = GUIDE.read_text(encoding="utf-8")
        if (filled := planned(guide, times)) != guide:
            differing.append(GUIDE.name)
            if write:
                GUIDE.write_text(filled, encoding="utf-8")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    if differing and not write:
        print(
            f"Other minutes are written in {', '.join(differing)}; --write changes them.",
            file=sys.stderr,
        )
        return 1
    print(f"written: {', '.join(differing)}" if differing else "All minutes agree with the notes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
