"""Draw the modules of nstlib and what leans on what: `python figures/architecture.py`.

Where a room stands is chosen by hand, below. Every arrow is read from the import lines of the code. A
module without a room, or an import that would point upward, ends in a ValueError.
"""

import ast
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parent / "nstlib"

# Room: (its modules, its color, the middle of its upper edge). Arrows go down.
ROOMS: dict[str, tuple[tuple[str, ...], str, tuple[int, int]]] = {
    "from the shell": (("__main__", "commands"), "#f6e3c5", (120, 40)),
    "apps": (("widgets",), "#f6e3c5", (350, 40)),
    "exercises": (("checks",), "#f6e3c5", (860, 40)),
    "measuring": (
        ("bench", "bench_report", "race", "textbook", "meters"),
        "#dfe8d5",
        (380, 175),
    ),
    "running and watching": (
        ("job", "sweep", "cells", "contact", "progress", "plots"),
        "#dfe8d5",
        (120, 345),
    ),
    "the three experiments": (("recipes", "targets", "scales"), "#dfe8d5", (430, 345)),
    "the compact network": (("backbone",), "#dfe8d5", (700, 175)),
    "large pictures": (("tiles", "memory"), "#dfe8d5", (640, 470)),
    "the loop": (("optimize",), "#d4e3ee", (100, 590)),
    "pictures": (
        ("images", "paintings", "oils", "prints", "strokes"),
        "#d4e3ee",
        (350, 590),
    ),
    "what is compared": (("losses", "colors"), "#d4e3ee", (620, 590)),
    "the network": (("vgg", "weights", "precision"), "#d4e3ee", (860, 590)),
}
WIDTH, LINE, BOX = 980, 19, 190
CAPTION = (
    "An arrow leads from a room to what it imports; arrows that follow from two others are left out. "
    "__init__ gathers the names for notebooks."
)
Edge = tuple[str, str]


def modules() -> set[str]:
    """The modules of the library; a folder counts as one."""
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def imports() -> set[Edge]:
    """(module, a module that it imports), for all of the library."""
    known, found = modules(), set()
    for path in PACKAGE.rglob("*.py"):
        user = path.relative_to(PACKAGE).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            parts = [name.split(".") for name in names]
            used = {part[1] for part in parts if part[0] == "nstlib" and len(part) > 1}
            found |= {(user, module) for module in used & known - {user}}
    return {edge for edge in found if edge[0] != "__init__"}


def arrows() -> set[Edge]:
    """(room, a room that it leans on), without those that follow from two others."""
    room = {module: name for name, (inside, _, _) in ROOMS.items() for module in inside}
    if set(room) != modules():
        raise ValueError(
            f"ROOMS in {Path(__file__).name} and nstlib/ differ in {sorted(set(room) ^ modules())}: "
            "give each module a room"
        )
    found = {(room[user], room[used]) for user, used in imports() if room[user] != room[used]}
    up = sorted((a, b) for a, b in found if ROOMS[a][2][1] >= ROOMS[b][2][1])
    if up:
        raise ValueError(f"imports that do not go down from room to room: {up}")
    below: dict[str, set[str]] = {}
    for name in sorted(ROOMS, key=lambda name: -ROOMS[name][2][1]):
        direct = {b for a, b in found if a == name}
        below[name] = direct.union(*(below[b] for b in direct))
    return {(a, b) for a, b in found if not any(b in below[c] for x, c in found if x == a)}


def svg() -> str:
    """The picture."""
    edges = sorted(arrows())
    height = max(y + _height(name) for name, (_, _, (_, y)) in ROOMS.items()) + 45
    words = "; ".join(f"{a} on {b}" for a, b in edges)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
            ' font-family="Helvetica, Arial, sans-serif" font-size="14" text-anchor="middle">',
            "<title>The modules of nstlib, and what leans on what</title>",
            f"<desc>{escape(words)}</desc>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
            ' markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            *(_arrow(edge, edges) for edge in edges),
            *(_box(name) for name in ROOMS),
            f'<text x="{WIDTH / 2:g}" y="{height - 14}" font-size="13" fill="#444">{CAPTION}</text>',
            "</svg>\n",
        ]
    )


def _height(name: str) -> int:
    return 34 + LINE * -(-len(ROOMS[name][0]) // 2)


def _box(name: str) -> str:
    inside, color, (x, y) = ROOMS[name]
    pairs = [", ".join(inside[i : i + 2]) for i in range(0, len(inside), 2)]
    lines = "".join(
        f'<text x="{x}" y="{y + 41 + LINE * i}" font-family="monospace" font-size="13">{pair}</text>'
        for i, pair in enumerate(pairs)
    )
    return (
        f'<rect x="{x - BOX / 2:g}" y="{y}" width="{BOX}" height="{_height(name)}" rx="8"'
        f' fill="{color}" stroke="#888"/>'
        f'<text x="{x}" y="{y + 21}" font-weight="bold">{escape(name)}</text>{lines}'
    )


def _arrow(edge: Edge, edges: list[Edge]) -> str:
    """A curve from the lower edge of one room to the upper edge of another, beside its neighbors."""
    a, b = edge
    start = sorted((e[1] for e in edges if e[0] == a), key=lambda name: ROOMS[name][2][0])
    end = sorted((e[0] for e in edges if e[1] == b), key=lambda name: ROOMS[name][2][0])
    x0 = ROOMS[a][2][0] + _spread(start.index(b), len(start))
    x1 = ROOMS[b][2][0] + _spread(end.index(a), len(end))
    y0, y1 = ROOMS[a][2][1] + _height(a), ROOMS[b][2][1]
    bend = (y1 - y0) / 2
    path = f"M{x0:g} {y0}C{x0:g} {y0 + bend:g} {x1:g} {y1 - bend:g} {x1:g} {y1 - 1}"
    return f'<path d="{path}" fill="none" stroke="#666" stroke-width="1.4" marker-end="url(#tip)"/>'


def _spread(index: int, count: int) -> float:
    return (index - (count - 1) / 2) * min(34, (BOX - 40) / count)


if __name__ == "__main__":
    (FOLDER / "architecture.svg").write_text(svg(), encoding="utf-8")
