"""What the commands of the shell do; `__main__.py` says how they are called.

Each takes the parsed options and returns the exit status. The last good picture is saved, whatever ends
a run. Imports that only some commands need are inside these, so that painting starts without matplotlib.
"""

import argparse
import inspect
import json
import os
import sys
import tempfile
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from nstlib import style_transfer
from nstlib.images import (
    PHOTOS,
    WRITE_FORMATS,
    load_image,
    load_mask,
    noise_like,
    resize,
    save_image,
)
from nstlib.losses import gram_matrix, style_loss
from nstlib.optimize import RunFailed, Step
from nstlib.optimizer import optimizer_maker
from nstlib.paintings import PAINTINGS, painting
from nstlib.progress import watch
from nstlib.vgg import VGG19, load_vgg19
from nstlib.weights import fetch_imagenet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def transfer(options: argparse.Namespace) -> int:
    """Paint one picture in the style of one or several others, and save it."""
    out = _check_output(options.out, WRITE_FORMATS)
    state = _load_state(options.resume)
    content = picture(options.content, options.size)
    names = options.style or ["night"]
    styles = [picture(name, options.style_size or options.size) for name in names]
    arguments = _recipe_arguments(options, style_transfer.transfer)
    if options.init == "noise":
        arguments["init"] = noise_like(content, seed=options.seed)
    elif options.init != "content":
        arguments["init"] = picture(options.init, options.size)
    arguments |= _mask_arguments(options, content, styles)
    run = style_transfer.transfer(
        content, _mixed(options, styles), vgg=_vgg(options), state=state, **arguments
    )
    try:
        last, status = _keep_best(run, out, options)
    except RunFailed as failure:
        _save_state(failure.step, options)
        raise
    _save_state(last, options)
    if status == 0:
        folder = " notebooks/" if Path("notebooks").is_dir() else ""  # students' have none
        print(
            "Next: put your own photo behind --content, or see how it works with\n"
            f"  {sys.executable} -m jupyter lab{folder}"
        )
    return status


def _mixed(options: argparse.Namespace, styles: list[Tensor]) -> list:
    """The styles, as pairs with their shares where there are shares."""
    shares = options.style_mix
    if shares is None:
        return styles
    if len(shares) != len(styles):
        raise ValueError(
            f"--style-mix has {len(shares)} shares for {len(styles)} pictures; give one for each."
        )
    return list(zip(styles, shares, strict=True))


def _mask_arguments(options: argparse.Namespace, content: Tensor, styles: list[Tensor]) -> dict:
    """The masks as arguments of `transfer`; with one fewer than styles, the last style gets the rest."""
    masks, style_masks = options.mask, options.style_mask
    if masks is not None:
        masks = [_mask(name, content) for name in masks]
        if len(styles) - len(masks) not in (0, 1):
            raise ValueError(
                f"The number of masks ({len(masks)}) must be that of the styles ({len(styles)}), or one "
                "less: the last style then gets the rest."
            )
        masks += [None] * (len(styles) - len(masks))
    if style_masks is not None:
        if len(style_masks) != len(styles):
            raise ValueError(
                f"The number of style masks ({len(style_masks)}) must be that of the styles "
                f"({len(styles)}); the word all stands for a whole painting."
            )
        pairs = zip(style_masks, styles, strict=True)
        style_masks = [None if name == "all" else _mask(name, style) for name, style in pairs]
    return {"masks": masks, "style_masks": style_masks}


def _mask(name: str, image: Tensor) -> Tensor:
    """The mask of a name that a user typed, resized to the image that it belongs to."""
    mask, (height, width) = load_mask(name), image.shape[2:]
    if abs(mask.shape[2] / mask.shape[3] * width / height - 1) > 0.02:
        raise ValueError(
            f"The mask {name} has {mask.shape[3]} x {mask.shape[2]} pixels and its picture {width} x "
            f"{height}: they need the same proportions."
        )
    return resize(mask, (height, width))


def content(options: argparse.Namespace) -> int:
    """Draw one reconstruction for each layer: the upper half of Figure 1 of Gatys et al. 2015."""
    from nstlib.backbone.evaluate import psnr, ssim

    image = picture(options.picture, options.size)
    arguments = _recipe_arguments(options, style_transfer.reconstruct_content)

    def runs(vgg: VGG19) -> Iterator[tuple[str, Iterator[Step]]]:
        for layer in options.layers:
            yield layer, style_transfer.reconstruct_content(image, layer, vgg=vgg, **arguments)

    def caption(layer: str, made: Tensor) -> str:
        made = made.to(image)
        return f"{layer}\nPSNR {psnr(made, image):.1f} dB, SSIM {ssim(made, image):.2f}"

    return _figure_1(options, image, runs, caption)


