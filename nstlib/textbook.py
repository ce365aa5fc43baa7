"""Style transfer as the common tutorials write it: what `bench` measures everything else against.

Contiguous float32, one scale, torch's L-BFGS as it comes (a history of 100, twenty closures a step), a
plain loop over the layers. The losses are those of the recipes in the convention "relative", written
out once more, so that both minimize the same number.
"""

import copy
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from nstlib.images import photo, resize
from nstlib.paintings import painting
from nstlib.recipes import CONTENT_LAYERS, STYLE_LAYERS
from nstlib.vgg import VGG19

STYLE_WEIGHT = 10.0


class Textbook:
    """One run: `closure()` leaves the gradient in `image.grad`, `optimizer` moves the image by it."""

    def __init__(
        self,
        layers: Sequence[tuple[str, nn.Module]],
        normalize: Callable[[Tensor], Tensor],
        content: Tensor,
        style: Tensor,
        *,
        content_layer: str,
        style_layers: Sequence[str],
        style_weight: float,
    ):
        self.layers, self.normalize = layers, normalize
        self.style_layers, self.style_weight = style_layers, style_weight
        self.content_layer = content_layer
        with torch.no_grad():
            self.target = self.features(content)[content_layer]
            features = self.features(style)
            self.grams = {name: gram(features[name]) for name in style_layers}
        self.image = content.clone().contiguous().requires_grad_()
        self.optimizer = torch.optim.LBFGS([self.image])

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """{layer: (1, C, H, W)} of every layer that a loss looks at."""
        found, x = {}, self.normalize(image)
        for name, layer in self.layers:
            x = layer(x)
            if name == self.content_layer or name in self.style_layers:
                found[name] = x
        return found

    def closure(self) -> Tensor:
        """The loss of the image as it is, with its gradient in `image.grad`."""
        self.optimizer.zero_grad()
        features = self.features(self.image)
        loss = F.mse_loss(features[self.content_layer], self.target) / self.target.pow(2).mean()
        for name in self.style_layers:
            target = self.grams[name]
            style_loss = F.mse_loss(gram(features[name]), target) / target.pow(2).mean()
            loss = loss + self.style_weight / len(self.style_layers) * style_loss
        loss.backward()
        return loss

    def curve(self, closures: int) -> list[tuple[float, float]]:
        """(seconds since the start, loss) of each of so many closures."""
        begin, points = time.perf_counter(), []

        def closure() -> Tensor:
            loss = self.closure()
            points.append((time.perf_counter() - begin, loss.item()))
            return loss

        while len(points) < closures:
            self.optimizer.step(closure)
        return points[:closures]


def gram(features: Tensor) -> Tensor:
    """(1, C, H, W) -> (C, C), divided by H * W."""
    flat = features.reshape(features.shape[1], -1)
    return torch.mm(flat, flat.t()) / flat.shape[1]


def textbook_of(vgg: VGG19, content: Tensor, style: Tensor) -> Textbook:
    """The textbook's run on a network of ours, laid out in memory as the tutorials have it."""
    plain = copy.deepcopy(vgg).to(memory_format=torch.contiguous_format)
    layers = list(plain.named_children())[: plain.layers.index(STYLE_LAYERS[-1]) + 1]
    return Textbook(
        layers,
        lambda image: (image - plain.mean) / plain.std,
        content,
        style,
        content_layer=CONTENT_LAYERS[0],
        style_layers=STYLE_LAYERS,
        style_weight=STYLE_WEIGHT,
    )


def pictures(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """What is painted, and how: a photo and a painting, size x size."""
    return (
        resize(photo("astronaut"), (size, size)).to(device),
        resize(painting("night", size=512), (size, size)).to(device),
    )
