"""A picture as a network sees it: features and Gram matrices of many layers, computed once and kept."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from nstlib.images import resize
from nstlib.losses import gram_loss, gram_matrix
from nstlib.paintings import painting
from nstlib.vgg import VGG19
from nstlib.widgets import grams

AS_IT_IS, SHUFFLED, TURNED_MAPS, TURNED = (
    "as it is",
    "shuffle positions",
    "turn the maps",
    "turn the picture",
)
TESTS = (AS_IT_IS, SHUFFLED, TURNED_MAPS, TURNED)
QUICK = 128  # channels up to which all that is computed here takes less than 50 ms


class Subject:
    """A picture (1, 3, H, W), and the features of a network for it, {layer: (1, N, H', W')}.

    test: SHUFFLED gives all maps of a layer the same random order of positions, TURNED_MAPS turns
    each by a quarter. For TURNED the picture itself has to be turned, before the network sees it.
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
        """The same features shuffled or turned."""
        return Subject(self.image, self._features, test)

    def maps(self, layer: str) -> np.ndarray:
        """The feature maps of a layer, (N, H', W')."""
        if layer not in self._maps:
            maps = self._features[layer][0].numpy()
            change = {SHUFFLED: grams.shuffled, TURNED_MAPS: grams.turned}.get(self.test)
            self._maps[layer] = change(maps) if change else maps
        return self._maps[layer]

    def gram(self, layer: str) -> np.ndarray:
        """The Gram matrix of a layer, (N, N)."""
        if layer not in self._grams:
            maps = torch.from_numpy(self.maps(layer))
            self._grams[layer] = gram_matrix(maps[None])[0].numpy()
        return self._grams[layer]

    def order(self, layer: str) -> np.ndarray:
        """The channels of a layer, (N,), such that those which go together are neighbors."""
        if layer not in self._orders:
            self._orders[layer] = grams.clustered_order(self.gram(layer))
        return self._orders[layer]

    def pairs(self, layer: str, *, apart: bool = False) -> list[tuple[int, int]]:
        """Up to 12 pairs of channels of a layer that are worth a look."""
        if (layer, apart) not in self._pairs:
            self._pairs[layer, apart] = grams.telling_pairs(self.maps(layer), 12, apart=apart)
        return self._pairs[layer, apart]

    def has_order(self, layer: str) -> bool:
        """Whether `order` answers at once; for 512 channels it takes two seconds the first time."""
        return layer in self._orders or self._channels(layer) <= QUICK

    def has_pairs(self, layer: str, *, apart: bool = False) -> bool:
        """Whether `pairs` answers at once."""
        return (layer, apart) in self._pairs or self._channels(layer) <= QUICK

    def _channels(self, layer: str) -> int:
        return self._features[layer].shape[1]

    def distance(self, style: "Subject", layer: str, convention: str) -> float:
        """E_l between this picture and a style, as `nstlib.gram_loss` has it."""
        target = torch.from_numpy(style.gram(layer))[None]
        return gram_loss(
            torch.from_numpy(self.maps(layer))[None], target, convention=convention
        ).item()

    def picture(self, layer: str) -> Tensor:
        """The picture (1, 3, H, W) with its places where the positions of the maps are."""
        if self.test == TURNED_MAPS:
            return self.image.rot90(1, (2, 3))
        if self.test == SHUFFLED:
            small = resize(self.image, tuple(self.maps(layer).shape[1:]))
            return torch.from_numpy(grams.shuffled(small[0].numpy()))[None]
        return self.image


def matrix(
    shown: Sequence[Subject], known: Sequence[Subject], layer: str, scale: str
) -> tuple[np.ndarray, float, bool]:
    """The Gram matrix of one picture in a scale, or of two pictures the difference.

    known: the pictures whose Gram matrices should have the same colors. Returns the values (N, N),
    the limit of their colors, and whether these go below zero. In a difference a few entries may be
    beyond the limit, so that the others are not all dark.
    """
    tables = [subject.gram(layer) for subject in shown]
    if scale == "correlation":
        tables = [grams.correlation(table) for table in tables]
    values = tables[0] - tables[1] if len(tables) == 2 else tables[0]
    if len(tables) == 2:
        limit = float(np.quantile(np.nan_to_num(np.abs(values)), 1 if scale == "log" else 0.995))
    elif scale == "correlation":
        limit = 1.0
    else:
        limit = max(float(np.abs(subject.gram(layer)).max()) for subject in known)
    return values, limit, len(tables) == 2 or bool((values < 0).any())


def change(before: Subject, after: Subject, layer: str) -> tuple[float, float]:
    """How far a Gram matrix has changed: (largest change / largest entry, length / length)."""
    old, new = before.gram(layer), after.gram(layer)
    largest = np.abs(new - old).max() / max(np.abs(old).max(), grams.TINY)
    return float(largest), float(np.linalg.norm(new - old) / max(np.linalg.norm(old), grams.TINY))


def look(image: Tensor, vgg: VGG19, layers: Iterable[str], *, turn: bool = False) -> Subject:
    """Let a network look at a picture (1, 3, H, W), once; with `turn`, after a quarter turn of it."""
    if turn:
        image = image.rot90(1, (2, 3)).contiguous()
    with torch.no_grad():
        features = vgg(image.to(vgg.device), layers)
    features = {layer: values.float().cpu() for layer, values in features.items()}
    return Subject(image, features, TURNED if turn else AS_IT_IS)


class Album:
    """The pictures of an app as a network sees them, by name; each is looked at once.

    images: {name: (1, 3, H, W)}, "A" among them; names of bundled paintings are known as well.
    """

    def __init__(self, images: Mapping[str, Tensor], vgg: VGG19, layers: Sequence[str], size: int):
        self.layers = list(layers)
        self._images, self._vgg, self._size = dict(images), vgg, size
        self._subjects: dict[tuple[str, str], Subject] = {}
        self._distances: dict[str, dict[str, tuple[float, float]]] = {}

    def __getitem__(self, key: tuple[str, str]) -> Subject:
        """The picture of a name after one of TESTS; a KeyError before `prepare`."""
        name, test = key
        if key not in self._subjects and test in (SHUFFLED, TURNED_MAPS):
            self._subjects[key] = self[name, AS_IT_IS].tested(test)
        return self._subjects[key]

    def has(self, name: str, *, turn: bool = False) -> bool:
        """Whether the network has looked at a picture; with `turn`, after a quarter turn of it too."""
        tests = (AS_IT_IS, TURNED) if turn else (AS_IT_IS,)
        return all((name, test) in self._subjects for test in tests)

    def prepare(self, name: str, *, turn: bool = False) -> None:
        """Let the network look at a picture, and with `turn` at the turned one."""
        if name not in self._images:
            self._images[name] = painting(name, size=self._size)
        for side in (False, turn):
            if not self.has(name, turn=side):
                subject = look(self._images[name], self._vgg, self.layers, turn=side)
                self._subjects[name, subject.test] = subject

    def distances(self, name: str) -> dict[str, tuple[float, float]]:
        """E_l of A to the style of another picture, {layer: (relative, the paper's)}."""
        if name not in self._distances:
            a, style = self["A", AS_IT_IS], self[name, AS_IT_IS]
            self._distances[name] = {
                layer: (a.distance(style, layer, "relative"), a.distance(style, layer, "paper"))
                for layer in self.layers
            }
        return self._distances[name]
