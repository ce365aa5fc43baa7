"""The parts of the atlas that take long, each kept in a file of its own as soon as it is done."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from torch import Tensor

from nstlib.atlas import styles
from nstlib.atlas.painted import maximize
from nstlib.atlas.survey import Survey, sources, survey
from nstlib.atlas.tuning import tuning
from nstlib.backbone.wavelets import build as write_wavelets
from nstlib.images import photo
from nstlib.paintings import PAINTINGS, painting
from nstlib.style_transfer import transfer
from nstlib.vgg import VGG19, load_vgg19

NETWORKS = ("trained", "formula", "random")
SIDES = {"1": 32, "2": 48, "3": 64, "4": 88, "5": 96}
"""Of the painted pictures, in pixels, by block: a few times what a channel sees."""
DECAYS = {"1": 1.25, "2": 1.25, "3": 1.25, "4": 1.5, "5": 1.5}
CHUNK = 16  # channels that are painted at once
COMPARED = (
    8  # channels of the first layer of each block that are painted for the other networks too
)
CANVASES = 64
SEEDS = 3  # of each painting on the map of styles
WALK = (0.25, 0.5, 0.75)
CONTENT, CONTENT_SIDE, CONTENT_STEPS = "astronaut", 192, 60


@lru_cache(maxsize=3)
def network(name: str) -> VGG19:
    """Return one of the three networks that the atlas compares, on the CPU.

    "trained" is the bundled one. "formula" has the wavelets of notebook 08, with which its training
    began, so that channel k of the one was channel k of the other. "random" has random weights.
    """
    if name == "trained":
        return load_vgg19(device="cpu")
    vgg = load_vgg19("random", device="cpu")
    if name == "formula":
        write_wavelets(vgg)
    return vgg


def layers() -> list[str]:
    """Return the layers of the atlas: every ReLU of the bundled network."""
    return [name for name in network("trained").layers if name.startswith("relu")]


def channels_of(layer: str) -> int:
    """Return how many channels a layer of the bundled network has."""
    return network("trained").get_submodule(layer.replace("relu", "conv")).out_channels


def by_formula(layer: str) -> int:
    """Return how many of a layer's channels the formula writes; the others stay random."""
    name = f"{layer.replace('relu', 'conv')}.weight"
    written, random = (network(kind).state_dict()[name] for kind in ("formula", "random"))
    return int((written != random).flatten(1).any(dim=1).sum())


def compared(layer: str) -> list[int]:
    """Return the channels that are painted for all three networks."""
    if not layer.endswith("_1"):
        return []
    return [int(k) for k in np.linspace(0, by_formula(layer) - 1, COMPARED)]


def painted(name: str, layer: str, channels: list[int]) -> dict[str, np.ndarray]:
    """Paint what channels of a network respond to: {"pictures": (n, side, side, 3), uint8}."""
    block = layer[4]
    found = maximize(network(name), layer, channels, side=SIDES[block], decay=DECAYS[block])
    return {"pictures": _bytes(found)}


def surveyed() -> dict[str, np.ndarray]:
    """Survey the bundled network over all sources: {"LAYER/peaks", "LAYER/places", "LAYER/gram"}."""
    images = [source.image for source in sources(canvases=CANVASES)]
    seen = survey(network("trained"), images, layers())
    return {
        f"{layer}/{name}": getattr(one, name) for layer, one in seen.items() for name in _SURVEY
    }


_SURVEY = ("peaks", "places", "gram")


def survey_of(part: dict[str, np.ndarray]) -> dict[str, Survey]:
    """Return what `surveyed` found, by layer."""
    return {
        layer: Survey(**{name: part[f"{layer}/{name}"] for name in _SURVEY}) for layer in layers()
    }


def tuned(name: str) -> dict[str, np.ndarray]:
    """Measure the tuning of a network: {"LAYER/stripes", "LAYER/colors"}."""
    found = tuning(network(name), layers())
    pairs = {
        layer: dict(zip(("stripes", "colors"), both, strict=True)) for layer, both in found.items()
    }
    return {
        f"{layer}/{kind}": values for layer, both in pairs.items() for kind, values in both.items()
    }


