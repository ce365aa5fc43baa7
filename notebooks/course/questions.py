"""Questions on the course, from one source: python notebooks/course/questions.py --to FOLDER --seed 7

The source is question_bank/*.toml, one file a topic; README.md of this folder describes its form. The
command writes the bank as Moodle XML and as QTI 2.1, an exam with its answers, and the concept
inventory. FOLDER has to lie outside the repository, because students read the repository.
"""

import argparse
import math
import random
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from question_formats import moodle, plain, qti

from nstlib.vgg import BLOCKS, LAYERS, receptive_field

REPOSITORY = Path(__file__).parents[2]
BANK = Path(__file__).parent / "question_bank"
KINDS = ("choice", "number", "short", "open")
NEEDED = ("id", "notebook", "kind", "points", "minutes", "text", "answer", "feedback")
OPTIONAL = ("draw", "let", "tolerance", "wrong", "figure", "inventory", "like")
FIRST_NOTEBOOKS = ("01", "02", "03", "04", "05")
LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Wrong:
    """A wrong answer. belief: the false idea that leads to it, as a sentence."""

    answer: str | float
    belief: str


@dataclass(frozen=True)
class Question:
    """One question with its parameters filled in.

    kind: "choice", "number", "short" or "open"; answer: the right choice, a number, the accepted
    words, or what a marker looks for; tolerance: of a number, absolute; order: the right answer's
    place among the choices; figure: what the lecturer has to copy beside the text; inventory: its
    place among the ten questions for before and after.
    """

    id: str
    topic: str
    notebook: str
    kind: str
    points: int
    minutes: int
    text: str
    answer: str | float | tuple[str, ...]
    feedback: str
    tolerance: float = 0.0
    wrong: tuple[Wrong, ...] = ()
    order: int = 0
    figure: str = ""
    inventory: int | None = None

    @property
    def choices(self) -> list[tuple[str, Wrong | None]]:
        """The choices in their order, each with its mistake; None stands with the right one."""
        listed: list[tuple[str, Wrong | None]] = [(one.answer, one) for one in self.wrong]
        listed.insert(self.order, (self.answer, None))
        return listed


# What questions ask of VGG-19 at full width.


def channels(layer: str) -> int:
    """The number of channels of a layer such as "relu3_1"."""
    return BLOCKS[int(layer[4]) - 1][1]


def stride(layer: str) -> int:
    """The distance in pixels between two neighboring positions of a layer."""
    return receptive_field(layer)[1]


def field(layer: str) -> int:
    """The side of the receptive field of a layer, in pixels."""
    return receptive_field(layer)[0]


def halo(layer: str) -> int:
    """How many pixels beyond a tile a layer sees, if tiles are cut between pooling windows."""
    return (field(layer) - stride(layer)) // 2


def convolutions(layer: str) -> int:
    """The number of convolutions up to a layer, its own included."""
    return sum(name.startswith("conv") for name in LAYERS[: LAYERS.index(layer) + 1])


# What an expression in the bank may use, next to the question's own parameters.
KNOWN = {name: getattr(math, name) for name in ("sqrt", "log", "log10", "ceil", "floor", "pi")}
KNOWN |= {one.__name__: one for one in (int, min, max, sum, round, abs, zip, len, range, sorted)}
KNOWN |= {one.__name__: one for one in (channels, stride, field, halo, convolutions)}


def load(folder: Path = BANK) -> list[dict[str, Any]]:
    """The questions of a folder of TOML files, unfilled, each with its topic and its file.

    Raises:
        ValueError: For a file or a question that does not have the form described in README.md.
    """
    found: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path.name} is not valid TOML: {error}") from error
        if not isinstance(content.get("topic"), str):
            raise ValueError(f'{path.name}: begin the file with a line such as topic = "Style".')
        for raw in content.get("question", []):
            found.append({**raw, "topic": content["topic"], "file": path.name})
            _check_form(found[-1])
    names = [raw["id"] for raw in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"Two questions have the id {name}; give one of them another.")
    for raw in found:
        if raw.get("like", raw["id"]) not in names:
            raise ValueError(f"{raw['file']}, {raw['id']}: no question has the id {raw['like']}.")
    if not found:
        raise ValueError(f"{folder} has no questions: a bank is a folder of .toml files.")
    return found


