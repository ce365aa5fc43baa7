"""Open the bundled atlas, or build it again: `python -m nstlib.atlas --help`."""

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from tqdm import tqdm

from nstlib.atlas.build import build
from nstlib.atlas.parts import parts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command of these arguments, or of the shell's, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m nstlib.atlas", description=__doc__)
    parser.add_argument(
        "--to",
        metavar="DIR",
        help="build the atlas in this folder, in less than half an hour on two cores; interrupt it when "
        "you like, the same command goes on. Without it the bundled atlas opens in a browser.",
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many processes work side by side")
    options = parser.parse_args(arguments)
    if options.to is None:
        page = Path(str(files("nstlib.atlas") / "pages" / "atlas" / "index.html")).as_uri()
        sys.stdout.write(f"{page}\n")
        webbrowser.open(page)
        return 0
    try:
        with tqdm(unit="part", total=1 + sum(1 for _ in parts())) as bar:
            for _ in build(options.to, n_jobs=options.jobs):
                bar.update()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The same command goes on where this one stopped.\n")
        return 130
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
