"""How large a machine a class needs: python notebooks/course/class_size.py

Runs a notebook in several kernels at once, as if so many students had pressed Run All in the same
moment, and prints a Markdown table of time and memory, and what follows from it for a class. The share
of memory that kernels have in common is known on Linux alone.
"""

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import nbformat
import psutil
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

NOTEBOOK = Path(__file__).parents[1] / "05_transfer.ipynb"
GB = 1e9


class Measured(NamedTuple):
    """What a notebook took in some kernels at once.

    Attributes:
        seconds: From start to end, kernel by kernel: the start of the kernel is included.
        cpu: Seconds of processor time, all kernels together.
        pss: The most memory in bytes, all kernels together, with what they share counted once.
        rss: The same with what they share counted for each of them.
    """

    seconds: tuple[float, ...]
    cpu: float
    pss: int
    rss: int


def measure(
    path: Path,
    kernels: int,
    *,
    environment: Mapping[str, str] | None = None,
    every: float = 0.5,
    timeout: float | None = None,
) -> Measured:
    """Run a notebook in several kernels at once, each in an empty folder.

    Args:
        path: The notebook. It stays as it is.
        kernels: How many.
        environment: Environment variables that the kernels get besides those of this process.
        every: How often memory is looked at, in seconds.
        timeout: The most that a cell may take, in seconds.

    Raises:
        ValueError: If a cell fails, or if there is no kernel.
        RuntimeError: If a kernel dies, or on a system that does not say how much memory processes share.
    """
    if kernels < 1:
        raise ValueError(f"{kernels} kernels cannot run a notebook; ask for 1 or more.")
    if "pss" not in psutil.Process().memory_full_info()._fields:
        raise RuntimeError("Only Linux says how much memory kernels share; run this on Linux.")
    with tempfile.TemporaryDirectory(prefix="class-") as place:
        clients = []
        for number in range(kernels):
            folder = Path(place, str(number))
            folder.mkdir()
            notebook = nbformat.read(path, as_version=4)
            where = {"metadata": {"path": str(folder)}}
            clients.append(NotebookClient(notebook, timeout=timeout, resources=where))
        return asyncio.run(_run(clients, os.environ | dict(environment or {}), every))


async def _run(
    clients: Sequence[NotebookClient], environment: Mapping[str, str], every: float
) -> Measured:
    async def one(client: NotebookClient) -> float:
        begun = time.monotonic()
        await client.async_execute(env=environment)
        return time.monotonic() - begun

    runs = asyncio.gather(*map(one, clients), return_exceptions=True)
    pss, rss, cpu = 0, 0, {}
    while not (await asyncio.wait({runs}, timeout=every))[0]:
        memory = [_memory(process, cpu) for client in clients for process in _processes(client)]
        pss = max(pss, sum(one for one, _ in memory))
        rss = max(rss, sum(one for _, one in memory))
    for found in await runs:
        if isinstance(found, CellExecutionError):
            raise ValueError(f"A cell fails: {found.ename}: {found.evalue}") from found
        if isinstance(found, DeadKernelError):
            raise RuntimeError(
                f"One of {len(clients)} kernels has died, which usually means that memory was full: "
                f"all of them had taken {pss / GB:.1f} GB. Ask for fewer."
            ) from found
        if isinstance(found, BaseException):
            raise found
    return Measured(tuple(await runs), sum(cpu.values()), pss, rss)


def _processes(client: NotebookClient) -> list[psutil.Process]:
    """The kernel and what it has started; none before it starts and after it ends."""
    pid = getattr(getattr(client.km, "provisioner", None), "pid", None)
    try:
        kernel = psutil.Process(pid) if pid else None
        return [kernel, *kernel.children(recursive=True)] if kernel else []
    except psutil.Error:
        return []


def _memory(process: psutil.Process, cpu: dict[int, float]) -> tuple[int, int]:
    """PSS and RSS of a process; its time so far goes to `cpu`."""
    try:
        memory, times = process.memory_full_info(), process.cpu_times()
    except psutil.Error:
        return 0, 0
    cpu[process.pid] = times.user + times.system
    return memory.pss, memory.rss