def style_grams() -> dict[str, np.ndarray]:
    """Compute the Gram matrices of all paintings on the map: {LAYER: (n, C, C)}."""
    grams = [
        styles.grams_of(network("trained"), painting(name, size=256, seed=seed))
        for name in PAINTINGS
        for seed in range(SEEDS)
    ]
    return {layer: np.stack([one[layer] for one in grams]) for layer in grams[0]}


def mixture(shares: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Paint the photo in a mixture of styles: {"picture": (H, W, 3)} and {LAYER: Gram matrix}."""
    content = photo(CONTENT, size=CONTENT_SIDE)
    mix = [(painting(name, size=256), share) for name, share in shares.items()]
    vgg = network("trained")
    *_, step = transfer(content, mix, vgg=vgg, steps=CONTENT_STEPS)
    return {"picture": _bytes(step.image)[0], **styles.grams_of(vgg, step.image)}


def pairs() -> list[tuple[str, str]]:
    """Return every two painters; there is a walk from the one to the other."""
    return list(combinations(PAINTINGS, 2))


def stop_name(first: str, second: str = "", share: float = 0.0) -> str:
    """Return the name of a stop of a walk: of one painter, or on the way to a second one."""
    return f"{first}-{second}-{100 * share:.0f}" if share else first


Part = tuple[str, Callable[[], dict[str, np.ndarray]]]


def parts() -> Iterator[Part]:
    """Yield (name, function that makes it) of all parts, the longest first."""
    for layer in reversed(layers()):
        count = channels_of(layer)
        for start in range(0, count, CHUNK):
            channels = list(range(start, min(start + CHUNK, count)))
            yield f"{layer}-{start:03}", partial(painted, "trained", layer, channels)
        for name in NETWORKS[1:] if compared(layer) else ():
            yield f"{layer}-{name}", partial(painted, name, layer, compared(layer))
    for name in PAINTINGS:
        yield f"mix-{stop_name(name)}", partial(mixture, {name: 1.0})
    for first, second in pairs():
        for share in WALK:
            shares = {first: 1 - share, second: share}
            yield f"mix-{stop_name(first, second, share)}", partial(mixture, shares)
    yield "survey", surveyed
    yield "styles", style_grams
    for name in NETWORKS:
        yield f"tuning-{name}", partial(tuned, name)


def make(folder: Path, *, n_jobs: int = 1) -> Iterator[str]:
    """Make the parts that are missing in a folder.

    A part that is done is a .npz file. After an interrupt the same call goes on with the missing ones.

    Args:
        folder: Where the parts are; it is made if it is not there.
        n_jobs: How many processes work side by side, as in joblib.

    Yields:
        The name of each part, when it is there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    todo = []
    for name, function in parts():
        if (folder / f"{name}.npz").exists():
            yield name
        else:
            todo.append((name, function))
    threads = torch.get_num_threads() if n_jobs == 1 else 1
    tasks = (delayed(_make)(folder, name, function, threads) for name, function in todo)
    yield from Parallel(n_jobs, return_as="generator_unordered", batch_size=1)(tasks)


def _make(
    folder: Path, name: str, function: Callable[[], dict[str, np.ndarray]], threads: int
) -> str:
    torch.set_num_threads(threads)
    temporary = folder / f"{name}.unfinished"
    with temporary.open("wb") as file:
        np.savez_compressed(file, **function())
    temporary.replace(folder / f"{name}.npz")
    return name


def load(folder: Path, name: str) -> dict[str, np.ndarray]:
    """Return a part that `make` has made."""
    with np.load(folder / f"{name}.npz") as file:
        return {key: file[key] for key in file.files}


def _bytes(images: Tensor) -> np.ndarray:
    """Images (n, 3, H, W) in [0, 1] as uint8 pixels (n, H, W, 3)."""
    return (images.detach().cpu() * 255).round().byte().permute(0, 2, 3, 1).numpy()
