"""What the compact backbone is asked to learn, and how the channels it starts from are weighed.

The training itself, with the pictures that go in, is `pretrain.py`.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from nstlib.losses import gram_matrix
from nstlib.vgg import VGG19

MEAN, STD = 0.45, 0.225
READERS = {"relu2_1": 0.5, "relu3_1": 0.7, "relu4_1": 1.0, "relu5_1": 1.0}
CONTRASTS = ("relu3_1", "relu4_1", "relu5_1")
DECODERS = {"relu3_1": 1, "relu4_2": 1, "relu5_1": 4}
"""Layers with a decoder, and how many times smaller than the crop their picture is."""


class GramReader(nn.Module):
    """Names the picture that a crop comes from by the Gram matrix of one layer's features.

    The features are projected to at most 48 channels first, which keeps their Gram matrix small.
    """

    def __init__(self, channels: int, pictures: int, *, size: int = 48, rank: int = 192):
        super().__init__()
        size = min(size, channels)
        self.project = nn.Conv2d(channels, size, 1, bias=False)
        numbers = size**2 + channels
        self.read = nn.Sequential(
            nn.LayerNorm(numbers), nn.Linear(numbers, rank), nn.Linear(rank, pictures)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Turn features (N, C, H, W) into logits (N, pictures)."""
        gram = gram_matrix(self.project(features)).flatten(1)
        # Second moments spread over orders of magnitude; their signed root does less so.
        gram = gram.sign() * (gram.abs() + 1e-4).sqrt()
        return self.read(torch.cat([gram, features.mean((2, 3))], dim=1))


def decoder(channels: int, scale: int) -> nn.Sequential:
    """Two convolutions from features (N, C, H, W) to a picture (N, 3, scale * H, scale * W)."""
    return nn.Sequential(
        nn.Conv2d(channels, 128, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(128, 3 * scale**2, 1),
        nn.PixelShuffle(scale),
    )


class Student(nn.Module):
    """The backbone, and the readers and decoders that are thrown away after training."""

    def __init__(self, width: float, pictures: int, *, seed: int = 0):
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
            readers = {name: GramReader(self._channels(name), pictures) for name in READERS}
            decoders = {
                name: decoder(self._channels(name), 2 ** (int(name[4]) - 1) // smaller)
                for name, smaller in DECODERS.items()
            }
        self.readers, self.decoders = nn.ModuleDict(readers), nn.ModuleDict(decoders)

    def _channels(self, layer: str) -> int:
        return self.vgg.get_submodule(layer.replace("relu", "conv")).out_channels

    def forward(self, seen: Tensor, clean: Tensor, label: Tensor) -> dict[str, Tensor]:
        """Losses by name for crops as the network sees them, and what to rebuild and to name.

        seen, clean: (2N, 3, H, W); label: (2N,), where i and i + N are crops of one picture.
        """
        features = self.vgg(seen, [*READERS, *DECODERS])
        losses = {}
        for layer, weight in READERS.items():
            logits = self.readers[layer](features[layer])
            losses[f"name/{layer}"] = weight * F.cross_entropy(logits, label, label_smoothing=0.05)
        for layer in CONTRASTS:
            contrast = gram_contrast(gram_matrix(features[layer]))
            losses[f"gram/{layer}"] = READERS[layer] * contrast
        target = (clean - MEAN) / STD
        for layer, smaller in DECODERS.items():
            rebuilt, wanted = self.decoders[layer](features[layer]), F.avg_pool2d(target, smaller)
            blocks = 4 // smaller
            coarse = F.l1_loss(F.avg_pool2d(rebuilt, blocks), F.avg_pool2d(wanted, blocks))
            losses[f"rebuild/{layer}"] = 3 * (F.mse_loss(rebuilt, wanted) + coarse)
        return losses


def gram_contrast(grams: Tensor, *, temperature: float = 0.07) -> Tensor:
    """How hard it is to find a crop's partner by its Gram matrix among all others of the batch.

    grams: (2N, C, C), where i and i + N belong together. Cosine similarity, cross-entropy of the
    partner; ln(2N - 1) when all look alike. After van den Oord et al. 2018, eq. 4.
    """
    flat = F.normalize(grams.flatten(1), dim=1)
    itself = torch.eye(len(flat), dtype=torch.bool, device=flat.device)
    similarity = (flat @ flat.T / temperature).masked_fill(itself, -math.inf)
    partner = torch.arange(len(flat), device=flat.device).roll(len(flat) // 2)
    return F.cross_entropy(similarity, partner)


def mean_activations(vgg: VGG19, images: Tensor) -> dict[str, Tensor]:
    """Mean of every channel after its ReLU over images (N, 3, H, W): {layer: (C,)}."""
    layers = [name for name in vgg.layers if name.startswith("relu")]
    total = dict.fromkeys(layers, 0.0)
    with torch.no_grad():
        for image in images.split(16):
            for name, features in vgg(image, layers).items():
                total[name] = total[name] + features.mean((2, 3)).sum(0)
    return {name: value / len(images) for name, value in total.items()}


def normalize_channels(vgg: VGG19, images: Tensor) -> None:
    """Scale every filter, in place, so that its mean activation over `images` is 1.

    The next layer's filters are scaled back, so that the network computes the same up to one factor
    for each channel, and Gram matrices weigh all channels and layers alike. Gatys et al. 2015 did
    the same (section 2). Channels that hardly ever fire are scaled less. images: (N, 3, H, W).
    """
    before = None
    for name, mean in mean_activations(vgg, images).items():
        convolution = vgg.get_submodule(name.replace("relu", "conv"))
        mean = mean.clamp_min(0.02 * mean.median())
        with torch.no_grad():
            if before is not None:
                convolution.weight *= before.view(1, -1, 1, 1)
            convolution.weight /= mean.view(-1, 1, 1, 1)
            convolution.bias /= mean
        before = mean


def revive(vgg: VGG19, images: Tensor, *, layer: str = "relu5_1", seed: int = 0) -> int:
    """Give new random filters, in place, to the channels that never fire; return their number.

    vgg has normalized channels; images: (N, 3, H, W). A channel without activations has no gradient
    and would stay dead. Only for the last layer, since nothing after it knows the channel.
    """
    dead = mean_activations(vgg, images)[layer] < 0.05
    convolution = vgg.get_submodule(layer.replace("relu", "conv"))
    rng = Generator().manual_seed(seed)
    filters = torch.randn(convolution.weight.shape, generator=rng)
    filters -= filters.mean((1, 2, 3), keepdim=True)
    filters *= math.sqrt(2 / filters[0].numel())
    with torch.no_grad():
        convolution.weight[dead] = filters.to(vgg.device)[dead]
        convolution.bias[dead] = 0.0
    return int(dead.sum())
