"""The three experiments of the paper, each a generator of Steps with every choice in its signature.

All three are the same: targets from the network, named losses against them, a picture to start from,
and the loop of `optimize.py`, at one size after another. Layers are given as names, or as
{name: weight}.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nstlib.images import check_image, noise_like, resize
from nstlib.losses import CONVENTIONS, content_loss, style_loss, total_variation
from nstlib.masks import check_large_enough, fills, layer_mask, one_each, sharing
from nstlib.memory import fitting_tile, smaller_tile
from nstlib.optimize import Losses, RunFailed, Step, is_out_of_memory, minimize, no_memory
from nstlib.optimizer import optimizer_maker
from nstlib.tiling import layer_of, tiled_features, tiled_grams, tiled_losses
from nstlib.vgg import VGG19, checked_layers, load_vgg19

Layers = str | Sequence[str] | Mapping[str, float]
Optimizers = str | Callable[[list[Tensor]], Optimizer]

CONTENT_LAYERS = ("relu4_2",)
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def transfer(
    content: Tensor,
    style: Tensor | Sequence[Tensor | tuple[Tensor, float]],
    *,
    masks: Tensor | Sequence[Tensor | None] | None = None,
    style_masks: Tensor | Sequence[Tensor | None] | None = None,
    vgg: VGG19 | None = None,
    content_layers: Layers = CONTENT_LAYERS,
    style_layers: Layers = STYLE_LAYERS,
    style_weight: float = 100.0,
    tv_weight: float = 5.0,
    init: str | Tensor = "content",
    optimizer: Optimizers = "lbfgs",
    steps: int = 150,
    scales: Sequence[float] | None = None,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Paint `content` in the style of `style`.

    The defaults were chosen by eye for the compact backbone, at 256 to 512 px. Gatys et al. 2015, eq. 7.
    Departures: content and style are divided by the size of their targets ("relative" in `losses.py`),
    the content picture is the start, pooling averages (`vgg.py`), and the first steps are taken at small
    sizes, so that large strokes come first. A little total variation removes colored grain; a lot of it
    turns fine strokes into a regular lattice, the smoothest way to have them.

    Args:
        content: (1, 3, H, W) in [0, 1].
        style: The same with any size; or several, mixed in equal parts; or pairs (picture, share).
        masks: Where each style is painted: one for each, (1, 1, H, W) in [0, 1] of the size of the
            content, which add up to at most 1; None is what the others leave. Where they add up to less,
            less style is asked for. Without masks, styles are mixed and painted everywhere.
        style_masks: Which part of each style picture counts, of the size of that picture; None is all.
        vgg: The network, by default the compact one.
        content_layers, style_layers: Names share the weight 1 evenly, as in the paper; {name: weight}
            says more.
        style_weight: The paper's β / α.
        tv_weight: How much neighboring pixels must agree.
        init: "content", "noise", or a picture to start from (`noise_like` draws other noise).
        optimizer: As in `minimize`.
        steps: How many updates, shared out evenly over the scales.
        scales: The sizes to work at, one after the other, as fractions of the content picture's size;
            both pictures are scaled, and each result is the start of the next. None halves the picture
            as long as 96 pixels remain: 96, 192, 384.
        state: What `Step.state()` gave; the run goes on from there. Further `steps` go to the last size.
            Give the same pictures and masks again: they are neither saved nor compared.

    Yields:
        Steps with the losses "content/LAYER", "style/LAYER" and "tv"; their images have the size of the
        scale they belong to. Change `step.weights` in place, and the run follows. With several masks
        there is a "style/LAYER/1" for the first, and so on. Each is weighted by the area of its mask; it
        is 0 at sizes at which its region is smaller than one position of the layer.

    Raises:
        ValueError: At the call, for an argument out of range or a picture too large for the memory.
        RunFailed: On the way, with the last good Step.
    """
    vgg = load_vgg19() if vgg is None else vgg
    content, styles = _on_device(content, vgg, "The content picture"), _styles(style, vgg)
    if masks is not None:
        _refuse_shares(style)
        masks = sharing(masks, content, len(styles))
    if style_masks is not None:
        pictures = [picture for picture, _ in styles]
        style_masks = one_each(style_masks, pictures, "style mask", "the whole picture")
    areas = (1.0,) if masks is None else [mask.mean().item() for mask in masks]
    weights = transfer_weights(content_layers, style_layers, style_weight, tv_weight, areas=areas)
    start = _start(init, content, seed=0)
    where = {"masks": masks, "style_masks": style_masks}
    return _paint(
        vgg, content, styles, weights, start, steps, optimizer, state, scales=scales, **where
    )