def style(options: argparse.Namespace) -> int:
    """Draw one reconstruction for one layer, for two, and so on: the lower half of Figure 1."""
    image = picture(options.picture, options.size)
    arguments = _recipe_arguments(options, style_transfer.reconstruct_style)

    def runs(vgg: VGG19) -> Iterator[tuple[str, Iterator[Step]]]:
        for depth in range(1, len(options.layers) + 1):
            layers = options.layers[:depth]
            name = layers[0] if depth == 1 else f"{layers[0]} to {layers[-1]}"
            yield name, style_transfer.reconstruct_style(image, layers, vgg=vgg, **arguments)

    return _figure_1(options, image, runs, lambda name, made: name)


def _figure_1(
    options: argparse.Namespace,
    image: Tensor,
    runs: Callable[[VGG19], Iterator[tuple[str, Iterator[Step]]]],
    caption: Callable[[str, Tensor], str],
) -> int:
    """One half of the paper's Figure 1: the original first, then one panel for each run."""
    from nstlib import plots

    out = _check_figure(options.out)
    made, titles, status, failure = [image], ["original"], 0, None
    for name, run in runs(_vgg(options)):
        if not options.quiet:
            print(name, file=sys.stderr)
        try:
            last, status = _follow(run, options)
        except RunFailed as error:
            last, failure = error.step, error
        made.append(last.image)
        titles.append(caption(name, last.image))
        if options.parts:
            _say_saved(last.image, Path(options.parts) / f"{name.replace(' ', '-')}.png")
        if failure or status:
            break
    _save_figure(plots.panels(made, titles), out)
    if failure:
        raise failure
    return status


def gram(options: argparse.Namespace) -> int:
    """Draw the Gram matrices of pictures, and print the style distance of each to the first."""
    from nstlib import plots

    out = _check_figure(options.out)
    vgg = _vgg(options)
    features = {
        name: vgg(picture(name, options.size).to(vgg.device), options.layers)
        for name in options.picture
    }
    rows = {
        Path(name).name: {layer: gram_matrix(f) for layer, f in layers.items()}
        for name, layers in features.items()
    }
    _save_figure(plots.gram_matrices(rows), out)
    first, *others = features
    for other in others:
        print(f"Style distance of {other} to {first}, relative to the size of {first}'s Grams:")
        for layer in options.layers:
            target = gram_matrix(features[first][layer])
            print(f"  {layer}  {style_loss(features[other][layer], target).item():.4f}")
    return 0


def weights(options: argparse.Namespace) -> int:
    """Fetch the ImageNet weights, unless they are there already."""
    path = fetch_imagenet(to=Path(options.to) if options.to else None, progress=not options.quiet)
    print(f"The weights are at {path.resolve()}")
    print("Use them with --weights imagenet" + (f", or --weights {path}" if options.to else ""))
    return 0


def bench(options: argparse.Namespace) -> int:
    """Measure one step of each network at each size, and race to the loss of the textbook's loop."""
    from nstlib import bench as benchmark
    from nstlib.bench import report

    out = _check_output(options.out, [".json"]) if options.out else None
    plot = _check_figure(options.plot, option="--plot") if options.plot else None
    device, last = options.device, options.weights[-1]
    measured = benchmark.measure(
        options.weights,
        options.sizes,
        methods=options.methods,
        device=device,
        seconds=options.seconds,
        busy=options.busy,
    )
    if options.race:  # checked before all the rows are measured, and not after it
        benchmark.checked_arguments([last], [options.race], ["textbook"], device)
    rows = []
    print(report.heading())
    for row in measured:
        rows.append(row)
        print(report.line(row, rows), flush=True)
    curves = None
    if options.race:
        curves = benchmark.loss_curves(last, options.race, device=device)
        print("\n".join(report.curve_lines(curves)))
    summary = report.report(rows, curves)
    if out:
        out.write_text(json.dumps(summary, indent=1) + "\n")
        print(f"The numbers are at {out.resolve()}")
    if plot:
        _save_figure(report.plot(summary), plot)
    return 0


def picture(name: str, size: int | None) -> Tensor:
    """Return the picture of a name that a user typed.

    Args:
        name: A painting (`night`, or `night:7` for its seed 7), or whatever `load_image` takes.
        size: The longer side in pixels; None is 512 for a painting, the picture's own size otherwise.

    Returns:
        (1, 3, H, W) in [0, 1].

    Raises:
        ValueError: For a seed that is no whole number, and for a photo with a seed.
        OSError: For a picture that cannot be found or read.
    """
    kind, colon, seed = name.partition(":")
    if kind in PAINTINGS and not Path(name).exists():
        if colon and not seed.isdecimal():
            raise ValueError(f"{name}: the seed of a painting is a whole number, as in {kind}:7.")
        return painting(kind, size=size or 512, seed=int(seed or 0))
    if colon and kind in PHOTOS and not Path(name).exists():
        raise ValueError(f"{name}: a photo has no seed; write {kind}.")
    try:
        return load_image(name, size=size)
    except FileNotFoundError as error:
        if not name.isalnum():
            raise
        hint = str(error).removesuffix(".")
        raise FileNotFoundError(f"{hint}; or a painting: {', '.join(PAINTINGS)}.") from error


