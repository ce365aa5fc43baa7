"""Two labs: what features keep of a picture, and what their Gram matrices keep of it."""

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from nstlib.backbone.evaluate import psnr, ssim
from nstlib.optimize import Step
from nstlib.style_transfer import STYLE_LAYERS, reconstruct_content, reconstruct_style
from nstlib.vgg import VGG19, load_vgg19
from nstlib.widgets.app import App
from nstlib.widgets.labs.lab import Experiment, Lab
from nstlib.widgets.maps import fitted


def content_lab(image: Tensor, *, vgg: VGG19 | None = None, size: int = 192) -> App:
    """Make an app that rebuilds a picture from the features of some layers, to see what they keep.

    One button makes the upper half of Figure 1 of Gatys et al. 2015.

    Args:
        image: (1, 3, H, W) in [0, 1].
        vgg: The network; None is `load_vgg19()`.
        size: The image is shrunk to this longer side in pixels.

    Raises:
        ValueError: For a bad image or size, and for a network that has none of the layers.
    """
    image, vgg = fitted(image, size), load_vgg19() if vgg is None else vgg
    alone = _known(STYLE_LAYERS, vgg)

    def measures(step: Step) -> dict[str, str]:
        return {
            "PSNR": f"{psnr(step.image, image):.1f} dB",
            "SSIM": f"{ssim(step.image, image):.2f}",
        }

    experiment = Experiment(
        name="content-lab",
        layers=_known((*STYLE_LAYERS[:4], "relu4_2", STYLE_LAYERS[4]), vgg),
        ticked=("relu4_2",) if "relu4_2" in vgg.layers else alone[-1:],
        starts=(("noise", "noise"), ("gray", "gray"), ("the picture, blurred", "blurred")),
        series=tuple((layer,) for layer in alone),
        about_series="Each layer alone, from shallow to deep: the upper half of the paper's Figure 1",
        recipe=partial(reconstruct_content, image, vgg=vgg),
        measures=measures,
        about_losses="Distance of the features, on a log scale up to 1",
    )
    return Lab(image, experiment)


def style_lab(image: Tensor, *, vgg: VGG19 | None = None, size: int = 192) -> App:
    """Make an app that builds a picture from the Gram matrices of some layers, to see what they keep.

    One button makes the lower half of Figure 1 of Gatys et al. 2015.

    Args:
        image, vgg, size: As in `content_lab`.

    Raises:
        ValueError: As in `content_lab`.
    """
    image, vgg = fitted(image, size), load_vgg19() if vgg is None else vgg
    layers = _known(STYLE_LAYERS, vgg)
    experiment = Experiment(
        name="style-lab",
        layers=layers,
        ticked=layers,
        starts=(("noise", "noise"), ("gray", "gray")),
        series=tuple(layers[: depth + 1] for depth in range(len(layers))),
        about_series="One layer, two, up to all: the lower half of the paper's Figure 1",
        recipe=partial(reconstruct_style, image, vgg=vgg),
        measures=lambda step: {"loss": f"{step.losses['total']:.2g}"},
        about_losses="E of each layer, on a log scale up to 1",
    )
    return Lab(image, experiment)


def _known(layers: Sequence[str], vgg: VGG19) -> tuple[str, ...]:
    known = tuple(layer for layer in layers if layer in vgg.layers)
    if not known:
        raise ValueError(f"This network ends at {vgg.layers[-1]}, before the first layer to try.")
    return known
