"""VGG-19 with the paper's layer names, and its features by forward hooks.

Simonyan and Zisserman 2014, configuration E: the convolutional part of torchvision's `vgg19`, whose
weights fit, with the choices that matter for style transfer. It is built here and not by torchvision,
which takes longer to import than a small picture takes to paint.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from importlib import resources
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from nstlib.hooks import tapped
from nstlib.weights import fetch_imagenet, read_weights

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
PRECISIONS = ("float32", "tf32", "bfloat16", "auto")


# Configuration E: in each block so many convolutions of so many channels, then a pooling.
BLOCKS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))


def _layer_names() -> Iterator[str]:
    for block, (convolutions, _) in enumerate(BLOCKS, 1):
        for number in range(1, convolutions + 1):
            yield f"conv{block}_{number}"
            yield f"relu{block}_{number}"
        yield f"pool{block}"


LAYERS: tuple[str, ...] = tuple(_layer_names())
"""All 37 in order: `conv4_2` is a convolution's output, `relu4_2` the same after the ReLU."""


class VGG19(nn.Module):
    """VGG-19 with the paper's layer names: image in, features of named layers out.

    The weights are frozen: gradients flow through them to the image and to nothing else. Every layer is
    an attribute of its name: `vgg.conv1_1.weight` is (64 * width, 3, 3, 3).

    Args:
        width: 1 has the published number of channels (64 to 512); 0.25 has a quarter of each.
        pooling: "avg" gives smoother pictures (Gatys et al. 2015, section 2); "max" is the original.
        padding: What every convolution finds beyond the border. "zeros" is the original, and shows as a
            frame in whatever is optimized; "replicate" repeats the outermost values instead.
        mean, std: The pixels become (image - mean) / std, channel by channel.
        last_layer: Where the network ends.

    Attributes:
        precision: What the layers compute in, torch.float32 or torch.bfloat16; weights and features are
            float32 either way.
        tile: The largest side of a picture that `transfer` sends through in one piece; None for any.
    """

    def __init__(
        self,
        *,
        width: float = 1.0,
        pooling: Literal["avg", "max"] = "avg",
        padding: Literal["replicate", "zeros"] = "replicate",
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        last_layer: str = "pool5",
    ):
        super().__init__()
        if pooling not in ("avg", "max"):
            raise ValueError(f'pooling is "avg" or "max", not {pooling!r}.')
        if padding not in ("replicate", "zeros"):
            raise ValueError(f'padding is "replicate" or "zeros", not {padding!r}.')
        base = round(64 * width)
        if base < 1:
            raise ValueError(f"width is a fraction of VGG-19's channels such as 0.25, not {width}.")

        if last_layer not in LAYERS:
            raise ValueError(_no_such_layer(last_layer, LAYERS))

        before = 3
        for name in LAYERS[: LAYERS.index(last_layer) + 1]:
            if name.startswith("conv"):
                channels = BLOCKS[int(name[4]) - 1][1] // 64 * base
                layer = nn.Conv2d(before, channels, 3, padding=1, padding_mode=padding)
                before = channels
            elif name.startswith("relu"):
                # Not in place, as torchvision's: that overwrites what a hook on the convolution kept.
                layer = nn.ReLU()
            else:
                layer = nn.AvgPool2d(2) if pooling == "avg" else nn.MaxPool2d(2)
            self.add_module(name, layer)
        # Not persistent: a weights file holds convolutions alone. An explicit device, because
        # `load_vgg19` builds the network on the meta device, where a tensor has no values.
        for name, values in (("mean", mean), ("std", std)):
            values = torch.tensor(values, dtype=torch.float32, device="cpu").view(1, 3, 1, 1)
            self.register_buffer(name, values, persistent=False)
        self.precision = torch.float32
        self.tile: int | None = None
        self.requires_grad_(False).eval()

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of this network's layers, in order."""
        return tuple(name for name, _ in self.named_children())

    @property
    def where(self) -> str:
        """In words what computes, in which precision, and where, such as "float32 on cpu"."""
        half = self.precision == torch.bfloat16
        tf32 = self.device.type == "cuda" and torch.backends.cudnn.allow_tf32
        return f"{'bfloat16' if half else 'tf32' if tf32 else 'float32'} on {self.device}"

    @property
    def device(self) -> torch.device:
        """Where the network is, and where an image has to be."""
        return self.mean.device

    def forward(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the features of an image at the named layers.

        The pass stops after the deepest of them.

        Args:
            image: (B, 3, H, W), RGB in [0, 1].
            layers: Names from `layers`.

        Returns:
            {layer: (B, C, H', W')} in the order asked for; H' and W' halve at every pooling.

        Raises:
            ValueError: For an unknown layer or none, and for an image of a wrong shape, type or device.
        """
        layers = checked_layers(layers, self.layers)
        self._check_image(image, max(layers, key=self.layers.index))
        x = (image - self.mean) / self.std
        if self.device.type in ("cpu", "cuda"):
            # Channels beside each other in memory, as the weights are: 5 to 30 % faster on a CPU.
            x = x.contiguous(memory_format=torch.channels_last)
        half = self.precision != torch.float32
        with (
            torch.autocast(self.device.type, self.precision) if half else nullcontext(),
            tapped(self, layers) as features,
        ):
            for layer in self.children():
                x = layer(x)
        return {name: features[name].to(image.dtype) for name in layers}

    def _check_image(self, image: Tensor, deepest: str) -> None:
        if not isinstance(image, Tensor):
            raise ValueError(f"An image is a tensor (1, 3, H, W), not {type(image).__name__}.")
        if image.ndim != 4 or image.shape[1] != 3:
            raise ValueError(f"An image has shape (1, 3, H, W), not {tuple(image.shape)}.")
        if image.dtype != self.mean.dtype:
            raise ValueError(
                f"The image is {image.dtype} and the network {self.mean.dtype}: pixels are floats "
                "in [0, 1], as from image.float() (after a division by 255 if they were bytes)."
            )
        if image.device != self.device:
            raise ValueError(
                f"The image is on {image.device} and the network on {self.device}: "
                "write vgg(image.to(vgg.device), …)."
            )
        _, stride = receptive_field(deepest)
        if min(image.shape[2:]) < stride:
            height, width = image.shape[2:]
            raise ValueError(
                f"The image is {width} x {height} pixels, and {deepest} needs at least {stride} "
                "on either side: take a larger image or a lower layer."
            )


def load_vgg19(
    weights: str | Path = "compact",
    *,
    pooling: Literal["avg", "max"] = "avg",
    padding: Literal["replicate", "zeros"] | None = None,
    width: float | None = None,
    seed: int = 0,
    device: str | torch.device | None = None,
    precision: Literal["float32", "tf32", "bfloat16", "auto"] = "float32",
    tile: int | None = None,
) -> VGG19:
    """Load VGG-19 with weights, frozen and ready.

    Args:
        weights: One of

            * "compact": the bundled network of a quarter of the width, up to relu5_1; no download.
            * "imagenet": torchvision's, trained on ImageNet; the first use downloads 548 MB, keeps 80.
            * "random": Kaiming-normal, the same for the same `seed`.
            * a path: a .safetensors file, or a .pth of torchvision's vgg19. Names are `conv1_1.weight`
              or torchvision's `features.0.weight`; width and depth follow from the tensors. Pixels are
              normalized as on ImageNet unless the safetensors metadata say otherwise, with "input" such
              as "(x - 0.45) / 0.225".

        pooling: As in `VGG19`.
        padding: As in `VGG19`. None is what the network was trained with: "zeros" for ImageNet's, and
            for a file what its metadata say under "padding", "zeros" if they say nothing.
        width: Of random weights, 0.25 if None; all others have the width of their file.
        seed: Of random weights.
        device: None is CUDA where there is one, and the CPU elsewhere.
        precision: What the layers compute in. "float32" means it: on CUDA it switches TF32 off for this
            process, which cuDNN would use otherwise; "tf32" leaves it on. "bfloat16" halves the memory,
            and is faster where the device has it; "auto" takes it there alone. In 12 pairs of
            pictures bfloat16 ended at 0.94 to 1.05 times the loss of float32 (median 1.00), 1.2 times
            as fast, and the pictures differed as those of two float32 runs from different starts do.
        tile: The largest side of a picture that `transfer` sends through in one piece; larger ones go
            through in tiles, in less memory and more time, with the same result. None: as memory allows.

    Raises:
        ValueError: For a file that is no VGG-19, and for an argument out of range.
        OSError: For a file that cannot be read or fetched.
    """
    if width is not None and weights != "random":
        raise ValueError('width is for weights="random": all others have the width of their file.')
    if tile is not None and tile < 16:
        raise ValueError(f"tile must be at least 16 pixels, not {tile}.")
    device = _checked_device(default_device() if device is None else device)
    dtype = _dtype_of(precision, device)
    state, metadata = _weights_of(weights, 0.25 if width is None else width, seed)
    source = f"Weights {str(weights)!r}"
    if getattr(state.get("conv1_1.weight"), "ndim", 0) != 4:
        raise ValueError(f"{source} are not of VGG-19: there is no filter bank conv1_1.weight.")
    last = [name for name in LAYERS if f"{name}.weight" in state][-1]
    mean, std = _normalization(metadata)
    # On the meta device tensors have no memory: nothing is initialized only to be overwritten, and
    # the global random numbers stay as they are.
    with torch.device("meta"):
        vgg = VGG19(
            width=state["conv1_1.weight"].shape[0] / 64,
            pooling=pooling,
            padding=metadata.get("padding", "zeros") if padding is None else padding,
            mean=mean,
            std=std,
            last_layer="pool5" if last == "conv5_4" else last.replace("conv", "relu"),
        )
    _check_shapes(state, vgg.state_dict(), source)
    # The copy lets go of the file, of which the tensors may still be a view.
    state = {
        key: value.detach().to(device, torch.float32, copy=True) for key, value in state.items()
    }
    vgg.load_state_dict(state, assign=True)
    vgg.precision, vgg.tile = dtype, tile
    in_one = device.type in (
        "cpu",
        "cuda",
    )  # Apple's GPU has crashed on channels_last, pytorch#140902
    return vgg.to(device, memory_format=torch.channels_last) if in_one else vgg.to(device)


def _weights_of(
    weights: str | Path, width: float, seed: int
) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """The tensors under the paper's names, and the metadata of their file."""
    if weights == "random":
        return _random_weights(width, seed), {"padding": "replicate"}
    if weights == "compact":
        with resources.as_file(resources.files("nstlib") / "data/compact.safetensors") as path:
            state, metadata = read_weights(path)
    else:
        state, metadata = read_weights(fetch_imagenet() if weights == "imagenet" else weights)
    return _with_paper_names(state), metadata


def has_bfloat16(device: str | torch.device) -> bool:
    """Return whether the device computes in bfloat16, where others would imitate it, slowly."""
    device = torch.device(device)
    if device.type == "cuda":
        with torch.cuda.device(device):
            return torch.cuda.is_bf16_supported(including_emulation=False)
    # An older torch does not tell: it says no, and float32 is right everywhere.
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return device.type == "cpu" and any(capabilities.get(k) for k in ("avx512_bf16", "amx_bf16"))


def _dtype_of(precision: str, device: torch.device) -> torch.dtype:
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}.")
    if precision == "auto":
        precision = "bfloat16" if has_bfloat16(device) else "float32"
    if precision == "bfloat16" and device.type == "cuda" and not has_bfloat16(device):
        raise ValueError(f"{device} does not compute in bfloat16: take float32, or leave it out.")
    if device.type == "cuda" and precision != "bfloat16":
        # For the whole process, because the way back through the network runs long after this.
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def receptive_field(layer: str) -> tuple[int, int]:
    """Return the side of the square of pixels that one feature sees, and the step between two."""
    (layer,) = checked_layers([layer])
    size, stride = 1, 1
    for name in LAYERS[: LAYERS.index(layer) + 1]:
        if name.startswith("conv"):
            size += 2 * stride
        elif name.startswith("pool"):
            size, stride = size + stride, 2 * stride
    return size, stride


