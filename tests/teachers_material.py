"""What students must not get: solutions, notes, questions, guides. And a search for them in files."""

import html
import io
import json
import re
import tomllib
import zlib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from course_parts import solutions_of

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COURSE = NOTEBOOKS / "course"
KINDS = ("solution", "note", "question", "guide")
SHORTEST = 60  # letters of a passage; shorter ones are found by chance
# In the notebooks and in the library as well, because they are given to the students.
GIVEN = {"solution my_distance", "solution power"}
LINK = re.compile(r"TEACHING|(?:^|/)(?:course|solutions|question_bank|notes|instructor|nbgrader)/")


def letters(text: str) -> str:
    """Letters and digits alone, so that line breaks and marks of any format do not matter."""
    return re.sub(r"[\W_]+", "", text)


def pieces() -> dict[str, str]:
    """{"kind name": letters} of every solution, and of every passage of prose that is long enough."""
    found = {}
    for path in sorted((NOTEBOOKS / "solutions").glob("*.py")):
        for name, solution in solutions_of(path).items():
            found[f"solution {name}"] = letters(solution.body)
    texts = [("note", path) for path in sorted((COURSE / "notes").glob("*.md"))]
    texts += [("guide", NOTEBOOKS / "TEACHING.md"), ("guide", COURSE / "README.md")]
    for kind, path in texts:
        prose = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
        if kind == "note":  # its fields are for the programs
            prose = re.sub(r"^(?:minutes|points|text|withheld): .*$", "", prose, flags=re.M)
        for number, passage in enumerate(_passages(prose)):
            found[f"{kind} {path.stem} {number}"] = passage
    for path in sorted((COURSE / "question_bank").glob("*.toml")):
        for question in tomllib.loads(path.read_text("utf-8"))["question"]:
            for part in ("text", "answer", "feedback"):
                for number, passage in enumerate(_passages(str(question[part]))):
                    found[f"question {question['id']} {part} {number}"] = passage
    return {name: text for name, text in found.items() if name not in GIVEN}


def _passages(text: str) -> Iterator[str]:
    """The letters of each piece between formulas, links, parameters, cells of tables, paragraphs."""
    parts = re.split(
        r"\$[^$]*\$|\]\([^)]*\)|\[\[.*?\]\]|\||\n\s*\n|^\s*(?:\d+\.|-) ", text, flags=re.M
    )
    return (passage for passage in map(letters, parts) if len(passage) >= SHORTEST)


def read(name: str, content: bytes) -> str:
    """All text in a file: of pages without the tags, of archives and wheels that of their files."""
    suffix = Path(name).suffix
    if suffix in (".zip", ".whl"):
        with ZipFile(io.BytesIO(content)) as archive:
            return "\n".join(f"{one}\n{read(one, archive.read(one))}" for one in archive.namelist())
    if suffix == ".inv":  # Sphinx's list of names: four lines, the rest is compressed
        head = b"".join(content.splitlines(keepends=True)[:4])
        return zlib.decompress(content[len(head) :]).decode()
    text = content.decode("utf-8", errors="ignore")
    if suffix == ".ipynb":
        return "\n".join(_strings(json.loads(text)))
    if suffix == ".html":
        return html.unescape(re.sub(r"<[^>]*>", "", text))
    return text


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(one, str) for one in value):
        yield "".join(value)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            if not key.startswith("image/"):  # long, and no text
                yield from _strings(one)


def found_in(folder: Path) -> dict[str, set[str]]:
    """{kind: names of the pieces that occur in some file of the folder}."""
    texts = [read(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    every = "\n".join(letters(text) for text in texts)
    found = {name for name, text in pieces().items() if text in every}
    return {kind: {name for name in found if name.startswith(kind)} for kind in KINDS}
