"""A training kept in files: it can be paused, killed and continued, and ends in a weights file."""

import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from nstlib.backbone.crops import training_pictures
from nstlib.backbone.teacher import Teacher, load_teacher
from nstlib.backbone.training import MEAN, STD, Student, Update, train
from nstlib.vgg import VGG19, default_device, has_bfloat16


def run(
    out: str | Path,
    *,
    crops: int = 400_000,
    until: int | None = None,
    teacher: str = "efficientnet",
    photos: str | Path | None = None,
    canvases: int = 2000,
    device: str | torch.device | None = None,
    width: float = 0.25,
    side: int = 96,
    batch: int = 16,
    seed: int = 0,
    every: float = 60.0,
) -> Iterator[Update]:
    """Draw the pictures, train, and write the weights to `out`.

    What a kill would lose is kept beside `out`, in OUT.state and OUT.pictures, and the same call goes on
    from there; both are removed after the last step.

    Args:
        out: The weights file, a .safetensors.
        crops: How many the student sees in all.
        until: Pause after so many crops; the same call then goes on.
        teacher: As in `load_teacher`.
        photos, canvases: As in `training_pictures`.
        device: None is CUDA where there is one, and the CPU elsewhere.
        width: As in `Student`.
        side, batch, seed: As in `train`.
        every: How many seconds there are between two savings.

    Yields:
        Every Update.

    Raises:
        ValueError: If OUT.state is of another training, and as in `train` and `training_pictures`.
        ImportError, OSError: As in `load_teacher`.
    """
    if crops < 1 or batch < 1:
        raise ValueError(f"crops and batch must be at least 1, not {crops} and {batch}.")
    out = Path(out)
    kept, drawn = out.with_name(out.name + ".state"), out.with_name(out.name + ".pictures")
    plan = {
        "teacher": teacher,
        "crops": crops,
        "width": width,
        "side": side,
        "batch": batch,
        "seed": seed,
        "canvases": canvases,
        "photos": str(photos),
    }
    state = _begun(kept, plan)
    told = load_teacher(teacher)
    if not drawn.exists():
        new = training_pictures(canvases=canvases, photos=photos)
        replace_file(drawn, lambda path: torch.save(new, path))
    pictures = torch.load(drawn)

    device = torch.device(device or default_device())
    student = Student(width, channels_of(told), seed=seed).to(device)
    updates = train(
        student,
        told.to(device, memory_format=torch.channels_last),
        pictures,
        steps=-(-crops // batch),
        seed=seed,
        side=side,
        batch=batch,
        precision=torch.bfloat16 if has_bfloat16(device) else torch.float32,
        state=state.get("train"),
    )

    def export_at(update: Update, minutes: float) -> None:
        export(student.vgg, out, notes_of(plan, len(pictures), update, minutes))

    last = -(-(until or crops) // batch)
    return _kept(updates, last, every, state, kept, export_at, [kept, drawn])


def _begun(kept: Path, plan: dict[str, Any]) -> dict[str, Any]:
    """What an earlier sitting with the same plan left behind, or a fresh start."""
    if not kept.exists():
        return {"plan": plan, "minutes": 0.0}
    state = torch.load(kept, map_location="cpu")
    if state["plan"] != plan:
        raise ValueError(f"{kept} is of another training, {state['plan']}: remove it or move it.")
    return state


def _kept(updates, last, every, state, kept, export_at, temporary) -> Iterator[Update]:
    """Pass the updates on, and write the state and the weights from time to time."""
    clock = saved = time.perf_counter()
    for update in updates:
        now, done = time.perf_counter(), update.step in (last, update.steps)
        if now - saved > every or done:
            saved, minutes = now, state["minutes"] + (now - clock) / 60
            new = {"plan": state["plan"], "minutes": minutes, "train": update.state}
            replace_file(kept, lambda path, new=new: torch.save(new, path))
            export_at(update, minutes)
        yield update
        if done and update.step != update.steps:
            return
    for path in temporary:
        path.unlink(missing_ok=True)


def channels_of(teacher: Teacher) -> dict[str, int]:
    """Return {layer of the student: how many channels the teacher has for it}."""
    told = teacher(torch.zeros(1, 3, 64, 64))
    return {layer: maps.shape[1] for layer, maps in told.items()}


def notes_of(plan: dict[str, Any], pictures: int, update: Update, minutes: float) -> dict[str, str]:
    """Return the metadata of a weights file: where the numbers in it come from.

    Args:
        plan: What the training was asked for, as `run` keeps it.
        pictures: How many it learned on.
        update: The last one.
        minutes: How long it took.
    """
    return {
        "made by": f"python -m nstlib.backbone train, nstlib {version('nstlib')}",
        "teacher": plan["teacher"],
        "begun from": "wavelets by formula",
        "seed": str(plan["seed"]),
        "pictures": str(pictures),
        "photos": plan["photos"],
        "crops seen": f"{update.seen} of {plan['crops']}, {plan['side']} pixels a side",
        "minutes": f"{minutes:.1f}",
        "losses": ", ".join(f"{name} {value:.3f}" for name, value in update.losses.items()),
        "torch": torch.__version__,
    }


def export(vgg: VGG19, path: str | Path, notes: dict[str, str]) -> None:
    """Write a backbone as float16 safetensors.

    Args:
        vgg: The network; its pixels are normalized by `MEAN` and `STD`.
        path: The file, replaced as a whole.
        notes: Metadata; what `load_vgg19` needs is added.
    """
    state = {
        key: value.detach().cpu().half().contiguous() for key, value in vgg.state_dict().items()
    }
    notes = notes | {"input": f"(x - {MEAN}) / {STD}", "padding": "replicate"}
    replace_file(Path(path), lambda new: save_file(state, new, metadata=notes))


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Replace a file by writing beside it first, so that a kill leaves the old one whole.

    Args:
        path: The file.
        write: Writes the new content to the path that it is given.
    """
    new = path.with_name(path.name + ".new")
    write(new)
    new.replace(path)
