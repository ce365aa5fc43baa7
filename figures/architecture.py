"""Draw the modules of nstlib and what leans on what: `python figures/architecture.py`.

Everything is read from the code: a file directly in `nstlib/` is a box, a folder is a room, and an
import is an arrow that leads down. The files that need no room are the core; the shell, which needs
some, stands with the rooms. Modules that import each other end in a ValueError.
"""

import ast
from functools import cache
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
PACKAGE = FOLDER.parent / "nstlib"

WIDTH, BOX, LINE, GAP = 1000, 30, 15, 34
CAPTIONS = (
    "The rooms and the shell. All may lean on the core below, and on each other as the arrows say.",
    "The core. An arrow leads to what a module imports; arrows that follow from others are left out.",
)
Edge = tuple[str, str]


def modules() -> set[str]:
    """The modules of the library; a folder counts as one, and its name ends in a slash."""
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    return files | {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}


def imports() -> set[Edge]:
    """(module, a module that it imports), for all of the library."""
    names = {module.rstrip("/"): module for module in modules()}
    found = set()
    for path in PACKAGE.rglob("*.py"):
        user = path.relative_to(PACKAGE).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            else:
                continue
            parts = [name.split(".") for name in imported]
            used = {part[1] for part in parts if part[0] == "nstlib" and len(part) > 1}
            found |= {(user, name) for name in used & set(names) - {user}}
    return {(names[a], names[b]) for a, b in found if a != "__init__"}


def levels(edges: set[Edge]) -> dict[str, int]:
    """How high each module stands: 0 if it imports nothing, else one above all that it imports."""

    @cache
    def level(module: str) -> int:
        if module in climbing:
            raise ValueError(f"{module} is imported by what it imports: {sorted(climbing)}")
        climbing.add(module)
        below = [level(b) for a, b in edges if a == module]
        climbing.remove(module)
        return 1 + max(below, default=-1)

    climbing: set[str] = set()
    return {module: level(module) for module in sorted(modules())}


def reach(edges: set[Edge]) -> dict[str, set[str]]:
    """All that a module needs, directly or not."""
    below = {module: {b for a, b in edges if a == module} for module in modules()}
    for module in sorted(below, key=levels(edges).get):
        below[module] |= set().union(*(below[b] for b in below[module]))
    return below


def core(edges: set[Edge]) -> set[str]:
    """The files that need no room."""
    below = reach(edges)
    return {m for m in below if not any(name.endswith("/") for name in {m} | below[m])}


def arrows(edges: set[Edge]) -> set[Edge]:
    """The imports within the core and among the others, without those that follow from others."""
    below, inside = reach(edges), core(edges)
    near = {(a, b) for a, b in edges if (a in inside) == (b in inside)}
    return {(a, b) for a, b in near if not any(b in below[c] for x, c in near if x == a)}


def places(some: set[str], edges: set[Edge], top: float) -> dict[str, tuple[float, float]]:
    """The middle of the upper edge of each box: rows by level, in a row near those it leans on."""
    shown = {(a, b) for a, b in arrows(edges) if a in some}
    level = {m: n for m, n in levels(shown).items() if m in some}
    rows = [[m for m in level if level[m] == row] for row in range(max(level.values()) + 1)]
    x: dict[str, float] = {}
    for row in [*rows, *reversed(rows), *rows]:  # up, down and up again
        near = {m: [x[b] for a, b in shown if a == m and b in x] for m in row}
        near = {m: near[m] + [x[a] for a, b in shown if b == m and a in x] for m in row}
        row.sort(key=lambda m, near=near: sum(near[m]) / len(near[m]) if near[m] else WIDTH / 2)
        free = WIDTH - sum(map(_width, row))
        left = free / (len(row) + 1)
        for module in row:
            x[module] = left + _width(module) / 2
            left += _width(module) + free / (len(row) + 1)
    y, tops = top, {}
    for number in reversed(range(len(rows))):
        tops[number] = y
        y += max(map(_height, rows[number])) + GAP
    return {module: (x[module], tops[level[module]]) for module in level}


