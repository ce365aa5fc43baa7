"""Style transfer as the common tutorials write it: what `bench` measures everything else against.

Contiguous float32, one scale, a plain loop over the layers, and torch's L-BFGS as it comes (a history
of 100, twenty closures a step). The losses are those of `transfer` in the convention "relative",
written out once more, so that both minimize the same number.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from nstlib.images import photo, resize
from nstlib.paintings import painting
from nstlib.style_transfer import CONTENT_LAYERS, STYLE_LAYERS
from nstlib.vgg import VGG19

STYLE_WEIGHT = 10.0


def baseline(vgg: VGG19, content: Tensor, style: Tensor) -> tuple[Tensor, Callable[[], Tensor]]:
    """Return the picture of a run, and the closure that torch's L-BFGS asks for.

    Args:
        vgg: The network, laid out contiguously.
        content, style: (1, 3, H, W) in [0, 1].

    Returns:
        The picture, at first a copy of `content`, and a function that returns its loss and leaves the
        gradient in its `grad`.
    """
    (content_layer,) = CONTENT_LAYERS
    layers = list(vgg.named_children())[: vgg.layers.index(STYLE_LAYERS[-1]) + 1]

    def features_of(image: Tensor) -> dict[str, Tensor]:
        features, x = {}, (image - vgg.mean) / vgg.std
        for name, layer in layers:
            x = layer(x)
            if name == content_layer or name in STYLE_LAYERS:
                features[name] = x
        return features

    with torch.no_grad():
        target = features_of(content)[content_layer]
        style_features = features_of(style)
        grams = {name: gram(style_features[name]) for name in STYLE_LAYERS}
    image = content.clone().requires_grad_()

    def closure() -> Tensor:
        image.grad = None
        features = features_of(image)
        loss = F.mse_loss(features[content_layer], target) / target.pow(2).mean()
        for name, aim in grams.items():
            style_loss = F.mse_loss(gram(features[name]), aim) / aim.pow(2).mean()
            loss = loss + STYLE_WEIGHT / len(grams) * style_loss
        loss.backward()
        return loss

    return image, closure


def gram(features: Tensor) -> Tensor:
    """Return the Gram matrix (C, C) of features (1, C, H, W), divided by H * W."""
    flat = features.reshape(features.shape[1], -1)
    return torch.mm(flat, flat.t()) / flat.shape[1]


def pictures(size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the content and the style of every measurement: a photo and a painting, size x size."""
    originals = photo("astronaut"), painting("night", size=512)
    content, style = (resize(picture, (size, size)).to(device) for picture in originals)
    return content, style
