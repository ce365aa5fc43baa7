"""A picture with its features and Gram matrices in many layers, computed once and kept."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from nstlib.images import resize
from nstlib.losses import gram_matrix, style_loss
from nstlib.paintings import painting
from nstlib.vgg import VGG19
from nstlib.widgets.gram import matrices

AS_IT_IS, SHUFFLED, TURNED_MAPS, TURNED = (
    "as it is",
    "shuffle positions",
    "turn the maps",
    "turn the picture",
)
TESTS = (AS_IT_IS, SHUFFLED, TURNED_MAPS, TURNED)
QUICK = 128  # up to this many channels, everything here is computed in less than 50 ms


class Subject:
    """A picture and what a network computes from it.

    Args:
        image: (1, 3, H, W) in [0, 1].
        features: {layer: (1, N, H', W')}.
        test: One of `TESTS`. `SHUFFLED` puts the positions of all maps of a layer in the same random
            order; `TURNED_MAPS` turns each map by a quarter. For `TURNED` the caller turns the picture
            before the network sees it.
    """

    def __init__(self, image: Tensor, features: Mapping[str, Tensor], test: str = AS_IT_IS):
        self.image = image
        self.test = test
        self._features = features
        self._maps: dict[str, np.ndarray] = {}
        self._grams: dict[str, np.ndarray] = {}
        self._orders: dict[str, np.ndarray] = {}
        self._pairs: dict[tuple[str, bool], list[tuple[int, int]]] = {}

    def tested(self, test: str) -> "Subject":
        """Return the same picture and features under another test."""
        return Subject(self.image, self._features, test)

    def maps(self, layer: str) -> np.ndarray:
        """Return the feature maps of a layer, (N, H', W')."""
        if layer not in self._maps:
            maps = self._features[layer][0].numpy()
            change = {SHUFFLED: matrices.shuffled, TURNED_MAPS: matrices.turned}.get(self.test)
            self._maps[layer] = change(maps) if change else maps
        return self._maps[layer]

    def gram(self, layer: str) -> np.ndarray:
        """Return the Gram matrix of a layer, (N, N)."""
        if layer not in self._grams:
            maps = torch.from_numpy(self.maps(layer))
            self._grams[layer] = gram_matrix(maps[None])[0].numpy()
        return self._grams[layer]

    def order(self, layer: str) -> np.ndarray:
        """Return the channels of a layer, (N,), ordered so that those that go together are neighbors."""
        if layer not in self._orders:
            self._orders[layer] = matrices.clustered_order(self.gram(layer))
        return self._orders[layer]

    def pairs(self, layer: str, *, apart: bool = False) -> list[tuple[int, int]]:
        """Return up to 12 pairs of channels that are worth a look.

        Args:
            layer: Their layer.
            apart: Whether to look for channels that are never active at one place.
        """
        if (layer, apart) not in self._pairs:
            self._pairs[layer, apart] = matrices.telling_pairs(self.maps(layer), 12, apart=apart)
        return self._pairs[layer, apart]

    def has_order(self, layer: str) -> bool:
        """Return whether `order` is fast; for 512 channels the first call takes two seconds."""
        return layer in self._orders or self._channels(layer) <= QUICK

    def has_pairs(self, layer: str, *, apart: bool = False) -> bool:
        """Return whether `pairs` is fast."""
        return (layer, apart) in self._pairs or self._channels(layer) <= QUICK

    def _channels(self, layer: str) -> int:
        return self._features[layer].shape[1]

    def distance(self, style: "Subject", layer: str, convention: str) -> float:
        """Return E_l between this picture and a style picture, as `style_loss` computes it."""
        target = torch.from_numpy(style.gram(layer))[None]
        return style_loss(
            torch.from_numpy(self.maps(layer))[None], target, convention=convention
        ).item()

    def picture(self, layer: str) -> Tensor:
        """Return the picture (1, 3, H, W), shuffled or turned like the maps of this layer."""
        if self.test == TURNED_MAPS:
            return self.image.rot90(1, (2, 3))
        if self.test == SHUFFLED:
            small = resize(self.image, tuple(self.maps(layer).shape[1:]))
            return torch.from_numpy(matrices.shuffled(small[0].numpy()))[None]
        return self.image


def matrix(
    shown: Sequence[Subject], known: Sequence[Subject], layer: str, scale: str
) -> tuple[np.ndarray, float, bool]:
    """Return the Gram matrix of one picture, or the difference of those of two, and its colors.

    Args:
        shown: One picture, or two for the difference.
        known: All pictures whose matrices should have the same colors.
        layer: Their layer.
        scale: One of `matrices.SCALES`.

    Returns:
        The values (N, N), the value that gets the last color, and whether the colors go below zero. In a
        difference a few entries may lie beyond that value, so that the others are not all dark.
    """
    tables = [subject.gram(layer) for subject in shown]
    if scale == "correlation":
        tables = [matrices.correlation(table) for table in tables]
    values = tables[0] - tables[1] if len(tables) == 2 else tables[0]
    if len(tables) == 2:
        limit = float(np.quantile(np.nan_to_num(np.abs(values)), 1 if scale == "log" else 0.995))
    elif scale == "correlation":
        limit = 1.0
    else:
        limit = max(float(np.abs(subject.gram(layer)).max()) for subject in known)
    return values, limit, len(tables) == 2 or bool((values < 0).any())


def change(before: Subject, after: Subject, layer: str) -> tuple[float, float]:
    """Return how much the Gram matrix of a layer has changed, relative to what it was.

    Returns:
        The largest change of an entry divided by the largest entry, and the norm of the change divided
        by the norm of the matrix.
    """
    old, new = before.gram(layer), after.gram(layer)
    largest = np.abs(new - old).max() / max(np.abs(old).max(), matrices.TINY)
    norm = np.linalg.norm(new - old) / max(np.linalg.norm(old), matrices.TINY)
    return float(largest), float(norm)


def look(image: Tensor, vgg: VGG19, layers: Iterable[str], *, turn: bool = False) -> Subject:
    """Return a picture with its features.

    Args:
        image: (1, 3, H, W) in [0, 1].
        vgg: The network, which sees it once.
        layers: Names of layers.
        turn: Whether to turn the picture by a quarter first.
    """
    if turn:
        image = image.rot90(1, (2, 3)).contiguous()
    with torch.no_grad():
        features = vgg(image.to(vgg.device), layers)
    features = {layer: values.float().cpu() for layer, values in features.items()}
    return Subject(image, features, TURNED if turn else AS_IT_IS)


class Album:
    """The pictures of an app by name; the network sees each of them once.

    Args:
        images: {name: (1, 3, H, W)}, with picture "A" among them. The names of bundled paintings are
            known as well.
        vgg: The network.
        layers: Names of layers.
        size: The longer side of a bundled painting, in pixels.
    """

    def __init__(self, images: Mapping[str, Tensor], vgg: VGG19, layers: Sequence[str], size: int):
        self.layers = list(layers)
        self._images, self._vgg, self._size = dict(images), vgg, size
        self._subjects: dict[tuple[str, str], Subject] = {}
        self._distances: dict[str, dict[str, tuple[float, float]]] = {}

    def __getitem__(self, key: tuple[str, str]) -> Subject:
        """The picture of (name, one of `TESTS`); a KeyError before `prepare`."""
        name, test = key
        if key not in self._subjects and test in (SHUFFLED, TURNED_MAPS):
            self._subjects[key] = self[name, AS_IT_IS].tested(test)
        return self._subjects[key]

    def has(self, name: str, *, turn: bool = False) -> bool:
        """Return whether the network has seen a picture, and with `turn` the turned one as well."""
        tests = (AS_IT_IS, TURNED) if turn else (AS_IT_IS,)
        return all((name, test) in self._subjects for test in tests)

    def prepare(self, name: str, *, turn: bool = False) -> None:
        """Let the network see a picture, and with `turn` the turned one as well."""
        if name not in self._images:
            self._images[name] = painting(name, size=self._size)
        for side in (False, turn):
            if not self.has(name, turn=side):
                subject = look(self._images[name], self._vgg, self.layers, turn=side)
                self._subjects[name, subject.test] = subject

    def distances(self, name: str) -> dict[str, tuple[float, float]]:
        """Return {layer: (E_l of A "relative" to the style of another picture, the paper's E_l)}."""
        if name not in self._distances:
            a, style = self["A", AS_IT_IS], self[name, AS_IT_IS]
            self._distances[name] = {
                layer: (a.distance(style, layer, "relative"), a.distance(style, layer, "paper"))
                for layer in self.layers
            }
        return self._distances[name]