def _check_form(raw: Mapping[str, Any]) -> None:
    where = f"{raw['file']}, {raw.get('id', 'a question without an id')}"
    missing = [name for name in NEEDED if name not in raw]
    if missing:
        raise ValueError(f"{where}: {', '.join(missing)} is missing.")
    unknown = set(raw) - {*NEEDED, *OPTIONAL, "topic", "file"}
    if unknown:
        raise ValueError(f"{where}: there is no field {', '.join(sorted(unknown))}.")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", raw["id"]):
        raise ValueError(f"{where}: an id has small letters, digits and hyphens.")
    if raw["kind"] not in KINDS:
        raise ValueError(f"{where}: the kind is one of {', '.join(KINDS)}, not {raw['kind']!r}.")
    if raw["kind"] == "choice" and len(raw.get("wrong", [])) < 2:
        raise ValueError(f"{where}: a choice needs at least two wrong answers.")
    for name, kind in (("points", int), ("minutes", int), ("text", str), ("feedback", str)):
        if not isinstance(raw[name], kind):
            raise ValueError(f"{where}: {name} should be a {'number' if kind is int else 'text'}.")
    if any(set(one) != {"answer", "belief"} for one in raw.get("wrong", [])):
        raise ValueError(f"{where}: every wrong answer has the fields answer and belief.")


def draw(raw: Mapping[str, Any], chance: random.Random) -> Question:
    """Fill in the parameters of a question, drawn at random, and shuffle its choices.

    Raises:
        ValueError: For an expression that cannot be computed, and for a wrong answer that these
            parameters make equal to another answer.
    """
    names = {name: chance.choice(values) for name, values in raw.get("draw", {}).items()}
    return fill(raw, names, chance.randint(0, len(raw.get("wrong", []))))


def fill(raw: Mapping[str, Any], parameters: Mapping[str, Any], order: int = 0) -> Question:
    """Compute a question for given parameters; `draw` chooses them at random."""
    where, names = f"{raw['file']}, {raw['id']}", dict(parameters)
    for name, expression in raw.get("let", {}).items():
        names[name] = _computed(expression, names, where)

    def said(text: str) -> str:
        return _filled(text, names, where)

    def value(one: str | float) -> str | float:
        return float(_computed(one, names, where)) if raw["kind"] == "number" else said(one)

    wrong = tuple(Wrong(value(w["answer"]), said(w["belief"])) for w in raw.get("wrong", []))
    if raw["kind"] == "short":
        answer = tuple(said(one) for one in raw["answer"])
    else:
        answer = value(raw["answer"])
    tolerance = float(_computed(raw.get("tolerance", 0), names, where))
    made = Question(
        **{name: raw[name] for name in ("id", "topic", "notebook", "kind", "points", "minutes")},
        text=said(raw["text"]),
        answer=answer,
        feedback=said(raw["feedback"]),
        tolerance=tolerance,
        wrong=wrong,
        order=order,
        figure=raw.get("figure", ""),
        inventory=raw.get("inventory"),
    )
    _check_answers(made, where)
    return made


def _check_answers(question: Question, where: str) -> None:
    if question.kind == "number":
        given = [question.answer, *(one.answer for one in question.wrong)]
        near = [abs(a - b) <= 2 * question.tolerance for a, b in _pairs(given)]
    else:
        right = question.answer if question.kind == "short" else (question.answer,)
        given = [one.casefold() for one in (*right, *(one.answer for one in question.wrong))]
        near = [a == b for a, b in _pairs(given)]
    if any(near):
        raise ValueError(f"{where}: two of the answers are the same: {', '.join(map(str, given))}.")


def _pairs(items: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    return ((a, b) for n, a in enumerate(items) for b in items[n + 1 :])


def _computed(expression: str | float, names: Mapping[str, Any], where: str) -> Any:
    if not isinstance(expression, str):
        return expression
    try:
        # The bank is the lecturer's own file, so its expressions are trusted as this program is.
        return eval(expression, {"__builtins__": {}, **KNOWN, **names})
    except Exception as error:
        raise ValueError(f"{where}: {expression!r} cannot be computed: {error}") from error


def _filled(text: str, names: Mapping[str, Any], where: str) -> str:
    """The text with every [[expression]] or [[expression::format]] replaced by its value."""

    def replace(part: str) -> str:
        space = r"\," if part.startswith("$") else "" if part.startswith("`") else "\u00a0"

        def one(found: re.Match) -> str:
            return _written(_computed(found[1], names, where), found[2] or "", space)

        return re.sub(r"\[\[(.+?)(?:::(.+?))?\]\]", one, part)

    return "".join(replace(part) for part in re.split(r"(\$[^$]*\$|`[^`]*`)", text)).strip()


def _written(value: Any, form: str, space: str) -> str:
    if form:
        return format(value, form)
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}".replace(",", space)
    return f"{value:g}" if isinstance(value, float) else str(value)


