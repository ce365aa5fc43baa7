"""The three experiments of the paper, each as a generator of Steps with every choice in its signature.

A recipe is four things: targets from the network, named losses against them, a picture to start from,
and the loop of `optimize.py`. Layers are given as names, or as {name: weight}.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from nstlib.images import resize
from nstlib.optimize import Step, descend
from nstlib.scales import check_scales, coarse_to_fine, halvings, scaled, scaled_shape
from nstlib.targets import features_of, grams_of, terms_of, tile_side
from nstlib.vgg import VGG19, load_vgg19

Layers = str | Sequence[str] | Mapping[str, float]

CONTENT_LAYERS = ("relu4_2",)
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def reconstruct_content(
    image: Tensor,
    layers: Layers = CONTENT_LAYERS,
    *,
    vgg: VGG19 | None = None,
    tv_weight: float = 0.0,
    convention: str = "relative",
    tile: int | None = None,
    init: str | Tensor = "noise",
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    steps: int = 200,
    seed: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Make a picture whose features in `layers` are those of `image`: what the network kept of it.

    image: (1, 3, H, W) in [0, 1]. Yields Steps with the losses "content/LAYER" and "tv".
    tile: as in `transfer`.
    The upper half of Figure 1 of Gatys et al. 2015; with a `tv_weight`, Mahendran and Vedaldi 2015.
    """
    vgg, image = _network_and_image(vgg, image)
    layer_weights = _layer_weights(layers)
    start = _start(init, image, seed)
    side = tile_side(tile, vgg, image.shape, layer_weights)
    terms = terms_of(vgg, features_of(vgg, image, layer_weights, side), {}, convention, side)
    weights = _weights("content", layer_weights, 1.0) | {"tv": _weight("tv_weight", tv_weight)}
    return descend(
        start,
        terms,
        weights,
        steps=steps,
        optimizer=optimizer,
        learning_rate=learning_rate,
        state=state,
    )