def default_device() -> torch.device:
    """Return CUDA where there is one, and the CPU elsewhere."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _checked_device(device: str | torch.device) -> torch.device:
    try:
        return torch.empty(0, device=device).device
    # A name that torch does not know, a build without CUDA, a machine without such a device.
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            f"The device {str(device)!r} cannot be used here: take cpu, or leave it out."
        ) from error


def checked_layers(layers: Iterable[str], known: Sequence[str] = LAYERS) -> list[str]:
    """Return names of layers, each once, in the order given; ValueError for none and unknown ones."""
    if isinstance(layers, str):
        raise ValueError(f'layers is a list of names: write ["{layers}"] with the brackets.')
    layers = list(dict.fromkeys(layers))
    if not layers:
        raise ValueError('Name at least one layer, such as ["relu4_2"].')
    for layer in layers:
        if layer not in known:
            raise ValueError(_no_such_layer(layer, known))
    return layers


def _no_such_layer(layer: str, known: Sequence[str]) -> str:
    nearest = ", ".join(difflib.get_close_matches(str(layer), known, n=3, cutoff=0))
    if layer in LAYERS:
        return f"This network ends at {known[-1]} and has no {layer}; the nearest are {nearest}."
    return f"There is no layer {layer!r}; the nearest names are {nearest}."


def _random_weights(width: float, seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):
        empty = VGG19(width=width).state_dict()
    state = {key: torch.zeros(value.shape, device="cpu") for key, value in empty.items()}
    for key, value in state.items():
        if key.endswith(".weight"):
            nn.init.kaiming_normal_(value, nonlinearity="relu", generator=generator)
    return state


def _with_paper_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename torchvision's `features.0.weight` to `conv1_1.weight` and drop its classifier."""
    names = {f"features.{index}": name for index, name in enumerate(LAYERS)}
    split = {key: key.rpartition(".") for key in state if not key.startswith("classifier.")}
    return {
        f"{names.get(layer, layer)}.{kind}": state[key] for key, (layer, _, kind) in split.items()
    }


def _check_shapes(state: Mapping[str, Tensor], expected: Mapping[str, Tensor], source: str) -> None:
    for key in [*expected, *state]:
        if key not in state:
            raise ValueError(f"{source} are not of VGG-19: {key} is missing.")
        if key not in expected:
            raise ValueError(f"{source} are not of VGG-19: {key} does not belong to it.")
        if state[key].shape != expected[key].shape:
            found, right = tuple(state[key].shape), tuple(expected[key].shape)
            raise ValueError(f"{source} are not of VGG-19: {key} has shape {found}, not {right}.")


def _normalization(metadata: Mapping[str, str]) -> tuple[Sequence[float], Sequence[float]]:
    if "input" not in metadata:
        return IMAGENET_MEAN, IMAGENET_STD
    match = re.fullmatch(r"\(x - ([\d.]+)\) / ([\d.]+)", metadata["input"])
    if match is None:
        raise ValueError(f'Metadata "input" is like "(x - 0.45) / 0.225", not {metadata["input"]}.')
    return [float(match[1])] * 3, [float(match[2])] * 3