def variants(raw: Mapping[str, Any], seed: int, copies: int) -> list[Question]:
    """Up to so many different fillings of a question; one, if it has no parameters."""
    chance, made = random.Random(f"{seed} {raw['id']}"), []
    for _ in range(20 * copies if "draw" in raw else 1):
        one = draw(raw, chance)
        if len(made) < copies and one.text not in [other.text for other in made]:
            made.append(one)
    return made


def exam(
    bank: Sequence[Mapping[str, Any]],
    seed: int,
    *,
    points: int = 60,
    notebooks: Sequence[str] = FIRST_NOTEBOOKS,
) -> tuple[list[Question], list[Question]]:
    """Draw an exam: short questions, one for every topic, and open ones up to the points asked for.

    Questions of the concept inventory are left out, because students know them; so is an open
    question if a short one is `like` it and would tell its answer.

    Returns:
        The questions of the two parts.

    Raises:
        ValueError: If no set of questions has exactly that many points.
    """
    chance = random.Random(f"exam {seed}")
    usable = [raw for raw in bank if raw["notebook"] in notebooks and "inventory" not in raw]
    closed = [raw for raw in usable if raw["kind"] != "open"]
    topics = list(dict.fromkeys(raw["topic"] for raw in closed))
    for _ in range(2000):
        first = [chance.choice([raw for raw in closed if raw["topic"] == one]) for one in topics]
        rest = [raw for raw in usable if raw["kind"] == "open"]
        chance.shuffle(rest)
        second, left = [], points - sum(raw["points"] for raw in first)
        told = [raw.get("like") for raw in first]
        for raw in rest:
            if raw["points"] <= left and raw["id"] not in told:
                second.append(raw)
                left -= raw["points"]
        if left == 0:
            second.sort(key=usable.index)
            return [draw(raw, chance) for raw in first], [draw(raw, chance) for raw in second]
    most = sum(raw["points"] for raw in usable)
    raise ValueError(
        f"No exam of {points} points can be drawn from notebooks {', '.join(notebooks)}, whose "
        f"questions have {most} points in all. Ask for other points or more notebooks."
    )


def inventory(bank: Sequence[Mapping[str, Any]]) -> list[Question]:
    """The ten questions for before and after, always with their choices in the same order."""
    chosen = sorted((raw for raw in bank if "inventory" in raw), key=lambda raw: raw["inventory"])
    if [raw["inventory"] for raw in chosen] != list(range(1, len(chosen) + 1)):
        raise ValueError("The questions of the inventory should be numbered 1, 2, 3, …")
    if any(raw["kind"] != "choice" or "draw" in raw for raw in chosen):
        raise ValueError("Questions of the inventory are choices without parameters.")
    return [draw(raw, random.Random(f"inventory {raw['id']}")) for raw in chosen]


# What is printed


def exam_sheet(parts: Sequence[Sequence[Question]], seed: int) -> str:
    """The exam as Markdown, without answers."""
    everything = [one for part in parts for one in part]
    head = [
        f"# Exam on neural style transfer, variant {seed}",
        f"{_sum(everything, 'points')} points, planned for {_sum(everything, 'minutes')} minutes.",
    ]
    titles = ("## Part 1: short questions", "## Part 2: show how you got there")
    for title, part, numbers in zip(titles, parts, _numbers(parts), strict=True):
        head.append(f"{title} ({_sum(part, 'points')} points)")
        head += [_asked(number, one) for number, one in zip(numbers, part, strict=True)]
    return "\n\n".join(head) + "\n"


def exam_answers(parts: Sequence[Sequence[Question]], seed: int) -> str:
    """The answers of `exam_sheet`, with the ideas behind wrong ones."""
    lines = [f"# Answers to the exam, variant {seed}"]
    for part, numbers in zip(parts, _numbers(parts), strict=True):
        lines += [_answered(number, one) for number, one in zip(numbers, part, strict=True)]
    return "\n\n".join(lines) + "\n"


def inventory_sheet(questions: Sequence[Question]) -> str:
    """The sheet for students; the same one before and after the course."""
    lines = [
        "# Ten questions about style transfer",
        "One answer is right for each question. If you do not know, leave the question out and do "
        "not guess: nobody is marked. You will get the same questions again after the course.",
    ]
    lines += [_asked(f"{number}", one, False) for number, one in enumerate(questions, 1)]
    return "\n\n".join(lines) + "\n"


def inventory_answers(questions: Sequence[Question]) -> str:
    """For the lecturer: the right letters, and the misconception behind every other one."""
    lines = ["# Answers to the ten questions, and what the wrong ones mean"]
    lines += [_answered(f"{number}", one) for number, one in enumerate(questions, 1)]
    return "\n\n".join(lines) + "\n"


