"""The training of the compact backbone: its deep layers learn to predict what a teacher sees.

No label and no photo collection of our own: the pictures are canvases and paintings that programs drew,
and a few sample photos. What the network knows of shapes it learns from the teacher, which has seen
ImageNet.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from nstlib.backbone.crops import noisy, random_crops
from nstlib.backbone.wavelets import build
from nstlib.vgg import VGG19

MEAN, STD = 0.45, 0.225
"""The backbone sees (image - MEAN) / STD, the same for all three colors."""
LEARNING_RATE = 8e-4
REVIVE_EVERY = 200
"""Steps between two looks for silent channels, in the first three quarters of a training."""


class Student(nn.Module):
    """The backbone, with one 1 x 1 convolution for each layer that is taught.

    The backbone begins as the wavelets of `wavelets.build`. The convolutions translate its channels into
    the teacher's, and are thrown away after the training.

    Args:
        width: Of VGG-19's channels; 0.25 or more, since the wavelets need 16 in the first layer.
        channels: {layer: how many channels the teacher has for it}.
        seed: Of the weights.
    """

    def __init__(self, width: float, channels: Mapping[str, int], *, seed: int = 0):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.vgg = VGG19(width=width, mean=[MEAN] * 3, std=[STD] * 3, last_layer="relu5_1")
            for name, value in self.vgg.named_parameters():
                if name.endswith("weight"):
                    nn.init.kaiming_normal_(value)
                else:
                    nn.init.zeros_(value)
            build(self.vgg)
            heads = {
                layer: nn.Conv2d(self.vgg.get_submodule(_convolution(layer)).out_channels, count, 1)
                for layer, count in channels.items()
            }
        self.vgg.requires_grad_(True)
        self.heads = nn.ModuleDict(heads)

    def forward(self, given: Tensor, told: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return how far each layer is from what the teacher says.

        Args:
            given: Crops, (N, 3, H, W) in [0, 1].
            told: {layer: (N, C, H', W')} from the teacher.

        Returns:
            {layer: its `teaching_loss`}.
        """
        features, losses = self.vgg(given, list(told)), {}
        for layer, maps in told.items():
            said = self.heads[layer](features[layer]).float()
            if said.shape != maps.shape:
                said = F.interpolate(said, maps.shape[2:], mode="bilinear")
            losses[layer] = teaching_loss(said, maps.float())
        return losses


def _convolution(layer: str) -> str:
    return layer.replace("relu", "conv")


def teaching_loss(said: Tensor, told: Tensor) -> Tensor:
    """Return how far a student's predictions are from a teacher's maps: the mean squared difference.

    Each channel of the teacher is first brought to mean 0 and variance 1 over the batch, because the
    channels differ in size by orders of magnitude.

    Args:
        said: (N, C, H, W), from the student.
        told: (N, C, H, W), from the teacher.

    Returns:
        A scalar, about 1 for a student that knows only the means, and 0 for one that knows all.
    """
    means = told.mean((0, 2, 3), keepdim=True)
    variances = told.var((0, 2, 3), correction=0, keepdim=True)
    # A channel that is silent in this batch must not be divided by zero.
    return (said - (told - means) / (variances + 1e-5).sqrt()).square().mean()


@torch.no_grad()
def revive(student: Student, crops: Tensor, rng: Generator) -> dict[str, int]:
    """Draw the filters of silent channels anew, in place.

    A channel that a ReLU holds at zero everywhere gets no gradient and would stay silent for good;
    without this, two thirds of relu5_1 were lost in the first minutes. The new filters are as large as
    those of the other channels. The weights that read them begin at zero, so that nothing that was
    learned is disturbed.

    Args:
        student: Whose backbone is changed.
        crops: (N, 3, H, W) in [0, 1]; a channel that is zero on all of them counts as silent.
        rng: Where the random numbers come from, on the CPU.

    Returns:
        {layer: how many channels were silent}.
    """
    vgg, found = student.vgg, {}
    layers = [name for name in vgg.layers if name.startswith("relu")]
    features = vgg(crops, layers)
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        silent = features[layer].amax((0, 2, 3)) <= 0
        found[layer] = int(silent.sum())
        if not 0 < found[layer] < len(silent):
            continue
        convolution = vgg.get_submodule(_convolution(layer))
        size = convolution.weight[~silent].std()
        drawn = torch.randn(convolution.weight[silent].shape, generator=rng)
        convolution.weight[silent] = size * drawn.to(size)
        convolution.bias[silent] = 0.0
        listeners = [vgg.get_submodule(_convolution(following))] if following else []
        listeners += [student.heads[layer]] if layer in student.heads else []
        for listener in listeners:
            listener.weight[:, silent] = 0.0
    return found


