"""What the compact backbone is asked to learn. The training, with its pictures, is `pretrain.py`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nstlib.vgg import VGG19
from nstlib.wavelets import build, wavelet_maps

MEAN, STD = 0.45, 0.225
DECODERS = {"relu3_1": 1, "relu4_2": 1, "relu5_1": 4}
"""Layers with a decoder, and how many times smaller than the crop their picture is."""


def decoder(channels: int, scale: int) -> nn.Sequential:
    """Two convolutions from features (N, C, H, W) to a picture (N, 3, scale * H, scale * W)."""
    return nn.Sequential(
        nn.Conv2d(channels, 128, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(128, 3 * scale**2, 1),
        nn.PixelShuffle(scale),
    )


class Student(nn.Module):
    """The backbone, and the decoders that are thrown away after training.

    width: of VGG-19's channels, 0.25 or more, since the wavelets need 16 channels in the first layer.
    """

    def __init__(self, width: float, *, seed: int = 0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.vgg = VGG19(width=width, mean=[MEAN] * 3, std=[STD] * 3, last_layer="relu5_1")
            self.vgg.requires_grad_(True)
            for name, value in self.vgg.named_parameters():
                if name.endswith("weight"):
                    nn.init.kaiming_normal_(value)
                else:
                    nn.init.zeros_(value)
            decoders = {
                name: decoder(self._channels(name), 2 ** (int(name[4]) - 1) // smaller)
                for name, smaller in DECODERS.items()
            }
        build(self.vgg)
        self.decoders = nn.ModuleDict(decoders)

    def _channels(self, layer: str) -> int:
        return self.vgg.get_submodule(layer.replace("relu", "conv")).out_channels

    def forward(self, seen: Tensor, clean: Tensor) -> dict[str, Tensor]:
        """Losses by name, for crops as the network sees them and as they were before the noise.

        seen, clean: (N, 3, H, W).
        """
        wanted = wavelet_maps((seen - MEAN) / STD)
        features = self.vgg(seen, [*wanted, *DECODERS])
        losses = {}
        for layer, maps in wanted.items():
            losses[f"wavelets/{layer}"] = imitation(features[layer], maps)
        target = (clean - MEAN) / STD
        for layer, smaller in DECODERS.items():
            rebuilt, wish = self.decoders[layer](features[layer]), F.avg_pool2d(target, smaller)
            blocks = 4 // smaller
            coarse = F.l1_loss(F.avg_pool2d(rebuilt, blocks), F.avg_pool2d(wish, blocks))
            losses[f"rebuild/{layer}"] = F.mse_loss(rebuilt, wish) + coarse
        return losses


def imitation(features: Tensor, maps: Tensor) -> Tensor:
    """How far the first channels of features (N, C, H, W) are from maps (N, c, H, W), c <= C.

    The squared difference of each channel in units of the map's variance over the batch, in the
    mean: 0 for equal ones, about 1 for features that know only the mean.
    """
    apart = (features[:, : maps.shape[1]] - maps).square().mean((0, 2, 3))
    # A channel that is silent in this batch must not be divided by nothing.
    return (apart / (maps.var((0, 2, 3)) + 0.02)).mean()
