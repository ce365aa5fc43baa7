"""Train or judge a compact backbone from a shell: `python -m nstlib.backbone --help`."""

import argparse
import sys
from collections.abc import Sequence

from tqdm import tqdm

from nstlib.backbone import evaluate, sittings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command of these arguments, or of the shell's, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m nstlib.backbone", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("train", help="make a weights file")
    add = command.add_argument
    add("--out", metavar="FILE", default="compact.safetensors", help="the weights to write")
    add("--crops", type=int, default=400_000, help="how many crops it sees")
    add("--until", type=int, metavar="CROPS", help="pause here; the same command goes on")
    add(
        "--teacher",
        default="efficientnet",
        help="efficientnet (bundled with the extra pretrain), imagenet (torchvision's VGG-19), or the "
        "weights file of a VGG-19",
    )
    add("--photos", metavar="DIR", help="a folder of pictures to learn on as well")
    add("--canvases", type=int, default=2000, help="how many to draw")
    add("--device", help="cpu or cuda; cuda where there is one")
    add("--width", type=float, default=0.25, help="of VGG-19's channels")
    add("--side", type=int, default=96, help="pixels of a crop")
    add("--seed", type=int, default=0, help="of weights and crops")

    command = commands.add_parser("evaluate", help="compare weights files")
    add = command.add_argument
    add("files", nargs="+", metavar="FILE", help="weights: files, or compact, random, imagenet")
    add("--styles", nargs="+", metavar="FILE", default=[], help="paintings to judge by")
    add("--photos", nargs="+", metavar="FILE", default=[], help="photos to paint")
    add("--size", type=int, default=256, help="longer side of the pictures")
    add("--steps", type=int, default=200, help="of each run")
    add(
        "--sheet",
        metavar="PNG",
        dest="sheet_path",
        help="write the textures and transfers of all networks here",
    )

    options = vars(parser.parse_args(arguments))
    try:
        if options.pop("command") == "evaluate":
            sys.stdout.write(evaluate.compare(options.pop("files"), **options) + "\n")
        else:
            _train(options)
    except (ValueError, OSError, ImportError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _train(options: dict) -> None:
    run = sittings.run(options.pop("out"), **options)
    with tqdm(unit="crop", total=options["crops"]) as bar:
        for update in run:
            bar.set_postfix({"loss": f"{sum(update.losses.values()):.2f}"}, refresh=False)
            bar.update(update.seen - bar.n)


if __name__ == "__main__":
    sys.exit(main())