def svg() -> str:
    """The picture."""
    edges = imports()
    inside, shown = core(edges), sorted(arrows(edges))
    where = places(modules() - inside, edges, 50)
    middle = max(y + _height(module) for module, (_, y) in where.items()) + 40
    where |= places(inside, edges, middle + 32)
    height = max(y + _height(module) for module, (_, y) in where.items()) + 20
    words = "; ".join(f"{a} on {b}" for a, b in shown)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img"'
            ' font-family="Helvetica, Arial, sans-serif" font-size="14" text-anchor="middle">',
            "<title>The modules of nstlib, and what leans on what</title>",
            f"<desc>{escape(words)}</desc>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
            ' markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height:g}" fill="white"/>',
            *(_arrow(edge, shown, where) for edge in shown),
            *(_box(module, *place) for module, place in where.items()),
            f'<path d="M20 {middle - 18:g}H{WIDTH - 20}" stroke="#bbb" stroke-dasharray="6 5"/>',
            *(
                f'<text x="{WIDTH / 2:g}" y="{y:g}" font-size="14" fill="#444">{caption}</text>'
                for caption, y in zip(CAPTIONS, (28, middle + 8), strict=True)
            ),
            "</svg>\n",
        ]
    )


def _inside(module: str) -> list[str]:
    """The modules and folders of a room, a few in a line."""
    room = PACKAGE / module
    names = sorted(p.stem for p in room.glob("*.py") if not p.stem.startswith("__"))
    names += sorted(f"{p.parent.name}/" for p in room.glob("*/__init__.py"))
    return [", ".join(names[i : i + 3]) for i in range(0, len(names), 3)]


def _width(module: str) -> int:
    lines = _inside(module) if module.endswith("/") else []
    return max(8.2 * len(module) + 22, *(6.3 * len(line) + 20 for line in lines), 70)


def _height(module: str) -> int:
    return BOX + (LINE * len(_inside(module)) + 4 if module.endswith("/") else 0)


def _box(module: str, x: float, y: float) -> str:
    room = module.endswith("/")
    lines = "".join(
        f'<text x="{x:.1f}" y="{y + 36 + LINE * i:g}" font-size="12" fill="#333">{line}</text>'
        for i, line in enumerate(_inside(module) if room else [])
    )
    return (
        f'<rect x="{x - _width(module) / 2:.1f}" y="{y:g}" width="{_width(module):.1f}"'
        f' height="{_height(module)}" rx="7" fill="{"#f6e3c5" if room else "#d4e3ee"}"'
        f' stroke="#888"/><text x="{x:.1f}" y="{y + 20:g}" font-family="monospace"'
        f' font-weight="bold">{module}</text>{lines}'
    )


def _arrow(edge: Edge, shown: list[Edge], where: dict[str, tuple[float, float]]) -> str:
    """A curve from the lower edge of one box to the upper edge of another, beside its neighbors."""
    a, b = edge
    start = sorted((e[1] for e in shown if e[0] == a), key=lambda name: where[name][0])
    end = sorted((e[0] for e in shown if e[1] == b), key=lambda name: where[name][0])
    x0 = where[a][0] + _spread(start.index(b), len(start), _width(a))
    x1 = where[b][0] + _spread(end.index(a), len(end), _width(b))
    y0, y1 = where[a][1] + _height(a), where[b][1]
    bend = (y1 - y0) / 2
    path = f"M{x0:.1f} {y0:g}C{x0:.1f} {y0 + bend:g} {x1:.1f} {y1 - bend:g} {x1:.1f} {y1 - 1:g}"
    return f'<path d="{path}" fill="none" stroke="#666" stroke-width="1.4" marker-end="url(#tip)"/>'


def _spread(index: int, count: int, width: float) -> float:
    return (index - (count - 1) / 2) * min(34, (width - 20) / count)


if __name__ == "__main__":
    (FOLDER / "architecture.svg").write_text(svg(), encoding="utf-8")
