"""Brightness and color taken apart, so that a painted photo may keep its own colors."""

from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # how bright red, green and blue look: the Y of YIQ


def luminance(image: Tensor) -> Tensor:
    """Y of an image: (1, 3, H, W) -> (1, 1, H, W)."""
    return (image * image.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def with_colors_of(painted: Tensor, photo: Tensor) -> Tensor:
    """The luminance Y of `painted` with the color, I and Q, of `photo`.

    Both (1, 3, H, W), of one size, and so is what is returned. It is not clamped to [0, 1].
    Gatys et al. 2016, section 3.2. I and Q are differences of colors: adding the same number to red,
    green and blue changes Y by that number and leaves I and Q alone.
    """
    return photo + luminance(painted) - luminance(photo)