def _keep_best(run: Iterator[Step], out: Path, options: argparse.Namespace) -> tuple[Step, int]:
    """Run to the end, to an interrupt or to a failure, and save the last good picture in each case."""

    def keep(step: Step) -> None:
        if options.every and step.index % options.every == 0 and step.index < step.total:
            try:
                save_image(step.image, out.with_stem(f"{out.stem}-{step.index:04d}"))
            except OSError as error:  # the run goes on: its last picture matters more
                print(f"nstlib: {error}", file=sys.stderr)

    try:
        last, status = _follow(run, options, keep)
    except RunFailed as failure:
        _say_saved(failure.step.image, out)
        raise
    _say_saved(last.image, out)
    return last, status


def _save_state(step: Step, options: argparse.Namespace) -> None:
    if options.save_state:
        torch.save(step.state(), options.save_state)
        print(f"Go on from here with --resume {options.save_state}")


def _follow(
    run: Iterator[Step],
    options: argparse.Namespace,
    keep: Callable[[Step], None] = lambda step: None,
) -> tuple[Step, int]:
    last = None
    try:
        for step in watch(run, progress=not options.quiet):
            last = step
            keep(step)
    except KeyboardInterrupt:
        if last is None:
            raise
        print(f"nstlib: interrupted after step {last.index} of {last.total}.", file=sys.stderr)
        return last, 130
    return last, 0


def _say_saved(image: Tensor, path: Path) -> None:
    try:
        print(f"The picture is at {save_image(image, path).resolve()}")
    except OSError:  # a full disk, say: what took minutes to make is kept somewhere else
        other = Path(tempfile.mkdtemp(prefix="nstlib-")) / path.name
        print(f"The picture is at {save_image(image, other).resolve()}")
        raise


def _save_figure(figure: "Figure", out: Path) -> None:
    figure.savefig(out, dpi=150)
    print(f"The figure is at {out.resolve()}")


def _vgg(options: argparse.Namespace) -> VGG19:
    names = ("weights", "pooling", "device", "precision", "tile")
    vgg = load_vgg19(**{name: getattr(options, name) for name in names})
    if not options.quiet:
        print(f"The network {options.weights} computes in {vgg.where}.", file=sys.stderr)
    return vgg


def _load_state(path: str | None) -> dict | None:
    if path is None:
        return None
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"There is no saved run {path}; --save-state writes one."
        ) from error
    except OSError:
        raise
    except Exception as error:  # torch.load raises whatever its unpickler meets
        raise ValueError(f"{path} is not a saved run; --save-state writes one.") from error


def _recipe_arguments(options: argparse.Namespace, recipe: Callable) -> dict:
    """The options that are parameters of the recipe, with NAME:WEIGHT pairs turned into a mapping."""
    own = {"content", "style", "size", "layers"}  # names that mean something else in the shell
    names = set(inspect.signature(recipe).parameters) - own
    arguments = {name: value for name, value in vars(options).items() if name in names}
    for name in ("content_layers", "style_layers"):
        layers = arguments.get(name, ())
        if any(isinstance(layer, tuple) for layer in layers):
            pairs = [layer if isinstance(layer, tuple) else (layer, 1.0) for layer in layers]
            arguments[name] = dict(pairs)
    arguments["optimizer"] = optimizer_maker(options.optimizer, learning_rate=options.learning_rate)
    return arguments


def _check_figure(path: str, *, option: str = "--out") -> Path:
    """`_check_output` for every format that matplotlib can write."""
    from matplotlib.backend_bases import FigureCanvasBase

    formats = [f".{ending}" for ending in FigureCanvasBase.get_supported_filetypes()]
    return _check_output(path, formats, option=option)


def _check_output(path: str, formats: Container[str], *, option: str = "--out") -> Path:
    """Return `path` if a picture can be written there; checked before the long run that makes it."""
    out = Path(path)
    if out.suffix.lower() not in formats:
        raise ValueError(f"{option} {path}: the name must end in one of {', '.join(formats)}.")
    if out.is_dir():
        raise IsADirectoryError(f"{option} {path} is a folder; name a file in it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(out.parent, os.W_OK):
        raise PermissionError(f"{option} {path}: there is no right to write into {out.parent}.")
    return out
