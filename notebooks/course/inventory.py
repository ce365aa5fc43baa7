"""What a class knew before and after: python notebooks/course/inventory.py answers.csv

The file has one row for each student and each time: student,when,q1,…,q10. `when` is before or after,
an answer is the letter on the sheet (inventory.md, written by questions.py), and empty where the
student left the question out. The table that comes out is Markdown.
"""

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import questions

TIMES = ("before", "after")


@dataclass(frozen=True)
class Item:
    """What came of one question.

    before, after: share of right answers, each from 0 to 1; gain: of the possible gain, None where
    nothing could be gained; discrimination: from -1 to 1, None where everybody gave the same answer;
    beliefs: misconceptions with how many had them before and after, most frequent first.
    """

    before: float
    after: float
    gain: float | None
    discrimination: float | None
    beliefs: list[tuple[str, int, int]]


def read(path: Path, asked: Sequence[questions.Question]) -> dict[str, dict[str, list[str]]]:
    """Read the answers of a class: {student: {"before": letters, "after": letters}}.

    Raises:
        ValueError: For a file that does not have the form of the module's docstring; the message
            names the line.
        OSError: For a file that cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name} is not UTF-8: export it as CSV in UTF-8.") from error
    lines = text.splitlines()
    # Where the comma is the decimal sign, spreadsheets separate by semicolons.
    mark = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    rows = list(csv.reader(lines, delimiter=mark))
    wanted = ["student", "when", *(f"q{number}" for number in range(1, len(asked) + 1))]
    if not rows or [name.strip().lower() for name in rows[0]] != wanted:
        raise ValueError(f"{path.name}: the first line should be {','.join(wanted)}.")
    found: dict[str, dict[str, list[str]]] = {}
    for number, row in enumerate(rows[1:], 2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        where = f"{path.name}, line {number}"
        if len(cells) != len(wanted):
            raise ValueError(f"{where} has {len(cells)} fields, and should have {len(wanted)}.")
        student, when, *answers = cells[0], *(cell.lower() for cell in cells[1:])
        if not student:
            raise ValueError(f"{where}: the student is missing; any name or number will do.")
        if when not in TIMES:
            raise ValueError(f"{where}: when is before or after, not {when!r}.")
        for question, answer, name in zip(asked, answers, wanted[2:], strict=True):
            letters = questions.LETTERS[: len(question.choices)]
            if answer and answer not in [*letters]:
                raise ValueError(
                    f"{where}: {name} is one of {', '.join(letters)} or empty, not {answer!r}."
                )
        times = found.setdefault(student, {})
        if when in times:
            raise ValueError(f"{where}: student {student} has a second row for {when!r}.")
        times[when] = answers
    if not found:
        raise ValueError(f"{path.name} has no answers, only a first line.")
    return found


def gain(before: float, after: float) -> float | None:
    """The normalized gain of a class: what was gained, of what could be gained.

    R. R. Hake, "Interactive-engagement versus traditional methods: A six-thousand-student survey of
    mechanics test data for introductory physics courses", American Journal of Physics 66, 64 (1998),
    doi:10.1119/1.18809.

    Args:
        before: Mean share of right answers before the course, 0 to 1.
        after: The same after it.

    Returns:
        1 if everything is right afterwards, 0 if nothing was gained, below 0 if something was lost;
        None if everything was right before.
    """
    return None if before == 1 else (after - before) / (1 - before)


def discrimination(right: Sequence[bool], rest: Sequence[int]) -> float | None:
    """How well a question tells strong students from weak ones.

    Args:
        right: Whether each student has answered it right.
        rest: How many of the *other* questions the same student has answered right.

    Returns:
        The correlation of the two, -1 to 1; None where one of them is the same for everybody.
    """
    x, y = [float(one) for one in right], [float(one) for one in rest]
    mean_x, mean_y = fmean(x), fmean(y)
    spread_x = sum((one - mean_x) ** 2 for one in x)
    spread_y = sum((one - mean_y) ** 2 for one in y)
    if not spread_x or not spread_y:
        return None
    both = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return both / (spread_x * spread_y) ** 0.5


def analyze(
    answers: Mapping[str, Mapping[str, Sequence[str]]], asked: Sequence[questions.Question]
) -> tuple[list[Item], int]:
    """Compare before and after, for the students who took part both times.

    Returns:
        One `Item` for each question, and how many students took part both times.

    Raises:
        ValueError: If nobody took part both times.
    """
    both = [times for times in answers.values() if set(times) == set(TIMES)]
    if not both:
        raise ValueError(
            "No student has answered before and after. Use the same name or number both times."
        )
    keys = [questions.LETTERS[one.order] for one in asked]
    marks = {
        when: [[a == key for a, key in zip(times[when], keys, strict=True)] for times in both]
        for when in TIMES
    }
    items = []
    for number, question in enumerate(asked):
        share = {when: fmean(row[number] for row in marks[when]) for when in TIMES}
        chosen = {when: Counter(times[when][number] for times in both) for when in TIMES}
        beliefs = [
            (wrong.belief, chosen["before"][letter], chosen["after"][letter])
            for letter, (_, wrong) in zip(questions.LETTERS, question.choices, strict=False)
            if wrong and (chosen["before"][letter] or chosen["after"][letter])
        ]
        right = [row[number] for row in marks["after"]]
        rest = [sum(row) - row[number] for row in marks["after"]]
        items.append(
            Item(
                share["before"],
                share["after"],
                gain(share["before"], share["after"]),
                discrimination(right, rest),
                sorted(beliefs, key=lambda one: (one[2], one[1]), reverse=True),
            )
        )
    return items, len(both)


def report(items: Sequence[Item], both: int, everybody: int, names: Sequence[str]) -> str:
    """The result as Markdown: a table of the questions, and the misconceptions by frequency."""
    total = fmean(one.before for one in items), fmean(one.after for one in items)
    lines = [
        f"{both} students answered both times ({everybody} in all); only these count.",
        "",
        "| question | right before | right after | gain | discrimination |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for number, (one, name) in enumerate(zip(items, names, strict=True), 1):
        lines.append(
            f"| {number} {name} | {one.before:.0%} | {one.after:.0%} | {_said(one.gain)} | "
            f"{_said(one.discrimination)} |"
        )
    lines.append(
        f"| **all** | {total[0]:.0%} | {total[1]:.0%} | {_said(gain(*total))} | |",
    )
    beliefs = [(after, before, belief) for one in items for belief, before, after in one.beliefs]
    lines += ["", "| students after | before | what they believe |", "| ---: | ---: | --- |"]
    ordered = sorted(beliefs, key=lambda one: one[:2], reverse=True)
    lines += [f"| {after} | {before} | {belief} |" for after, before, belief in ordered]
    return "\n".join(lines) + "\n"


def _said(number: float | None) -> str:
    return "–" if number is None else f"{number:.2f}"


def main() -> int:
    """Print the report. Exit status 2 where the file does not have the right form."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("answers", type=Path, help="CSV: student,when,q1,…,q10")
    given = parser.parse_args()
    try:
        asked = questions.inventory(questions.load())
        answers = read(given.answers, asked)
        items, both = analyze(answers, asked)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(report(items, both, len(answers), [one.id for one in asked]), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
