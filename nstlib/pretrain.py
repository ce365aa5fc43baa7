"""Train a compact backbone, as anyone can repeat: `python -m nstlib.pretrain --help`.

No labels and no photo collection: the network learns from canvases and paintings that programs drew
and from the sample photos. Two things are asked of it, because style transfer needs these two.

Gram matrices must describe textures. So the first channels of relu1_1 to relu5_1 imitate rectified
wavelets, from which `nstlib.wavelets` builds the network that the training begins with. That one can
do 3 x 3 filters alone; training lengthens them, which makes their orientation finer.

Features must keep the picture. Small decoders rebuild the clean crop from relu3_1, relu4_2 and
relu5_1 while noise is added to the input. The channels that the wavelets leave free serve this.
"""

import argparse
import hashlib
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Generator, Tensor, nn
from tqdm import tqdm

from nstlib import evaluate
from nstlib.crops import noisy, random_crops, recolored, training_pictures
from nstlib.student import MEAN, STD, Student
from nstlib.vgg import load_vgg19

# ---- the training --------------------------------------------------------------------------


@dataclass(frozen=True)
class Update:
    """Where the training stands after `step` of `steps` updates.

    seen: crops so far. losses: by name, of the last batch. state: what `train(state=…)` needs to go
    on from here; save it before the next step changes it.
    """

    step: int
    steps: int
    seen: int
    losses: dict[str, float]
    state: dict[str, Any] = field(repr=False)


def learning_rate(step: int, steps: int) -> float:
    """Up in 100 steps, then down along a cosine. It depends on steps, not on the clock."""
    warmup = min(1.0, (step + 1) / 100)
    return 8e-4 * warmup * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-5


def train(
    student: Student,
    pictures: Tensor,
    *,
    steps: int,
    seed: int = 0,
    side: int = 128,
    batch: int = 16,
    state: dict[str, Any] | None = None,
) -> Iterator[Update]:
    """Train `student` in place and yield an Update after every step.

    pictures: (N, 256, 256, 3), uint8. side: pixels of the crops; relu5_1 sees 156, so small ones
    would show it borders alone. batch: crops a step. The same seed on the same machine gives the
    same losses, also when the training was cut in two by `state`.
    """
    rng = Generator().manual_seed(seed)
    student.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(student.parameters(), lr=8e-4, weight_decay=0.01)
    done, seen = 0, 0
    if state is not None:
        student.load_state_dict(state["student"])
        optimizer.load_state_dict(state["optimizer"])
        rng.set_state(state["rng"].cpu())
        done, seen = state["step"], state["seen"]
    device = student.vgg.device
    for step in range(done, steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps)
        chosen = torch.randint(len(pictures), (batch,), generator=rng)
        clean = recolored(random_crops(pictures[chosen], side, rng), rng)
        given = noisy(clean, rng).to(device, memory_format=torch.channels_last)
        losses = student(given, clean.to(device))
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
        values = {name: loss.item() for name, loss in losses.items()}
        yield Update(step + 1, steps, seen, values, state)


# ---- the command ---------------------------------------------------------------------------


def steps_for(minutes: float, pictures: Tensor, *, width: float, device: str) -> int:
    """How many steps take `minutes` here, by timing three; two significant digits."""
    trial = train(Student(width).to(device), pictures, steps=4)
    next(trial)  # The first step pays for what later ones find ready.
    start = time.perf_counter()
    rate = sum(1 for _ in trial) / (time.perf_counter() - start)
    return int(float(f"{max(10, int(60 * minutes * rate)):.1e}"))


def begin(student: Student, path: str | Path) -> str:
    """Copy the backbone from a weights file; return where it is from."""
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    vgg = load_vgg19(path, device="cpu")
    if vgg.conv1_1.weight.shape != student.vgg.conv1_1.weight.shape:
        raise ValueError(f"{path} has another width: give --width {len(vgg.conv1_1.weight) / 64}.")
    student.vgg.load_state_dict(vgg.state_dict())
    return f"{Path(path).name} (sha256 {digest})"


def export(student: Student, path: str | Path, notes: dict[str, str]) -> None:
    """Write the backbone as float16 safetensors with `notes` as metadata.

    Channels are not normalized to a mean of 1, as Gatys et al. 2015 did with VGG-19 (section 2): the
    wavelets come in comparable sizes, and a channel that seldom fires would get so large that its
    few peaks rule the Gram matrix.
    """
    state = {
        key: value.detach().cpu().half().contiguous()
        for key, value in student.vgg.state_dict().items()
    }
    notes = notes | {"input": f"(x - {MEAN}) / {STD}"}
    _replace(Path(path), lambda new: save_file(state, new, metadata=notes))


