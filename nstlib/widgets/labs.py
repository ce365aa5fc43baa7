"""Two labs: what the features of a layer keep of a picture, and what their Gram matrices keep."""

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from nstlib.backbone.evaluate import psnr, ssim
from nstlib.optimize import Step
from nstlib.recipes import STYLE_LAYERS, reconstruct_content, reconstruct_style
from nstlib.vgg import VGG19, load_vgg19
from nstlib.widgets.app import App
from nstlib.widgets.lab import Experiment, Lab
from nstlib.widgets.maps import fitted


def content_lab(image: Tensor, *, vgg: VGG19 | None = None, size: int = 192) -> App:
    """An app: make a picture from the features of some layers, and see what they have kept.

    image: (1, 3, H, W) in [0, 1], shrunk to a longer side of `size` pixels. vgg: by default
    `load_vgg19()`. The upper half of Figure 1 of Gatys et al. 2015 is one button.
    Raises ValueError for a bad image or size.
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
    """An app: make a picture from the Gram matrices of some layers, and see what they have kept.

    image, vgg, size: as for `content_lab`. The lower half of Figure 1 is one button.
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
