"""What the commands of the shell do; `__main__.py` says how they are called.

Each takes the parsed options and returns the exit status. Whatever ends a run, the last good picture is
saved.
"""

import argparse
import inspect
import json
import os
import sys
from collections.abc import Callable, Container, Iterator
from pathlib import Path

import torch
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from torch import Tensor

from nstlib import bench as benchmark
from nstlib import bench_report, plots, recipes
from nstlib.backbone.evaluate import psnr, ssim
from nstlib.images import WRITE_FORMATS, load_image, save_image
from nstlib.losses import gram_loss, gram_matrix
from nstlib.optimize import RunFailed, Step
from nstlib.paintings import PAINTINGS, painting
from nstlib.progress import watch
from nstlib.race import race
from nstlib.vgg import VGG19, load_vgg19
from nstlib.weights import fetch_imagenet

FIGURE_FORMATS = [f".{ending}" for ending in FigureCanvasBase.get_supported_filetypes()]


def transfer(options: argparse.Namespace) -> int:
    """Paint one picture in the style of others."""
    out = _check_output(options.out, WRITE_FORMATS)
    state = _load_state(options.resume)
    content = picture(options.content, options.size)
    styles = [picture(name, options.style_size or options.size) for name in options.style]
    arguments = _recipe_arguments(options, recipes.transfer)
    if arguments["init"] not in ("content", "noise"):
        arguments["init"] = picture(arguments["init"], options.size)
    run = recipes.transfer(content, styles, vgg=_vgg(options), state=state, **arguments)
    last, status = _keep_best(run, out, options)
    if last.losses and options.save_state:
        torch.save(last.state(), options.save_state)
        print(f"Go on from here with --resume {options.save_state}")
    if status == 0:
        print(
            "Next: put your own photo behind --content, or see how it works with\n"
            f"  {sys.executable} -m jupyter lab notebooks/"
        )
    return status


def content(options: argparse.Namespace) -> int:
    """One reconstruction a layer: the upper half of Figure 1."""
    image = picture(options.picture, options.size)
    arguments = _recipe_arguments(options, recipes.reconstruct_content)

    def runs(vgg: VGG19) -> Iterator[tuple[str, Iterator[Step]]]:
        for layer in options.layers:
            yield layer, recipes.reconstruct_content(image, layer, vgg=vgg, **arguments)

    def caption(layer: str, made: Tensor) -> str:
        made = made.to(image)
        return f"{layer}\nPSNR {psnr(made, image):.1f} dB, SSIM {ssim(made, image):.2f}"

    return _figure_1(options, image, runs, caption)


def style(options: argparse.Namespace) -> int:
    """One reconstruction a layer set, each a layer deeper: the lower half of Figure 1."""
    image = picture(options.picture, options.size)
    arguments = _recipe_arguments(options, recipes.reconstruct_style)

    def runs(vgg: VGG19) -> Iterator[tuple[str, Iterator[Step]]]:
        for depth in range(1, len(options.layers) + 1):
            layers = options.layers[:depth]
            name = layers[0] if depth == 1 else f"{layers[0]} to {layers[-1]}"
            yield name, recipes.reconstruct_style(image, layers, vgg=vgg, **arguments)

    return _figure_1(options, image, runs, lambda name, made: name)


def _figure_1(
    options: argparse.Namespace,
    image: Tensor,
    runs: Callable[[VGG19], Iterator[tuple[str, Iterator[Step]]]],
    caption: Callable[[str, Tensor], str],
) -> int:
    """One half of the paper's Figure 1: a panel a run, the original first."""
    out = _check_output(options.out, FIGURE_FORMATS)
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
    """Gram matrices by depth, and the distances of all pictures to the first."""
    out = _check_output(options.out, FIGURE_FORMATS)
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
            print(f"  {layer}  {gram_loss(features[other][layer], target).item():.4f}")
    return 0


def weights(options: argparse.Namespace) -> int:
    """Fetch ImageNet's weights, unless they are there."""
    path = fetch_imagenet(to=Path(options.to) if options.to else None, progress=not options.quiet)
    print(f"The weights are at {path.resolve()}")
    print("Use them with --weights imagenet" + (f", or --weights {path}" if options.to else ""))
    return 0


def bench(options: argparse.Namespace) -> int:
    """Measure a step of each backbone at each size, and who is first at the textbook's loss."""
    out = _check_output(options.out, [".json"]) if options.out else None
    plot = _check_output(options.plot, FIGURE_FORMATS, option="--plot") if options.plot else None
    rows = []
    print(bench_report.heading())
    for row in benchmark.measure(
        options.weights,
        options.sizes,
        methods=options.methods,
        device=options.device,
        seconds=options.seconds,
    ):
        rows.append(row)
        print(bench_report.line(row, rows), flush=True)
    curves = None
    if options.race:
        curves = race(options.weights[-1], size=options.race, device=options.device)
        print("\n".join(bench_report.race_lines(curves)))
    measured = bench_report.report(rows, curves)
    if out:
        out.write_text(json.dumps(measured, indent=1) + "\n")
        print(f"The numbers are at {out.resolve()}")
    if plot:
        _save_figure(bench_report.plot(measured), plot)
    return 0


def picture(name: str, size: int | None) -> Tensor:
    """A picture by the name of a painting (`night`, or `night:7` for its seed 7), or by `load_image`."""
    kind, _, seed = name.partition(":")
    if kind in PAINTINGS and (not seed or seed.isdecimal()) and not Path(name).exists():
        return painting(kind, size=size or 512, seed=int(seed or 0))
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
            save_image(step.image, out.with_stem(f"{out.stem}-{step.index:04d}"))

    try:
        last, status = _follow(run, options, keep)
    except RunFailed as failure:
        _say_saved(failure.step.image, out)
        raise
    _say_saved(last.image, out)
    return last, status


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
    print(f"The picture is at {save_image(image, path).resolve()}")


def _save_figure(figure: Figure, out: Path) -> None:
    figure.savefig(out, dpi=150)
    print(f"The figure is at {out.resolve()}")


def _vgg(options: argparse.Namespace) -> VGG19:
    names = ("weights", "pooling", "device", "precision")
    return load_vgg19(**{name: getattr(options, name) for name in names})


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
    """The options that are parameters of the recipe, NAME:WEIGHT pairs made a mapping."""
    own = {"content", "style", "size", "layers"}  # names that mean something else in the shell
    names = set(inspect.signature(recipe).parameters) - own
    arguments = {name: value for name, value in vars(options).items() if name in names}
    for name in ("content_layers", "style_layers"):
        layers = arguments.get(name, ())
        if any(isinstance(layer, tuple) for layer in layers):
            pairs = [layer if isinstance(layer, tuple) else (layer, 1.0) for layer in layers]
            arguments[name] = dict(pairs)
    return arguments


def _check_output(path: str, formats: Container[str], *, option: str = "--out") -> Path:
    """`path` if a picture can be written there, known before a minute is spent on making it."""
    out = Path(path)
    if out.suffix.lower() not in formats:
        raise ValueError(f"{option} {path}: the name must end in one of {', '.join(formats)}.")
    if out.is_dir():
        raise IsADirectoryError(f"{option} {path} is a folder; name a file in it.")
    out.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(out.parent, os.W_OK):
        raise PermissionError(f"{option} {path}: there is no right to write into {out.parent}.")
    return out