def _asked(number: str, question: Question, marked: bool = True) -> str:
    points = f" ({question.points})" if marked else ""
    lines = [f"**{number}.{points}** {question.text}"]
    if question.figure:
        lines.append(f"*Put here: {question.figure}*")
    if question.kind == "choice":
        listed = zip(LETTERS, question.choices, strict=False)
        lines.append("\n".join(f"- ({letter}) {text}" for letter, (text, _) in listed))
    elif question.kind != "open":
        lines.append("Answer: ____________")
    return "\n\n".join(lines)


def _answered(number: str, question: Question) -> str:
    lines = [f"**{number}.** {said_answer(question)}"]
    if question.feedback:
        lines.append(question.feedback)
    if question.kind == "choice":
        listed = zip(LETTERS, question.choices, strict=False)
        lines.append("\n".join(f"- ({a}) comes from: {w.belief}" for a, (_, w) in listed if w))
    elif question.wrong:
        listed = [(_shown(wrong.answer), wrong.belief) for wrong in question.wrong]
        lines.append("\n".join(f"- {answer} comes from: {belief}" for answer, belief in listed))
    lines.append(f"*{question.topic}, notebook {question.notebook}, {question.id}*")
    return "\n\n".join(lines)


def said_answer(question: Question) -> str:
    """The right answer in words."""
    if question.kind == "choice":
        return f"({LETTERS[question.order]}) {question.answer}"
    if question.kind == "short":
        return " or ".join(map(_shown, question.answer))
    if question.kind == "number":
        within = f" ± {question.tolerance:.3g}" if question.tolerance else ""
        return f"{_shown(question.answer)}{within}"
    return question.answer


def _shown(answer: str | float) -> str:
    """An accepted word as code, a number with at most six digits, or all where it is whole."""
    if isinstance(answer, str):
        return f"`{answer}`"
    return plain(answer if float(answer).is_integer() else float(f"{answer:.6g}"))


def _sum(questions: Iterable[Question], what: str) -> int:
    return sum(getattr(one, what) for one in questions)


def _numbers(parts: Sequence[Sequence[Question]]) -> list[list[str]]:
    numbers = iter(range(1, 1 + sum(map(len, parts))))
    return [[str(next(numbers)) for _ in part] for part in parts]


# The command


def outside(to: Path) -> Path:
    """The folder, made if need be; one inside the repository is refused."""
    if to.resolve().is_relative_to(REPOSITORY.resolve()):
        raise ValueError(
            f"{to} lies inside the repository, where students could read the answers: "
            "name a folder outside with --to."
        )
    to.mkdir(parents=True, exist_ok=True)
    return to


def write(
    to: Path,
    *,
    seed: int,
    copies: int = 5,
    points: int = 60,
    notebooks: Sequence[str] = FIRST_NOTEBOOKS,
    bank: Path = BANK,
) -> list[Path]:
    """Write everything into a folder outside the repository; return the files."""
    to, raws = outside(to), load(bank)
    questions = [one for raw in raws for one in variants(raw, seed, copies)]
    parts, asked = exam(raws, seed, points=points, notebooks=notebooks), inventory(raws)
    texts = {
        "moodle.xml": moodle(questions),
        f"exam-{seed}.md": exam_sheet(parts, seed),
        f"exam-{seed}-answers.md": exam_answers(parts, seed),
        "inventory.md": inventory_sheet(asked),
        "inventory-answers.md": inventory_answers(asked),
    }
    for name, text in texts.items():
        (to / name).write_text(text, encoding="utf-8")
    (to / "qti.zip").write_bytes(qti(questions))
    return [to / name for name in (*texts, "qti.zip")]


def main() -> int:
    """Write the files and name them. Exit status 2 where something is wrong with the input."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, required=True, help="a folder outside the repository")
    parser.add_argument("--seed", type=int, default=1, help="another number, another variant")
    parser.add_argument("--copies", type=int, default=5, help="variants of a question in the bank")
    parser.add_argument("--points", type=int, default=60, help="points of the exam")
    parser.add_argument(
        "--notebooks", nargs="+", default=FIRST_NOTEBOOKS, help="what the exam is about"
    )
    parser.add_argument("--bank", type=Path, default=BANK, help="a folder of questions of your own")
    given = parser.parse_args()
    if given.copies < 1:
        parser.error("--copies should be 1 or more.")
    try:
        written = write(
            given.to,
            seed=given.seed,
            copies=given.copies,
            points=given.points,
            notebooks=given.notebooks,
            bank=given.bank,
        )
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(*written, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