def _replace(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside the file first, so that a kill leaves the old one whole."""
    new = path.with_name(path.name + ".new")
    write(new)
    new.replace(path)


def run(
    out: str | Path,
    *,
    minutes: float = 60.0,
    steps: int | None = None,
    until: int | None = None,
    device: str = "cpu",
    width: float = 0.25,
    seed: int = 0,
    start: str | Path | None = None,
    canvases: int = 1200,
    every: float = 60.0,
) -> Iterator[Update]:
    """Draw the pictures, train, and write `out`; yields every Update.

    What a kill would lose is kept beside `out` each `every` seconds, in OUT.state and OUT.pictures,
    and the same call goes on from there; both are removed after the last step. With `until` the
    training pauses after that step, to be continued in the same way, also with other `steps`.
    """
    out = Path(out)
    kept, drawn = out.with_name(out.name + ".state"), out.with_name(out.name + ".pictures")
    if not drawn.exists():
        new = training_pictures(canvases=canvases)
        _replace(drawn, lambda path: torch.save(new, path))
    pictures = torch.load(drawn)

    plan = {"seed": seed, "width": width, "pictures": len(pictures), "start": str(start)}
    state = {"plan": plan, "minutes": 0.0, "legs": []}
    if kept.exists():
        state = torch.load(kept, map_location="cpu")
    if state["plan"] != plan:
        raise ValueError(f"{kept} is of another training, {state['plan']}: remove it or move it.")
    student = Student(width, seed=seed)
    begun = "filters of nstlib.wavelets" if start is None else begin(student, start)
    student.to(device)
    steps = steps or state.get("steps") or steps_for(minutes, pictures, width=width, device=device)
    legs, old = state["legs"], state.get("steps", steps)
    if old != steps:
        legs = [*legs, f"{state['train']['step']} by a schedule of {old}"]

    clock = saved = time.perf_counter()
    for update in train(student, pictures, steps=steps, seed=seed, state=state.get("train")):
        now = time.perf_counter()
        last = update.step in (until, steps)
        if now - saved > every or last:
            saved, spent = now, state["minutes"] + (now - clock) / 60
            new = {"plan": plan, "minutes": spent, "legs": legs, "steps": steps}
            new["train"] = update.state
            _replace(kept, lambda path, new=new: torch.save(new, path))
            export(student, out, _notes(plan, begun, legs, update, spent))
        yield update
        if last and update.step != steps:
            return
    kept.unlink(missing_ok=True)
    drawn.unlink(missing_ok=True)


def _notes(
    plan: dict[str, Any], begun: str, legs: list[str], update: Update, minutes: float
) -> dict[str, str]:
    return {
        "made by": f"python -m nstlib.pretrain, nstlib {version('nstlib')}",
        "objective": "features are rectified wavelets and rebuild the picture",
        "begun from": begun,
        "seed": str(plan["seed"]),
        "steps": "; ".join([*legs, f"{update.step} by a schedule of {update.steps}"]),
        "pictures": str(plan["pictures"]),
        "crops seen": str(update.seen),
        "minutes": f"{minutes:.1f}",
        "losses": ", ".join(f"{name} {value:.3f}" for name, value in update.losses.items()),
        "torch": torch.__version__,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Train or evaluate from a shell; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m nstlib.pretrain", description=__doc__)
    add = parser.add_argument
    add("--out", metavar="FILE", default="compact.safetensors", help="the weights to write")
    add("--minutes", type=float, default=60.0, help="how long, turned into steps by a short timing")
    add("--steps", type=int, help="how many steps instead, for the same losses at every repetition")
    add("--until", type=int, help="pause after this step; the same command goes on from there")
    add("--device", default="cpu", help="cpu or cuda")
    add("--width", type=float, default=0.25, help="of VGG-19's channels, 0.25 or more")
    add("--seed", type=int, default=0, help="of weights and crops")
    add("--start", metavar="FILE", help="weights to begin from instead of the wavelets")
    add("--canvases", type=int, default=1200, help="how many to draw")
    add("--evaluate", nargs="+", metavar="FILE", help="compare weights files instead of training")
    add("--pictures", nargs="+", metavar="FILE", default=[], help="styles for --evaluate")
    add("--panel", metavar="PNG", default="evaluation.png", help="what --evaluate paints")
    args = parser.parse_args(arguments)
    try:
        if args.evaluate:
            table = evaluate.compare(args.evaluate, styles=args.pictures, panel_path=args.panel)
            sys.stdout.write(table + "\n")
            return 0
        others = {"out", "evaluate", "pictures", "panel"}
        options = {name: value for name, value in vars(args).items() if name not in others}
        with tqdm(unit="step") as bar:
            for update in run(args.out, **options):
                bar.total = update.steps
                bar.set_postfix({"loss": f"{sum(update.losses.values()):.2f}"}, refresh=False)
                bar.update(update.step - bar.n)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
