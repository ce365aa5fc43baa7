"""Deep art, taken apart in notebooks: neural style transfer after Gatys, Ecker and Bethge (2015).

A picture goes from `load_image` through `load_vgg19` to features, from features through `gram_matrix`
and the losses to a gradient on its pixels, and `transfer` follows that gradient step by step.
"""

from nstlib.hooks import tapped
from nstlib.images import load_image, load_mask, noise_like, photo, resize, save_image, to_pil
from nstlib.losses import content_loss, gram_matrix, style_loss, total_variation
from nstlib.masks import layer_mask
from nstlib.optimize import RunFailed, Step, minimize
from nstlib.optimizer import PixelAdam, PixelLBFGS
from nstlib.paintings import painting
from nstlib.progress import finish, watch
from nstlib.style_transfer import reconstruct_content, reconstruct_style, transfer
from nstlib.vgg import LAYERS, VGG19, load_vgg19, receptive_field

__version__ = "1.0.0"

__all__ = [
    "LAYERS",
    "VGG19",
    "PixelAdam",
    "PixelLBFGS",
    "RunFailed",
    "Step",
    "content_loss",
    "finish",
    "gram_matrix",
    "layer_mask",
    "load_image",
    "load_mask",
    "load_vgg19",
    "minimize",
    "noise_like",
    "painting",
    "photo",
    "receptive_field",
    "reconstruct_content",
    "reconstruct_style",
    "resize",
    "save_image",
    "style_loss",
    "tapped",
    "to_pil",
    "total_variation",
    "transfer",
    "watch",
]