@contextlib.contextmanager
def busy(programs: int) -> Iterator[None]:
    """Let programs run that each keep a core busy."""
    loops = [subprocess.Popen([sys.executable, "-c", "while 1: pass"]) for _ in range(programs)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def row(kernels: int, found: Measured) -> str:
    """One row of the table."""
    cells = [f"{kernels}", f"{min(found.seconds):.0f} to {max(found.seconds):.0f} s"]
    cells += [
        f"{found.cpu / kernels:.0f} s",
        f"{found.pss / GB:.2f} GB",
        f"{found.rss / GB:.2f} GB",
    ]
    return f"| {' | '.join(cells)} |"


def for_class(
    found: Mapping[int, Measured], *, students: int, minutes: float, server: float
) -> str:
    """What a class needs, with the arithmetic: cores, memory, and the wait where there are fewer cores.

    Args:
        found: What was measured, by the number of kernels; two numbers at least.
        students: How many there are. Each has one kernel for this notebook.
        minutes: Within these they all press Run All, at any time.
        server: Memory of a student's JupyterLab server, in bytes.
    """
    few, many = min(found), max(found)
    own = (found[many].pss - found[few].pss) / (many - few)
    shared = found[few].pss - few * own
    each = found[many].cpu / many
    cores = students * each / (60 * minutes)
    memory = shared + students * (own + server)
    return "\n".join(
        [
            f"Each additional kernel needs ({found[many].pss / GB:.2f} - {found[few].pss / GB:.2f}) / "
            f"({many} - {few}) = {own / GB:.2f} GB; {shared / GB:.2f} GB are shared by all.",
            f"Memory: {shared / GB:.2f} + {students} × ({own / GB:.2f} + {server / GB:.2f}) = "
            f"{memory / GB:.0f} GB.",
            f"Cores: {students} runs × {each:.0f} s / ({minutes:g} × 60 s) = {cores:.1f}.",
            f"If all press Run All at once: {students} × {each:.0f} s = {students * each / 60:.0f} "
            f"minutes of one core, so {students * each / 60 / max(1, round(cores)):.0f} minutes on "
            f"{max(1, round(cores))} cores.",
        ]
    )


def count(text: str) -> int:
    """A whole number from 1 on, given as an option."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few; give 1 or more")
    return int(text)


def amount(text: str) -> float:
    """A number greater than 0, given as an option."""
    if not 0 < float(text) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} does not do; give a number greater than 0")
    return float(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebook", type=Path, default=NOTEBOOK, help="05 if none is named")
    parser.add_argument(
        "--kernels", type=count, nargs="+", default=[1, 2, 4], help="how many at once"
    )
    parser.add_argument("--threads", type=count, help="OMP_NUM_THREADS of each kernel")
    parser.add_argument(
        "--busy", type=int, default=0, help="programs that keep a core busy meanwhile"
    )
    parser.add_argument("--students", type=count, default=60, help="size of the class")
    parser.add_argument("--minutes", type=amount, default=10, help="in which they press Run All")
    parser.add_argument("--server", type=amount, default=0.17, help="GB of each JupyterLab server")
    return parser.parse_args()


def main() -> int:
    """Print the table as it comes, and the class below it. Exit status 2 if the notebook fails."""
    given = _options()
    environment = {"OMP_NUM_THREADS": str(given.threads)} if given.threads else {}
    print("| kernels at once | time of each | CPU time of each | memory in all | sum of RSS |")
    print("| ---: | ---: | ---: | ---: | ---: |", flush=True)
    found = {}
    try:
        with busy(given.busy):
            for kernels in given.kernels:
                found[kernels] = measure(given.notebook, kernels, environment=environment)
                print(row(kernels, found[kernels]), flush=True)
    except (ValueError, OSError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2
    if len(found) > 1:
        options = {"students": given.students, "minutes": given.minutes}
        print("\n" + for_class(found, **options, server=given.server * GB))
    return 0


if __name__ == "__main__":
    sys.exit(main())
