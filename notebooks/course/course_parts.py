"""What a notebook of the course holds for a course kit: exercises, questions, sections; and its notes.

Nothing here goes by the position of a cell. An exercise is a code cell that ends in
`checks.CHECK(FUNCTION)`, a question is a numbered item under a heading "To discuss", and a note names
the cell that it belongs to by the cell's id.
"""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from nbformat import NotebookNode

ASKED = re.compile(r"^checks\.(\w+)\((\w+)\)$", re.MULTILINE)
DISCUSSION = re.compile(r"^(?:#+ |\*\*)(?:\d+\. )?(?:To discuss|Discuss)\b.*$", re.MULTILINE)
SECTION = re.compile(r"^## (\d+\. .+)$", re.MULTILINE)
FIELDS = ("minutes", "points", "text", "withheld")


@dataclass(frozen=True)
class Exercise:
    """One exercise. cell: id of the cell with the stub; check: its name in the notebook's `checks`."""

    cell: str
    function: str
    check: str


@dataclass(frozen=True)
class Solution:
    """A solved function. arguments: their names; body: its lines after the docstring, unindented."""

    arguments: tuple[str, ...]
    body: str


@dataclass(frozen=True)
class Note:
    """What a lecturer should know at one cell. Empty fields say nothing.

    minutes: of the section that begins in the cell; points: of the exercise in it; text: ids of the
    cells that say what the exercise asks, where the cell before the stub is not enough; withheld:
    functions of nstlib that an answer may not call, such as "losses.gram_matrix".
    """

    body: str = ""
    minutes: int | None = None
    points: int | None = None
    text: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


def exercises_of(notebook: NotebookNode) -> list[Exercise]:
    """The exercises of a notebook, in its order."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            found += [Exercise(cell.id, name, check) for check, name in ASKED.findall(cell.source)]
    return found


def questions_of(notebook: NotebookNode) -> dict[str, list[str]]:
    """{id of a cell: its discussion questions}. The list ends with the next heading or bold line."""
    found = {}
    for cell in notebook.cells:
        heading = DISCUSSION.search(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            rest = re.split(r"^(?:#|\*\*)", cell.source[heading.end() :], flags=re.MULTILINE)[0]
            found[cell.id] = [item.strip() for item in re.split(r"^\d+\. ", rest, flags=re.M)[1:]]
    return found


def sections_of(notebook: NotebookNode) -> dict[str, str]:
    """{id of the cell where it begins: "4. One number"}: the numbered sections, short ones joined."""
    found = {}
    for cell in notebook.cells:
        titles = SECTION.findall(cell.source) if cell.cell_type == "markdown" else []
        titles = [one for one in titles if not re.search("What to remember|To discuss", one)]
        if titles:
            found[cell.id] = "; ".join(titles)
    return found


def solutions_of(path: Path) -> dict[str, Solution]:
    """{name: solution} of all functions in a file of notebooks/solutions."""
    source = path.read_text(encoding="utf-8")
    lines, found = source.splitlines(), {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            first = _end_of_docstring(node)
            last = node.end_lineno
            while last < len(lines) and lines[last].startswith("    #"):
                last += 1  # a comment after the last statement belongs to the function too
            body = dedent("\n".join(lines[first:last]))
            found[node.name] = Solution(tuple(arg.arg for arg in node.args.args), body.strip("\n"))
    return found


def stub_of(source: str, function: str) -> ast.FunctionDef:
    """The function with that name in a cell's source; it is a stub: a docstring and `...`."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            last = node.body[-1]
            if isinstance(last, ast.Expr) and getattr(last.value, "value", None) is Ellipsis:
                return node
            raise ValueError(
                f"The stub {function} should end in `...`, and ends in something else."
            )
    raise ValueError(f"No function {function} is defined in the cell that checks it.")


def solved(source: str, function: str, solution: Solution, *, graded: bool = False) -> str:
    """The source of a cell with the body of `function` in the place of its stub's `...`.

    graded: between the marks that nbgrader cuts out, and with the hint of the stub's comment kept.
    """
    stub = stub_of(source, function)
    given = tuple(arg.arg for arg in stub.args.args)
    if given != solution.arguments:
        raise ValueError(
            f"{function} has the arguments {', '.join(given)} in the notebook and "
            f"{', '.join(solution.arguments)} in its solution. Make them the same."
        )
    lines, dots = source.splitlines(), stub.body[-1].lineno
    body = solution.body.splitlines()
    if graded:
        comment = re.search(r"#.*$", lines[dots - 1])
        begin = [comment.group()] if comment else []
        body = [*begin, "### BEGIN SOLUTION", *body, "### END SOLUTION"]
    indented = [f"    {line}" if line else "" for line in body]
    return "\n".join(lines[: dots - 1] + indented + lines[dots:])


def notes_of(path: Path) -> dict[str, Note]:
    """{id of a cell: note} of a file of notebooks/course/notes; its form is in README.md there."""
    found: dict[str, Note] = {}
    parts = re.split(r"^## ([\w-]+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for cell, text in zip(parts[1::2], parts[2::2], strict=True):
        if cell in found:
            raise ValueError(f"{path.name} has two notes for the cell {cell}: make one of them.")
        found[cell] = _note(text, f"{path.name}, {cell}")
    return found


def _note(text: str, where: str) -> Note:
    fields: dict[str, str] = {}
    lines = text.strip().splitlines()
    while lines and (field := re.fullmatch(r"([a-z]+): *(.+)", lines[0])):
        if field[1] not in FIELDS:
            raise ValueError(f"{where}: there is no field {field[1]}, only {', '.join(FIELDS)}.")
        fields[field[1]] = field[2]
        del lines[0]
    numbers = {name: _number(fields, name, where) for name in ("minutes", "points")}
    cells = tuple(re.findall(r"[\w-]+", fields.get("text", "")))
    withheld = tuple(re.findall(r"[\w.]+", fields.get("withheld", "")))
    return Note("\n".join(lines).strip(), **numbers, text=cells, withheld=withheld)


def _number(fields: Mapping[str, str], name: str, where: str) -> int | None:
    if name not in fields:
        return None
    if not fields[name].isdecimal():
        raise ValueError(f"{where}: {name} should be a whole number, not {fields[name]!r}.")
    return int(fields[name])


def _end_of_docstring(node: ast.FunctionDef) -> int:
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(
        getattr(first.value, "value", None), str
    )
    return first.end_lineno if documented else first.lineno - 1