@dataclass(frozen=True)
class Update:
    """Where the training stands after `step` of `steps` updates.

    Attributes:
        seen: How many crops so far.
        losses: By layer, of the last batch.
        state: What `train(state=…)` needs to go on from here; save it before the next step changes it.
    """

    step: int
    steps: int
    seen: int
    losses: dict[str, float]
    state: dict[str, Any] = field(repr=False)


def learning_rate(step: int, steps: int) -> float:
    """Return the learning rate of a step: up in 100 steps, then down along a cosine."""
    warmup = min(1.0, (step + 1) / 100)
    return LEARNING_RATE * warmup * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-5


def train(
    student: Student,
    teacher: Callable[[Tensor], dict[str, Tensor]],
    pictures: Tensor,
    *,
    steps: int,
    seed: int = 0,
    side: int = 96,
    batch: int = 16,
    precision: torch.dtype = torch.float32,
    state: dict[str, Any] | None = None,
) -> Iterator[Update]:
    """Train `student` in place.

    The same seed on the same machine gives the same losses, also when the training was cut in two by
    `state`.

    Args:
        student: Stays on its device.
        teacher: Maps crops (N, 3, side, side) in [0, 1] to {layer: maps}; it sees each crop clean, and
            the student sees it with noise.
        pictures: (N, 256, 256, 3), uint8.
        steps: How many in all, those of the state included.
        seed: Of the crops and their noise.
        side: Of the crops, in pixels.
        batch: How many crops there are to a step.
        precision: torch.bfloat16 is faster where the device has it.
        state: That of an Update; the training goes on from there.

    Yields:
        An Update after every step.

    Raises:
        ValueError: At the call, if every picture has one color only; on the way, if the loss is no
            longer finite.
    """
    if (pictures.amax((1, 2)) == pictures.amin((1, 2))).all():
        raise ValueError("Every training picture has one color only: there is nothing to learn.")
    return _updates(student, teacher, pictures, steps, seed, side, batch, precision, state)


def _updates(
    student, teacher, pictures, steps, seed, side, batch, precision, state
) -> Iterator[Update]:
    rng = Generator().manual_seed(seed)
    device = student.vgg.device
    student.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(student.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    done, seen = 0, 0
    if state is not None:
        student.load_state_dict(state["student"])
        optimizer.load_state_dict(state["optimizer"])
        rng.set_state(state["rng"].cpu())
        done, seen = state["step"], state["seen"]
    student.vgg.precision = precision
    for step in range(done, steps):
        if 0 < step < 0.75 * steps and step % REVIVE_EVERY == 0:
            chosen = torch.randint(len(pictures), (4 * batch,), generator=rng)
            revive(student, random_crops(pictures[chosen], side, rng).to(device), rng)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps)
        chosen = torch.randint(len(pictures), (batch,), generator=rng)
        clean = random_crops(pictures[chosen], side, rng)
        given = noisy(clean, rng)
        clean, given = (x.to(device, memory_format=torch.channels_last) for x in (clean, given))
        with torch.autocast(device.type, precision, enabled=precision != torch.float32):
            losses = student(given, teacher(clean))
        total = sum(losses.values())
        if not torch.isfinite(total):
            raise ValueError(f"The loss was no longer finite at step {step}: try another seed.")
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(student.parameters(), 5.0)
        optimizer.step()
        seen += len(clean)
        state = {
            "student": student.state_dict(),
            "optimizer": optimizer.state_dict(),
            "rng": rng.get_state(),
            "step": step + 1,
            "seen": seen,
        }
        values = {layer: loss.item() for layer, loss in losses.items()}
        yield Update(step + 1, steps, seen, values, state)