def reconstruct_style(
    image: Tensor,
    layers: Layers = STYLE_LAYERS,
    *,
    vgg: VGG19 | None = None,
    size: tuple[int, int] | None = None,
    tv_weight: float = 0.0,
    convention: str = "relative",
    tile: int | None = None,
    init: str | Tensor = "noise",
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    steps: int = 200,
    seed: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Make a picture whose Gram matrices in `layers` are those of `image`: its texture, all order lost.

    image: (1, 3, H, W) in [0, 1]; size: (H, W) of the new picture, by default that of `image`.
    tile: as in `transfer`. Yields Steps with the losses "style/LAYER" and "tv".
    The lower half of Figure 1 of Gatys et al. 2015.
    """
    vgg, image = _network_and_image(vgg, image)
    layer_weights = _layer_weights(layers)
    canvas = image if size is None else image.new_zeros(1, 3, *size)
    start = _start(init, canvas, seed)
    side = tile_side(tile, vgg, canvas.shape, layer_weights)
    terms = terms_of(vgg, {}, grams_of(vgg, [image], [1.0], layer_weights, side), convention, side)
    weights = _weights("style", layer_weights, 1.0) | {"tv": _weight("tv_weight", tv_weight)}
    return descend(
        start,
        terms,
        weights,
        steps=steps,
        optimizer=optimizer,
        learning_rate=learning_rate,
        state=state,
    )


def transfer(
    content: Tensor,
    style: Tensor | Sequence[Tensor],
    *,
    vgg: VGG19 | None = None,
    content_layers: Layers = CONTENT_LAYERS,
    style_layers: Layers = STYLE_LAYERS,
    style_weight: float = 100.0,
    style_mix: Sequence[float] | None = None,
    tv_weight: float = 5.0,
    loss_weights: Mapping[str, float] | None = None,
    convention: str = "relative",
    tile: int | None = None,
    init: str | Tensor = "content",
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    steps: int = 150,
    scales: Sequence[float] | None = None,
    seed: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Paint `content` in the style of `style`.

    content: (1, 3, H, W) in [0, 1]; style: the same with any size, or several such pictures, mixed in
    the shares `style_mix` (equal ones by default). style_weight is the paper's β / α.
    loss_weights: the weight of every loss by name, as `transfer_weights` makes them; it replaces
    content_layers, style_layers, style_weight and tv_weight. It is read anew at every step: change it
    while the run goes on, and the picture follows.
    tile: the side of the tiles in which a picture larger than that goes through the network, in less
    memory and more time, with the same result (`tiles.py`). None: tiles only where memory asks for them.
    scales: the sizes to work at, one after the other, as fractions of the content picture's size; both
    pictures are scaled, each result is the start of the next, and the steps are shared out evenly. None
    halves the picture as long as 96 pixels remain: 96, 192, 384.
    Yields Steps with the losses "content/LAYER", "style/LAYER" and "tv"; their images have the size of
    the scale they belong to.

    The defaults were chosen by eye for the compact backbone, at 256 to 512 px.
    Gatys et al. 2015, eq. 7. Departures: content and style are divided by the size of their targets
    (`losses.py`), the content picture is the start, pooling averages (`vgg.py`), and the first steps are
    taken at small sizes, so that large strokes come first. A little total variation removes colored
    grain; a lot of it turns fine strokes into a regular lattice, the smoothest way to have them.
    """
    vgg, content = _network_and_image(vgg, content)
    styles = [style] if isinstance(style, Tensor) else list(style)
    styles = [_network_and_image(vgg, one)[1] for one in styles]
    mix = _mix(style_mix, len(styles))
    if loss_weights is None:
        loss_weights = transfer_weights(
            content_layers=content_layers,
            style_layers=style_layers,
            style_weight=style_weight,
            tv_weight=tv_weight,
        )
    content_names, style_names = (_layers_in(loss_weights, kind) for kind in ("content", "style"))
    start = _start(init, content, seed)
    layers = [*content_names, *style_names]
    if scales is None:
        scales = halvings(max(content.shape[2:]), steps)
    check_scales(scales, steps)
    for scale in sorted(scales, reverse=True):  # now, because it may say that memory is short
        tile_side(tile, vgg, scaled_shape(content.shape, scale), layers)

    def stage(scale: float, start: Tensor, steps: int, state: Any) -> Iterator[Step]:
        at_scale = scaled(content, scale)
        side = tile_side(tile, vgg, at_scale.shape, layers)
        targets = features_of(vgg, at_scale, content_names, side)
        grams = grams_of(vgg, [scaled(one, scale) for one in styles], mix, style_names, side)
        return descend(
            resize(start, tuple(at_scale.shape[2:])),
            terms_of(vgg, targets, grams, convention, side),
            loss_weights,
            steps=steps,
            optimizer=optimizer,
            learning_rate=learning_rate,
            state=state,
        )

    return coarse_to_fine(stage, start, scales, steps, state)


def transfer_weights(
    *,
    content_layers: Layers = CONTENT_LAYERS,
    style_layers: Layers = STYLE_LAYERS,
    style_weight: float = 100.0,
    tv_weight: float = 5.0,
) -> dict[str, float]:
    """The weight of each loss of a transfer by its name: {"content/relu4_2": 1.0, …, "tv": 5.0}.

    α w_l for a content layer with α = 1, β w_l for a style layer (Gatys et al. 2015, eq. 5 and 7).
    Give it to `transfer` as `loss_weights` and change it while the run goes on.
    """
    return (
        _weights("content", _layer_weights(content_layers), 1.0)
        | _weights("style", _layer_weights(style_layers), _weight("style_weight", style_weight))
        | {"tv": _weight("tv_weight", tv_weight)}
    )


def _network_and_image(vgg: VGG19 | None, image: Tensor) -> tuple[VGG19, Tensor]:
    if not isinstance(image, Tensor) or image.ndim != 4 or image.shape[:2] != (1, 3):
        shape = tuple(image.shape) if isinstance(image, Tensor) else type(image).__name__
        raise ValueError(
            f"A picture must be a tensor of shape (1, 3, H, W), not {shape}; load_image gives one."
        )
    vgg = load_vgg19() if vgg is None else vgg
    return vgg, image.detach().to(vgg.device, torch.float32)


def _start(init: str | Tensor, content: Tensor, seed: int) -> Tensor:
    if isinstance(init, Tensor):
        return resize(init.detach().to(content), tuple(content.shape[2:]))
    if init == "content":
        return content
    if init == "noise":
        # Drawn on the CPU, so that a seed means the same picture on every device. Faint, because what
        # the chosen layers cannot see of the noise stays in the picture to the end.
        noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(seed))
        return (0.5 + 0.1 * noise).clamp(0, 1).to(content)
    raise ValueError(f"Unknown init {init!r}: choose 'content', 'noise', or give a picture.")


def _layer_weights(layers: Layers) -> dict[str, float]:
    """{layer: weight}; names alone share the weight 1 evenly, as in the paper."""
    if isinstance(layers, Mapping):
        return {layer: _weight(f"the weight of {layer}", layers[layer]) for layer in layers}
    names = [layers] if isinstance(layers, str) else list(layers)
    return dict.fromkeys(names, 1 / max(len(names), 1))


def _weights(kind: str, layer_weights: Mapping[str, float], weight: float) -> dict[str, float]:
    return {f"{kind}/{layer}": weight * share for layer, share in layer_weights.items()}


def _layers_in(weights: Mapping[str, float], kind: str) -> list[str]:
    """The layers of one kind among the names of losses, all of which are looked at."""
    for name, value in weights.items():
        if name != "tv" and name.partition("/")[0] not in ("content", "style"):
            raise ValueError(
                f"There is no loss {name!r}; names are like 'content/relu4_2', 'style/relu1_1', 'tv'."
            )
        _weight(f"the weight of {name}", value)
    if "tv" not in weights:
        raise ValueError("loss_weights has no 'tv'; transfer_weights gives a whole set.")
    return [name.partition("/")[2] for name in weights if name.startswith(f"{kind}/")]


def _weight(name: str, value: float) -> float:
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} must be a number from 0 up, not {value}.")
    return float(value)


def _mix(style_mix: Sequence[float] | None, count: int) -> list[float]:
    mix = [1.0] * count if style_mix is None else [_weight("style_mix", m) for m in style_mix]
    if count == 0 or len(mix) != count or sum(mix) == 0:
        raise ValueError(
            f"style_mix has {len(mix)} shares for {count} style pictures; give one share above 0 each."
        )
    return [share / sum(mix) for share in mix]
