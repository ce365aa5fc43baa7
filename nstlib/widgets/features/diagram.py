"""A drawing of VGG-19: a row of bars, one for each layer, with the current layer highlighted."""

import html
from collections.abc import Mapping, Sequence

LIT, PASSED, AHEAD = "#d55e00", "#0072b2", "#9ecae1"


def network_drawing(
    layer: str, shapes: Mapping[str, tuple[int, int, int]], *, width: int = 620, height: int = 96
) -> str:
    """Draw the network as the source of an SVG, for a `widgets.HTML`.

    The height of a bar is the square root of the height of the layer's maps (without the root, the last
    bars would be dots). Under each block stand the number of channels and the size of the maps.

    Args:
        layer: The current one.
        shapes: {layer: (C, H, W)} of all layers in order.
        width, height: Of the drawing, in pixels.
    """
    names = list(shapes)
    blocks: dict[str, list[str]] = {}
    for name in names:
        blocks.setdefault(name.removeprefix("relu").partition("_")[0], []).append(name)
    tallest = max(rows for _, rows, _ in shapes.values())
    room = width / (len(names) + 1.6 * len(blocks) + 0.5)
    floor, ceiling = height - 30, 16
    parts, x = [], 0.0
    for block, members in blocks.items():
        x += 0.8 * room
        start = x
        for name in members:
            tall = (floor - ceiling) * (shapes[name][1] / tallest) ** 0.5
            at = names.index(name) - names.index(layer)
            color = LIT if at == 0 else PASSED if at < 0 else AHEAD
            top = floor - tall
            parts.append(
                f'<rect x="{x + 0.12 * room:.1f}" y="{top:.1f}" width="{0.76 * room:.1f}" '
                f'height="{tall:.1f}" rx="2" fill="{color}"/>'
            )
            if at == 0:
                parts.append(_text(x + room / 2, top - 4, name, "font-weight='bold'"))
            x += room
        channels, rows, columns = shapes[members[0]]
        middle = (start + x) / 2
        parts.append(_text(middle, floor + 12, f"block {block}"))
        parts.append(
            _text(middle, floor + 25, f"{channels} of {columns} x {rows}", "opacity='0.75'")
        )
        x += 0.8 * room
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{html.escape(alt_text(layer, shapes))}" '
        'font-size="11" font-family="sans-serif" text-anchor="middle" fill="currentColor" '
        f'style="width: {width}px; max-width: 100%; height: auto; display: block; '
        f'color: var(--jp-content-font-color1, #222)">{"".join(parts)}</svg>'
    )


def alt_text(layer: str, shapes: Mapping[str, Sequence[int]]) -> str:
    """Return what the drawing shows, in a sentence."""
    names = list(shapes)
    channels, rows, columns = shapes[layer]
    return (
        f"The network from left to right: {layer} is layer {names.index(layer) + 1} of {len(names)}, "
        f"{channels} channels of {columns} x {rows} positions."
    )


def _text(x: float, y: float, words: str, look: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{html.escape(words)}</text>'
