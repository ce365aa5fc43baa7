"""Masks: where each style is painted, and how a region of the pixels reaches the layers.

A mask is a tensor (1, 1, H, W) from 0 to 1. `load_mask` in `images.py` reads one from a file, and
`gram_matrix` in `losses.py` takes the Gram matrix of a region.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from nstlib.vgg import receptive_field


def layer_mask(mask: Tensor, layer: str) -> Tensor:
    """Carry a mask of the pixels down to a layer, by the poolings that lie before it.

    A position of the layer stands for a square cell of pixels (its stride, in `receptive_field`), and
    gets the mean of the mask over that cell: the fraction of it that is in the region. The mean is taken
    where the network pools by maxima too, or a region would grow with depth.

    Args:
        mask: (1, 1, H, W) in [0, 1], or of bools.
        layer: Such as "relu4_1".

    Returns:
        (1, 1, H', W') in [0, 1], as high and wide as the features of the layer.

    Raises:
        ValueError: For an unknown layer, and for a mask that is smaller than one of its positions.
    """
    _, stride = receptive_field(layer)
    height, width = mask.shape[2:]
    if min(height, width) < stride:
        raise ValueError(
            f"The mask has {width} x {height} pixels, and {layer} needs at least {stride} on either "
            "side: take a larger picture or a lower layer."
        )
    # Poolings of 2 x 2 one after the other are one pooling of their product.
    return avg_pool2d(mask if mask.is_floating_point() else mask.float(), stride)


def _checked(mask: object, what: str, size: tuple[int, int]) -> Tensor:
    """A mask as floats; a ValueError unless it is (1, 1, *size), from 0 to 1, and not 0 everywhere."""
    if not isinstance(mask, Tensor) or mask.ndim != 4 or mask.shape[:2] != (1, 1):
        shape = tuple(mask.shape) if hasattr(mask, "shape") else type(mask).__name__
        tensor = isinstance(mask, Tensor) and mask.ndim in (2, 3)
        hint = f"write mask[{', '.join(['None'] * (4 - mask.ndim))}]" if tensor else ""
        raise ValueError(
            f"{what} must be a tensor of shape {(1, 1, *size)}, not {shape}; "
            f"{hint or 'load_mask gives one'}."
        )
    if tuple(mask.shape[2:]) != size:
        raise ValueError(
            f"{what} has {mask.shape[3]} x {mask.shape[2]} pixels and its picture {size[1]} x "
            f"{size[0]}; resize(mask, {size}) makes it fit."
        )
    mask = mask.detach().float()
    if not mask.isfinite().all():
        raise ValueError(f"{what} has NaN or infinite values; give numbers from 0 to 1.")
    low, high = mask.min().item(), mask.max().item()
    if low < 0 or high > 1:
        raise ValueError(f"{what} goes from {low:.4g} to {high:.4g}; scale or clip it to [0, 1].")
    if not high:
        raise ValueError(f"{what} is 0 everywhere; give it a region above 0.")
    return mask


def one_each(
    masks: Tensor | Sequence[Tensor | None], pictures: Sequence[Tensor], what: str, none: str
) -> list[Tensor | None]:
    """Return one mask for each picture, each of them checked and on the device of its picture.

    Args:
        masks: One or several; None stays None.
        pictures: (1, 3, H, W), one for each style.
        what: How an error calls a mask.
        none: What an error says that None stands for.

    Raises:
        ValueError: For another number of masks than of pictures, and for a mask that is no good.
    """
    masks = [masks] if isinstance(masks, Tensor) else list(masks)
    if len(masks) != len(pictures):
        raise ValueError(
            f"The number of {what}s ({len(masks)}) must be that of the styles ({len(pictures)}): give "
            f"one for each style, or None for {none}."
        )
    return [
        _checked(mask, f"The {what} of style {number}", tuple(picture.shape[2:])).to(picture)
        if mask is not None
        else None
        for number, (mask, picture) in enumerate(zip(masks, pictures, strict=True), 1)
    ]


def sharing(masks: Tensor | Sequence[Tensor | None], content: Tensor, count: int) -> list[Tensor]:
    """Return a mask for each style, where None has become what the others leave.

    Args:
        masks: One for each style; at most one is None.
        content: The picture on which the styles share the room.
        count: How many styles there are.

    Raises:
        ValueError: For masks that are no good, that overlap, or that leave nothing for None.
    """
    masks = one_each(masks, [content] * count, "mask", "what the other masks leave")
    given = [mask for mask in masks if mask is not None]
    if len(masks) - len(given) > 1:
        raise ValueError("Only one of the masks can be None, for what the others leave.")
    covered = sum(given, torch.zeros_like(content[:, :1]))
    # Three masks that divide a picture add up to as much as 1.09 once they have been resized: the filter
    # overshoots at their edges, and what is below 0 is cut off.
    if twice := int((covered > 1.1).sum()):
        raise ValueError(
            f"The masks overlap in {twice} pixels: at each pixel they may add up to at most 1."
        )
    left = (1 - covered).clamp(0, 1)
    if len(given) < len(masks) and not left.any():
        raise ValueError("The other masks cover the whole picture and leave nothing for None.")
    return [left if mask is None else mask / covered.clamp_min(1) for mask in masks]


def check_large_enough(
    masks: Sequence[Tensor | None], layers: Iterable[str], what: str = "mask"
) -> None:
    """Refuse a region that is smaller than one position of a layer.

    Args:
        masks: Those of the styles, at the size at which they count; None is no region.
        layers: Names of layers.
        what: How the error calls a mask.

    Raises:
        ValueError: For the first that is too small.
    """
    for number, mask in enumerate(masks, 1):
        for layer in sorted(set(layers), key=receptive_field):
            if not fills(mask, layer):
                cell = receptive_field(layer)[1] ** 2
                seen = cell * layer_mask(mask, layer).sum().item()
                raise ValueError(
                    f"The {what} of style {number} covers {mask.sum().item():.0f} pixels, of which "
                    f"{layer} sees {seen:.0f}, and one of its positions stands for {cell}: make the "
                    f"region or the picture larger, or leave {layer} out of the style layers."
                )


def fills(mask: Tensor | None, layer: str) -> bool:
    """Return whether a region is at least as large as one position of a layer, up to rounding."""
    return mask is None or layer_mask(mask, layer).sum().item() > 0.99