def reconstruct_content(
    image: Tensor,
    layers: Layers = CONTENT_LAYERS,
    *,
    vgg: VGG19 | None = None,
    tv_weight: float = 0.0,
    convention: str = "relative",
    init: str | Tensor = "noise",
    optimizer: Optimizers = "lbfgs",
    steps: int = 200,
    seed: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Make a picture whose features are those of `image`: what the layers kept of it.

    The upper half of Figure 1 of Gatys et al. 2015; with a `tv_weight`, Mahendran and Vedaldi 2015.

    Args:
        image: (1, 3, H, W) in [0, 1].
        layers: Names, or {name: weight}.
        convention: How the loss is scaled, one of `losses.CONVENTIONS`.
        init: "noise", "content" for `image` itself, or a picture to start from.
        seed: Of the noise.
        vgg, tv_weight, optimizer, steps, state: As in `transfer`.

    Yields:
        Steps with the losses "content/LAYER" and "tv".
    """
    vgg = load_vgg19() if vgg is None else vgg
    image = _on_device(image, vgg)
    weights, start = transfer_weights(layers, (), 1.0, tv_weight), _start(init, image, seed)
    return _paint(vgg, image, [], weights, start, steps, optimizer, state, convention=convention)


def reconstruct_style(
    image: Tensor,
    layers: Layers = STYLE_LAYERS,
    *,
    vgg: VGG19 | None = None,
    size: int | tuple[int, int] | None = None,
    tv_weight: float = 0.0,
    convention: str = "relative",
    init: str | Tensor = "noise",
    optimizer: Optimizers = "lbfgs",
    steps: int = 200,
    seed: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Make a picture whose Gram matrices are those of `image`: its texture, all order lost.

    The lower half of Figure 1 of Gatys et al. 2015.

    Args:
        image: (1, 3, H, W) in [0, 1].
        layers: Names, or {name: weight}.
        size: Of the new picture: its longer side, or (height, width); by default that of `image`.
        convention: How the loss is scaled, one of `losses.CONVENTIONS`.
        init: "noise", "content" for `image` itself (resized), or a picture to start from.
        seed: Of the noise.
        vgg, tv_weight, optimizer, steps, state: As in `transfer`.

    Yields:
        Steps with the losses "style/LAYER" and "tv".
    """
    vgg = load_vgg19() if vgg is None else vgg
    image = _on_device(image, vgg)
    weights, styles = transfer_weights((), layers, 1.0, tv_weight), [(image, 1.0)]
    start = _start(init, image if size is None else resize(image, size), seed)
    return _paint(vgg, None, styles, weights, start, steps, optimizer, state, convention=convention)


def transfer_weights(
    content_layers: Layers = CONTENT_LAYERS,
    style_layers: Layers = STYLE_LAYERS,
    style_weight: float = 100.0,
    tv_weight: float = 5.0,
    *,
    areas: Sequence[float] = (1.0,),
) -> dict[str, float]:
    """Return the weight of each loss of a transfer by its name, as `Step.weights` has them.

    α w_l for a content layer with α = 1, β w_l for a style layer (Gatys et al. 2015, eq. 5 and 7):
    {"content/relu4_2": 1.0, "style/relu1_1": 20.0, …, "tv": 5.0}.

    areas: With masks, the mean of each. It multiplies the weights of that style, "style/relu1_1/1" for
        the first of several, so that `style_weight` means the same in small and large regions: the
        content loss, too, pulls at a region in proportion to its area.
    """
    content, style = _layer_weights(content_layers), _layer_weights(style_layers)
    beta = _weight("style_weight", style_weight)
    return (
        {f"content/{layer}": share for layer, share in content.items()}
        | {
            f"style/{_key(layer, number, len(areas))}": beta * share * area
            for number, area in enumerate(areas)
            for layer, share in style.items()
        }
        | {"tv": _weight("tv_weight", tv_weight)}
    )


def halvings(side: int, steps: int, *, smallest: int = 96) -> tuple[float, ...]:
    """Return …, 1/4, 1/2, 1: a picture is halved as long as at least `smallest` pixels remain.

    So every run begins at about the same size, where the layers see the painting's large shapes whole,
    and a picture looks alike at 256 and at 1024 pixels.

    Args:
        side: The picture's longer side in pixels.
        steps: There are never more scales than steps.
        smallest: What must remain of the side, in pixels.
    """
    count = 1
    while side / 2**count >= smallest and count < steps:
        count += 1
    return tuple(0.5**k for k in reversed(range(count)))


def picture_losses(
    vgg: VGG19,
    content: Tensor | None,
    styles: Sequence[tuple[Tensor, float]],
    names: Iterable[str],
    *,
    masks: Sequence[Tensor] | None = None,
    style_masks: Sequence[Tensor | None] | None = None,
    convention: str = "relative",
    tile: int | None = None,
) -> Losses:
    """Return the named losses of a picture as a function of it; the targets are made here, once.

    Args:
        vgg: The network.
        content: (1, 3, H, W) in [0, 1], of the size of the picture; None if no name asks for it.
        styles: Pairs (picture, share) whose Gram matrices are mixed; the shares add up to 1.
        names: "content/LAYER" and "style/LAYER"; "tv" is always there.
        masks: Where each style is asked for, (1, 1, H, W) of the size of the picture. Nothing is mixed
            then; each style has losses of its own, of several named "style/LAYER/1" and so on. A loss is
            0 if its region is smaller than one position of the layer.
        style_masks: Which part of each style picture counts, of its size; None is all of it.
        convention: One of `losses.CONVENTIONS`.
        tile: The side of the tiles in which pictures go through the network; None is in one piece.
    """
    content_layers, style_keys = (
        [name.partition("/")[2] for name in names if name.startswith(f"{kind}/")]
        for kind in ("content", "style")
    )
    style_layers = [*dict.fromkeys(map(layer_of, style_keys))]
    targets = tiled_features(vgg, content, content_layers, side=tile) if content_layers else {}
    aims: dict[str, Tensor] = {}
    if style_layers:
        aims = _style_aims(vgg, styles, style_layers, masks, style_masks, tile)
    at = {}  # the mask of each Gram matrix, at the size of its layer
    for number, mask in enumerate(masks or ()):
        keys = {_key(layer, number, len(masks)): layer for layer in style_layers}
        at |= {key: layer_mask(mask, layer) for key, layer in keys.items() if key in aims}
    too_small = sorted({*style_keys} - {*aims})

    def losses(x: Tensor) -> dict[str, Tensor]:
        features = vgg(x, [*targets, *dict.fromkeys(map(layer_of, aims))])
        content = {
            f"content/{layer}": content_loss(features[layer], target, convention=convention)
            for layer, target in targets.items()
        }
        style = {
            f"style/{key}": style_loss(
                features[layer_of(key)], aim, mask=at.get(key), convention=convention
            )
            for key, aim in aims.items()
        }
        return content | style | rest(x)

    def losses_in_tiles(x: Tensor) -> dict[str, Tensor]:
        tiled = tiled_losses(vgg, x, targets, aims, masks=at, convention=convention, side=tile)
        return tiled | rest(x)

    def rest(x: Tensor) -> dict[str, Tensor]:
        none = {f"style/{key}": x.new_zeros(()) for key in too_small}
        return none | {"tv": total_variation(x)}

    if not targets and not aims:
        return rest
    return losses if tile is None else losses_in_tiles


def _style_aims(vgg: VGG19, styles, layers, masks, style_masks, tile) -> dict[str, Tensor]:
    """The Gram matrices that are asked for: one a layer, or with masks one a layer and style.

    A region that is smaller than one position of a layer does not count there.
    """
    sums: dict[str, Tensor] = {}
    shares: dict[str, float] = {}
    for number, (style, share) in enumerate(styles):
        mask, part = (several and several[number] for several in (masks, style_masks))
        for layer, gram in tiled_grams(vgg, style, layers, mask=part, side=tile).items():
            if fills(mask, layer) and fills(part, layer):
                key = _key(layer, number, len(masks or ()))
                sums[key] = sums.get(key, 0) + share * gram
                shares[key] = shares.get(key, 0) + share
    return {key: total / shares[key] for key, total in sums.items() if shares[key]}


def _paint(
    vgg: VGG19,
    content: Tensor | None,
    styles: Sequence[tuple[Tensor, float]],
    weights: dict[str, float],
    start: Tensor,
    steps: int,
    optimizer: Optimizers,
    state: Mapping[str, Any] | None,
    *,
    scales: Sequence[float] | None = (1.0,),
    masks: Sequence[Tensor] | None = None,
    style_masks: Sequence[Tensor | None] | None = None,
    convention: str = "relative",
) -> Iterator[Step]:
    """Check the plan of a run, and return the run."""
    if convention not in CONVENTIONS:
        names = ", ".join(CONVENTIONS)
        raise ValueError(f"Unknown convention {convention!r}: choose one of {names}.")
    keys = {name: name.partition("/")[2] for name in weights if name != "tv"}
    layers = checked_layers(map(layer_of, keys.values()), vgg.layers)
    guided = [layer_of(key) for name, key in keys.items() if name.startswith("style/")]
    if scales is None:
        scales = state["scales"] if state else halvings(max(start.shape[2:]), steps)
    _check_scales(scales, steps)
    for what, several in (("mask", masks), ("style mask", style_masks)):
        check_large_enough(_all_scaled(several or (), max(scales)), guided, what)
    plan = {
        "scales": [float(scale) for scale in scales],
        "ends": [steps * (i + 1) // len(scales) for i in range(len(scales))],
        "losses": sorted(weights),
    }
    if state is not None:
        plan["ends"] = _resumed_ends(state, plan)
    group = optimizer_maker(optimizer)([torch.zeros(1)]).param_groups[0]
    history = group.get("history_size", 1)

    def tile(scale: float) -> int | None:
        """The side of the tiles at one scale; a ValueError if not even they would fit."""
        shapes = [_scaled_shape(one, scale) for one in (start, *(style for style, _ in styles))]
        masked = guided if masks else ()
        return fitting_tile(vgg, shapes, layers, masked=masked, history=history, tile=vgg.tile)

    tile(max(scales))

    def losses(scale: float, side: int | None) -> Losses:
        scaled = [(_scaled(style, scale), share) for style, share in styles]
        at_scale = None if content is None else _scaled(content, scale)
        return picture_losses(
            vgg,
            at_scale,
            scaled,
            weights,
            masks=masks and _all_scaled(masks, scale),
            style_masks=style_masks and _all_scaled(style_masks, scale),
            convention=convention,
            tile=side,
        )

    return _coarse_to_fine(losses, tile, start, weights, plan, optimizer, state)


def _coarse_to_fine(losses, tile, start, weights, plan, optimizer, state) -> Iterator[Step]:
    """The run, scale by scale; each begins with the picture in which the one before it ended.

    What is said in numbers of one scale (index, state, failure) is said here in those of the whole run,
    and nowhere else.
    """
    ends, scales = plan["ends"], plan["scales"]
    first, inner = (state["scale"], state["run"]) if state else (0, None)
    image = state["start"].to(start) if state else start
    for number in range(first, len(scales)):
        begin = ends[number - 1] if number else 0
        image = resize(image, _scaled_shape(start, scales[number]))

        def whole(step: Step, number=number, begin=begin, image=image) -> Step:
            def saved() -> dict[str, Any]:
                return {**plan, "scale": number, "start": image, "run": step.state() or None}

            return replace(step, index=begin + step.index, total=ends[-1], state=saved)

        steps = ends[number] - begin
        try:
            for step in _one_scale(
                losses, tile, scales[number], image, weights, steps, optimizer, inner
            ):
                if step.index < steps or number == len(scales) - 1:
                    yield whole(step)
        except RunFailed as failure:
            words, step = failure.reason, whole(failure.step)
            raise RunFailed(words, step, out_of_memory=failure.out_of_memory) from failure
        image, weights, inner = step.image, step.weights, None
        del step, whole  # and with them the optimizer's memory, before the next scale needs its own


def _one_scale(losses, tile, scale, image, weights, steps, optimizer, state) -> Iterator[Step]:
    """Targets and losses, then the loop; where memory runs out it goes on in smaller tiles."""
    last = Step(0, steps, image.clamp(0, 1), {}, weights)
    try:
        side = tile(scale)
    except ValueError as error:
        raise RunFailed(f"the run stopped: {error}", last) from error
    while True:
        try:
            of_picture, weights = losses(scale, side), last.weights
            for last in minimize(
                image, of_picture, weights, steps=steps, optimizer=optimizer, state=state
            ):
                yield last
            return
        except RunFailed as failure:
            if not failure.out_of_memory:
                raise
            last = failure.step
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        of_picture = None  # the targets of this try, before those of the next
        side = smaller_tile(side, max(image.shape[2:]))
        if side is None:
            raise RunFailed(no_memory(image), last, out_of_memory=True)
        state = last.state() or state
        last = replace(last, state=lambda state=state: state)  # lets go of the optimizer itself


def _scaled(image: Tensor, scale: float) -> Tensor:
    return image if scale == 1 else resize(image, _scaled_shape(image, scale))


def _all_scaled(masks: Sequence[Tensor | None], scale: float) -> list[Tensor | None]:
    return [mask if mask is None else _scaled(mask, scale) for mask in masks]


def _scaled_shape(image: Tensor, scale: float) -> tuple[int, int]:
    """(height, width) of the picture at a fraction of its size, at least 16 pixels a side."""
    height, width = image.shape[2:]
    if scale == 1:
        return height, width
    return max(16, round(height * scale)), max(16, round(width * scale))


def _on_device(image: Tensor, vgg: VGG19, what: str = "The picture") -> Tensor:
    check_image(image, what)
    return image.detach().to(vgg.device, torch.float32)


def _styles(style, vgg: VGG19) -> list[tuple[Tensor, float]]:
    """Every style picture with its share; the shares add up to 1."""
    several = [style] if isinstance(style, Tensor) else list(style)
    pairs = [one if isinstance(one, tuple) else (one, 1.0) for one in several]
    pairs = [
        (_on_device(picture, vgg, "The style picture"), _weight("The share of a style", share))
        for picture, share in pairs
    ]
    total = sum(share for _, share in pairs)
    if not total:
        raise ValueError("There is no style picture with a share above 0; give at least one.")
    return [(picture, share / total) for picture, share in pairs]


def _refuse_shares(style) -> None:
    if not isinstance(style, Tensor) and any(isinstance(one, tuple) for one in style):
        raise ValueError(
            "With masks, styles are not mixed: give the style pictures without shares."
        )


def _key(layer: str, number: int, count: int) -> str:
    """What follows "style/" in the name of a loss: the layer, and the number of one mask of several."""
    return f"{layer}/{number + 1}" if count > 1 else layer


def _start(init: str | Tensor, canvas: Tensor, seed: int) -> Tensor:
    if isinstance(init, str):
        if init == "content":
            return canvas
        if init == "noise":
            return noise_like(canvas, seed=seed)
        raise ValueError(f"Unknown init {init!r}: choose 'content', 'noise', or give a picture.")
    check_image(init, "The picture to start from")
    return resize(init.detach().to(canvas), tuple(canvas.shape[2:]))


def _layer_weights(layers: Layers) -> dict[str, float]:
    """{layer: weight}; names alone share the weight 1 evenly, as in the paper."""
    if isinstance(layers, Mapping):
        return {layer: _weight(f"the weight of {layer}", layers[layer]) for layer in layers}
    names = [layers] if isinstance(layers, str) else list(layers)
    return dict.fromkeys(names, 1 / max(len(names), 1))


def _weight(name: str, value: float) -> float:
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a number from 0 up, not {value}.")
    return float(value)


def _check_scales(scales: Sequence[float], steps: int) -> None:
    if not len(scales) or any(not 0 < scale <= 4 for scale in scales):
        raise ValueError(f"scales must be numbers above 0 and at most 4, not {list(scales)}.")
    if steps < len(scales):
        raise ValueError(f"steps must be at least {len(scales)}, one for each scale, not {steps}.")


def _resumed_ends(state: Mapping[str, Any], plan: Mapping[str, Any]) -> list[int]:
    """The last step of each scale when a saved run goes on: its own, and the further ones at the end."""
    if not {"scales", "ends", "losses", "scale", "start", "run"} <= set(state):
        raise ValueError("This is not the state of a run; take it from Step.state().")
    for name, what in (("scales", "other scales"), ("losses", "other losses")):
        if state[name] != plan[name]:
            raise ValueError(
                f"The saved run has {what}, {state[name]} and not {plan[name]}; resume it with the same."
            )
    steps, before = plan["ends"][-1], state["ends"][-1]
    if steps < before:
        raise ValueError(f"The saved run has {before} steps; resume it with as many or more.")
    return [*state["ends"][:-1], steps]
