"""The three experiments of the paper, each as a generator of Steps with every choice in its signature.

A recipe is four things: targets from the network, named losses against them, a picture to start from,
and the loop of `optimize.py`. Layers are given as names, or as {name: weight}.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from nstlib.images import resize
from nstlib.losses import content_loss, gram_loss, gram_matrix, total_variation
from nstlib.optimize import Step, descend
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
    init: str | Tensor = "noise",
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    steps: int = 200,
    seed: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Make a picture whose features in `layers` are those of `image`: what the network kept of it.

    image: (1, 3, H, W) in [0, 1]. Yields Steps with the losses "content/LAYER" and "tv".
    The upper half of Figure 1 of Gatys et al. 2015; with a `tv_weight`, Mahendran and Vedaldi 2015.
    """
    vgg, image = _network_and_image(vgg, image)
    layer_weights = _layer_weights(layers)
    start = _start(init, image, seed)
    terms = _terms(vgg, _features(vgg, image, layer_weights), {}, convention)
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
    init: str | Tensor = "noise",
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    steps: int = 200,
    seed: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Make a picture whose Gram matrices in `layers` are those of `image`: its texture, all order lost.

    image: (1, 3, H, W) in [0, 1]; size: (H, W) of the new picture, by default that of `image`.
    Yields Steps with the losses "style/LAYER" and "tv".
    The lower half of Figure 1 of Gatys et al. 2015.
    """
    vgg, image = _network_and_image(vgg, image)
    layer_weights = _layer_weights(layers)
    canvas = image if size is None else image.new_zeros(1, 3, *size)
    start = _start(init, canvas, seed)
    terms = _terms(vgg, {}, _grams(vgg, [image], [1.0], layer_weights), convention)
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
    style_weight: float = 10.0,
    style_mix: Sequence[float] | None = None,
    tv_weight: float = 0.0,
    loss_weights: Mapping[str, float] | None = None,
    convention: str = "relative",
    init: str | Tensor = "content",
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    steps: int = 150,
    scales: Sequence[float] = (0.5, 1.0),
    seed: int = 0,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Step]:
    """Paint `content` in the style of `style`.

    content: (1, 3, H, W) in [0, 1]; style: the same with any size, or several such pictures, mixed in
    the shares `style_mix` (equal ones by default). style_weight is the paper's β / α.
    loss_weights: the weight of every loss by name, as `transfer_weights` makes them of content_layers,
    style_layers, style_weight and tv_weight, in whose place it stands. It is read anew at every step:
    change it while the run goes on, and the picture follows.
    scales: the sizes to work at, one after the other, as fractions of the content picture's size; both
    pictures are scaled, each result is the start of the next, and the steps are shared out evenly.
    Yields Steps with the losses "content/LAYER", "style/LAYER" and "tv"; their images have the size of
    the scale they belong to.

    The defaults were chosen by eye for the compact backbone at 256 px.
    Gatys et al. 2015, eq. 7. Departures: content and style are divided by the size of their targets
    (`losses.py`), the content picture is the start, pooling averages (`vgg.py`), and half of the steps
    are spent at half the size, so that large strokes come first. No total variation: it takes noise
    away, but pays for the fine strokes with a regular lattice, the smoothest way to have them.
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

    def stage(scale: float, start: Tensor, steps: int, state: Any) -> Iterator[Step]:
        at_scale = _scaled(content, scale)
        targets = _features(vgg, at_scale, content_names)
        grams = _grams(vgg, [_scaled(one, scale) for one in styles], mix, style_names)
        return descend(
            resize(start, tuple(at_scale.shape[2:])),
            _terms(vgg, targets, grams, convention),
            loss_weights,
            steps=steps,
            optimizer=optimizer,
            learning_rate=learning_rate,
            state=state,
        )

    return _coarse_to_fine(stage, start, scales, steps, state)


def transfer_weights(
    *,
    content_layers: Layers = CONTENT_LAYERS,
    style_layers: Layers = STYLE_LAYERS,
    style_weight: float = 10.0,
    tv_weight: float = 0.0,
) -> dict[str, float]:
    """The weight of each loss of a transfer by its name: {"content/relu4_2": 1.0, …, "tv": 0.0}.

    α w_l for a content layer with α = 1, β w_l for a style layer (Gatys et al. 2015, eq. 5 and 7).
    Give it to `transfer` as `loss_weights` and change it while the run goes on.
    """
    return (
        _weights("content", _layer_weights(content_layers), 1.0)
        | _weights("style", _layer_weights(style_layers), _weight("style_weight", style_weight))
        | {"tv": _weight("tv_weight", tv_weight)}
    )


def _coarse_to_fine(
    stage: Callable[[float, Tensor, int, Any], Iterator[Step]],
    image: Tensor,
    scales: Sequence[float],
    steps: int,
    state: Mapping[str, Any] | None,
) -> Iterator[Step]:
    """Run the stages one after the other as if they were one run."""
    if not scales or any(not 0 < scale <= 4 for scale in scales):
        raise ValueError(f"scales must be numbers above 0 and at most 4, not {list(scales)}.")
    if steps < len(scales):
        raise ValueError(f"steps must be at least {len(scales)}, one for each scale, not {steps}.")
    ends = [steps * (i + 1) // len(scales) for i in range(len(scales))]
    first = state["stage"] if state else 0
    return _stages(stage, image, scales, ends, first, state)


def _stages(stage, image, scales, ends, first, state) -> Iterator[Step]:
    for i in range(first, len(scales)):
        begin = ends[i - 1] if i else 0
        run = stage(scales[i], image, ends[i] - begin, state["inner"] if state else None)
        state = None
        for step in run:
            image = step.image
            if step.index == step.total and i + 1 < len(scales):
                break  # the next stage begins with the same picture, resized

            def state_now(step: Step = step, i: int = i) -> dict[str, Any]:
                return {"stage": i, "inner": step.state()}

            yield replace(step, index=begin + step.index, total=ends[-1], state=state_now)


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


def _scaled(image: Tensor, scale: float) -> Tensor:
    if scale == 1:
        return image
    return resize(image, tuple(max(16, round(side * scale)) for side in image.shape[2:]))


@torch.no_grad()
def _features(vgg: VGG19, image: Tensor, layers: Collection[str]) -> dict[str, Tensor]:
    return vgg(image, layers) if layers else {}


def _grams(
    vgg: VGG19, images: Sequence[Tensor], mix: Sequence[float], layers: Collection[str]
) -> dict[str, Tensor]:
    """The Gram matrices of the style, of several styles their weighted mean."""
    features = [_features(vgg, image, layers) for image in images]
    return {
        layer: sum(share * gram_matrix(f[layer]) for share, f in zip(mix, features, strict=True))
        for layer in layers
    }


def _terms(
    vgg: VGG19, targets: Mapping[str, Tensor], grams: Mapping[str, Tensor], convention: str
) -> Callable[[Tensor], dict[str, Tensor]]:
    """The named losses of a picture, all from one pass through the network."""

    def terms(x: Tensor) -> dict[str, Tensor]:
        features = vgg(x, {**targets, **grams})
        content = {
            f"content/{layer}": content_loss(features[layer], target, convention=convention)
            for layer, target in targets.items()
        }
        style = {
            f"style/{layer}": gram_loss(features[layer], target, convention=convention)
            for layer, target in grams.items()
        }
        return content | style | {"tv": total_variation(x)}

    return terms
