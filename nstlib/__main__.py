"""The recipes from a shell: `python -m nstlib transfer --content me.jpg --style night`.

Every option of a recipe takes its default from the recipe's own signature, so that the shell, the
notebooks and the library cannot disagree.
"""

import argparse
import inspect
import sys
from collections.abc import Callable, Sequence

from nstlib import commands, style_transfer
from nstlib.images import PHOTOS
from nstlib.live import PORT
from nstlib.live.shell import live
from nstlib.losses import CONVENTIONS
from nstlib.optimize import RunFailed, is_out_of_memory
from nstlib.optimizer import OPTIMIZERS
from nstlib.paintings import PAINTINGS
from nstlib.vgg import PRECISIONS, load_vgg19

NETWORK_HELP = {
    "weights": "compact, imagenet, random, or a file",
    "pooling": "avg, or max as in the original network",
    "device": "where to compute, such as cpu or cuda",
    "precision": f"of the convolutions: {', '.join(PRECISIONS)}",
    "tile": "side of the tiles for large pictures",
}
RECIPE_HELP = {
    "content_layers": "layers of the content loss, each NAME or NAME:WEIGHT",
    "style_layers": "layers of the style loss, each NAME or NAME:WEIGHT",
    "style_weight": "style against content, the paper's beta / alpha",
    "tv_weight": "smoothness, the weight of total variation",
    "convention": f"how losses are scaled: {', '.join(CONVENTIONS)}",
    "init": "the start: content, noise, or a picture",
    "optimizer": f"one of {', '.join(OPTIMIZERS)}",
    "steps": "updates of the pixels, over all scales",
    "scales": "sizes to work at, one after the other, as fractions of --size; by default the picture "
    "is halved as long as 96 pixels remain",
    "seed": "of the noise to start from",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status: 0, 2 for bad input, 130 after an interrupt."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options) or 0
    except RunFailed as failure:
        # Its last good picture is saved already, by the command that ran it.
        print(f"nstlib: {failure}", file=sys.stderr)
    except (ValueError, OSError) as error:
        print(f"nstlib: {' '.join(str(error).split())}", file=sys.stderr)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        print("nstlib: there is not enough memory; choose a smaller --size.", file=sys.stderr)
    except KeyboardInterrupt:
        print("nstlib: interrupted.", file=sys.stderr)
        return 130
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nstlib",
        description="Neural style transfer, and what it is made of.",
        epilog=f"Pictures are files, URLs, photos by name ({', '.join(PHOTOS)}) or paintings by name, "
        f"with a seed if you like: {', '.join(PAINTINGS)}, night:7.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="command")

    def add(name: str, command: Callable, text: str) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(
            name, help=text, description=text, epilog=parser.epilog, allow_abbrev=False
        )
        sub.set_defaults(command=command)
        sub.add_argument("--quiet", action="store_true", help="no progress bar")
        return sub

    sub = add("transfer", commands.transfer, "paint a picture in the style of another")
    sub.add_argument("--content", default="astronaut", help="the picture to paint (astronaut)")
    several = {"nargs": "+", "action": "extend"}
    sub.add_argument("--style", **several, help="how: one or more pictures (night)")
    _add_picture_options(sub, "transfer.png")
    sub.add_argument("--style-size", type=int, help="longer side of the style (that of --size)")
    sub.add_argument("--style-mix", nargs="+", type=float, help="shares of several styles")
    sub.add_argument(
        "--mask",
        **several,
        help="where each style is painted: pictures, white in the region and black outside of it; one "
        "fewer than styles leaves the rest to the last style",
    )
    sub.add_argument(
        "--style-mask",
        **several,
        help="the part of each style that counts: such a picture for each, or the word all",
    )
    _add_run_options(sub, style_transfer.transfer)
    sub.add_argument("--seed", type=int, default=0, help=f"{RECIPE_HELP['seed']} (0)")
    sub.add_argument(
        "--every", type=_natural, default=0, metavar="N", help="keep every N-th picture too"
    )
    sub.add_argument("--save-state", metavar="FILE", help="keep what --resume needs")
    sub.add_argument("--resume", metavar="FILE", help="go on with a saved run")

    _add_figure_1(add)
    _add_tools(add)
    return parser


def _add_figure_1(add: Callable[..., argparse.ArgumentParser]) -> None:
    for name, command, recipe, text in (
        (
            "content",
            commands.content,
            style_transfer.reconstruct_content,
            "what each layer keeps of a picture",
        ),
        (
            "style",
            commands.style,
            style_transfer.reconstruct_style,
            "the texture that layers see in a picture",
        ),
    ):
        sub = add(name, command, f"{text}: one half of Figure 1 of Gatys et al. 2015")
        default = "coffee" if name == "content" else "night"
        sub.add_argument("picture", nargs="?", default=default, help=f"any picture ({default})")
        _add_layers(sub)
        _add_picture_options(sub, f"{name}.png", size=256)
        _add_run_options(sub, recipe)
        sub.add_argument(
            "--parts", metavar="DIR", help="keep each panel as a picture of its own too"
        )


def _add_tools(add: Callable[..., argparse.ArgumentParser]) -> None:
    sub = add(
        "gram", commands.gram, "Gram matrices by depth, and how far pictures are apart in style"
    )
    sub.add_argument(
        "picture", nargs="*", default=["night", "coffee"], help="one or more (night coffee)"
    )
    _add_layers(sub)
    _add_picture_options(sub, "gram.png", size=256)
    _add_network_options(sub)

    sub = add(
        "weights", commands.weights, "fetch ImageNet's weights once, for yourself or for a class"
    )
    sub.add_argument("name", choices=["imagenet"])
    sub.add_argument("--to", metavar="DIR", help="where (your cache, where load_vgg19 looks)")

    sub = add("live", live, "paint in the browser: a page that computes there by itself")
    sub.add_argument(
        "--port", type=_natural, default=PORT, help=f"where the page is shown ({PORT}; 0 is any)"
    )
    sub.add_argument(
        "--to", metavar="DIR", help="copy the page there, for another web server, and show nothing"
    )
    sub.add_argument("--no-browser", action="store_true", help="only say where the page is")

    sub = add("bench", commands.bench, "what a step costs on this machine")
    sub.add_argument("--weights", nargs="+", default=["random:1", "compact"])
    sub.add_argument("--sizes", nargs="+", type=int, default=[256, 512, 1024])
    sub.add_argument(
        "--methods",
        nargs="+",
        help="of textbook, float32, tf32, bfloat16, tiles (the first two; tf32 and bfloat16 where fast)",
    )
    sub.add_argument("--seconds", type=float, default=2.0, help="how long to go on with each (2)")
    sub.add_argument(
        "--busy",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure beside a busy process too (yes)",
    )
    sub.add_argument(
        "--race",
        type=int,
        default=128,
        help="side of the picture for the race to a loss, 0 for none (128)",
    )
    sub.add_argument("--device")
    sub.add_argument("--out", metavar="FILE", help="keep the numbers, as .json")
    sub.add_argument("--plot", metavar="FILE", help="draw them")


def _add_picture_options(parser: argparse.ArgumentParser, out: str, size: int = 384) -> None:
    parser.add_argument("--out", default=out, help=f"where to ({out})")
    parser.add_argument("--size", type=int, default=size, help=f"longer side in pixels ({size})")


def _add_layers(parser: argparse.ArgumentParser) -> None:
    default = " ".join(style_transfer.STYLE_LAYERS)
    parser.add_argument(
        "--layers",
        nargs="+",
        default=list(style_transfer.STYLE_LAYERS),
        help=f"which layers ({default})",
    )


def _add_network_options(parser: argparse.ArgumentParser) -> None:
    for name, text in NETWORK_HELP.items():
        default = inspect.signature(load_vgg19).parameters[name].default
        shown = {"device": "CUDA where there is one", "tile": "as memory asks for"}.get(
            name, default
        )
        kind = _natural if name == "tile" else str
        parser.add_argument(f"--{name}", type=kind, default=default, help=f"{text} ({shown})")


def _add_run_options(parser: argparse.ArgumentParser, recipe: Callable) -> None:
    _add_network_options(parser)
    for name, parameter in inspect.signature(recipe).parameters.items():
        if name not in RECIPE_HELP:
            continue
        default, several = parameter.default, name == "scales"
        if name.endswith("_layers"):
            kind, several = _layer, True
        else:
            kind = float if several else type(default)
        shown = " ".join(map(str, default)) if isinstance(default, tuple) else default
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=default,
            nargs="+" if several else None,
            help=RECIPE_HELP[name] + ("" if default is None else f" ({shown})"),
        )
    parser.add_argument(
        "--learning-rate", type=float, help="of the optimizer: 1 for lbfgs, 0.02 for adam"
    )


def _layer(text: str) -> tuple[str, float] | str:
    """NAME, or NAME:WEIGHT as (NAME, WEIGHT)."""
    name, colon, weight = text.partition(":")
    try:
        return (name, float(weight)) if colon else name
    except ValueError:
        message = f"{text} is not NAME or NAME:WEIGHT"
        raise argparse.ArgumentTypeError(message) from None


def _natural(text: str) -> int:
    """A whole number from 0 up."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 up")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
