"""The process in which a student's code runs. It holds no check, no right answer and no marks.

One process imports what the sheet imports and then forks a child for each exercise, because importing
PyTorch takes seconds. A child runs the student's cells, and calls the function as often as the judge
asks, with the arguments that the judge sends. It sends back numbers and strings, never Python objects.
Started by judge.py as a script. This is no sandbox: README.md says what it does not stop.
"""

import ast
import base64
import copy
import inspect
import json
import os
import pickle
import re
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType

import numpy as np
import torch

DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
DTYPES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8")
WITHHELD = "withheld: "  # begins the message of an error that the judge puts into its own words


def main() -> None:
    """Import, then serve one exercise for every line on standard input."""
    setup = json.loads(sys.stdin.readline())
    hide_checks(setup["chapters"])
    names = {"__name__": "__main__", "display": lambda *args, **kwargs: None}
    exec(setup["imports"], names)
    # What optimizers import when they are first used, and where files could be made: nothing may be
    # opened later, and not every child has to import it anew.
    tempfile.gettempdir()
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1).zero_grad()
    while sys.stdin.readline():
        if hasattr(os, "fork") and (child := os.fork()):
            os.waitpid(child, 0)
            continue
        link = socket.create_connection(("127.0.0.1", setup["port"]))
        send(link, json.dumps({"secret": setup["secret"], "pid": os.getpid()}).encode())
        del setup
        Worker(link, names).serve()
        os._exit(0)


def send(link: socket.socket, data: bytes) -> None:
    """Send the length in four bytes, then the data."""
    link.sendall(struct.pack("!I", len(data)) + data)


def receive(link: socket.socket, size: int) -> bytes:
    """Receive exactly so many bytes; EOFError where the other side has gone."""
    data = bytearray()
    while len(data) < size:
        part = link.recv(min(size - len(data), 1 << 16))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


class Worker:
    """Answers the judge: start once, then call and gradient."""

    def __init__(self, link: socket.socket, names: dict):
        self.link, self.names = link, names
        self.function, self.calls = None, []

    def serve(self) -> None:
        """Answer until the judge hangs up."""
        silence()
        torch.set_num_threads(1)  # a thread pool does not survive a fork
        with suppress(EOFError, OSError):
            while True:
                (size,) = struct.unpack("!I", receive(self.link, 4))
                what, *arguments = pickle.loads(receive(self.link, size))
                try:
                    reply = getattr(self, what)(*arguments)
                except BaseException as error:
                    reply = described(error)
                send(self.link, json.dumps(reply).encode())

    def start(self, cells: list, function: str, withheld: list, roots: list, limits: tuple) -> dict:
        """Run the cells, [source, whether all of it]; of the other cells only definitions."""
        for name in withheld:
            withhold(name)
        limit(*limits)
        refuse_programs()
        sys.addaudithook(guard_of(roots))
        problem = None
        for source, whole in cells:
            problem = run(source, whole, self.names) or problem
        self.function = self.names.get(function)
        if callable(self.function):
            return {}
        return {
            "problem": problem
            or f"there is no function {function} in the cell of this exercise. Keep its name."
        }

    def call(self, arguments: list) -> dict:
        """Call the function; keep what it returns, so that gradients can be asked for."""
        modules = [x for x in arguments if isinstance(x, torch.nn.Module)]
        untouched = [copy.deepcopy(x) for x in modules]
        tensors = [x for x in arguments if isinstance(x, torch.Tensor)]
        probes = [x.detach().clone() for x in tensors]
        made = self.function(*arguments)
        kept: list[torch.Tensor] = []
        reply = {"value": encode(made, tensors, kept)}
        self.calls.append((tensors, kept))
        left = zip(modules, untouched, strict=True)
        return reply | {"modules": [left_behind(*pair, probes) for pair in left]}

    def gradient(self, number: int, output: int, along: torch.Tensor) -> dict:
        """The gradient of one output of a call, along a tensor, with respect to all its inputs."""
        tensors, kept = self.calls[number]
        inputs = [x for x in tensors if x.requires_grad]
        found = iter(
            torch.autograd.grad(kept[output], inputs, along, retain_graph=True, allow_unused=True)
            if inputs
            else ()
        )
        gradients = [next(found) if x.requires_grad else None for x in tensors]
        return {"gradients": [encode(one, [], []) for one in gradients]}


def run(source: str, whole: bool, names: dict) -> str | None:
    """Run one cell, up to its first error. Returns what went wrong in a cell that is run whole."""
    for text in (source, re.sub(r"^( *)[%!].*$", r"\1pass", source, flags=re.MULTILINE)):
        try:
            tree, broken = ast.parse(text), None
            break
        except (SyntaxError, ValueError, RecursionError) as error:
            tree, broken = None, error
    if tree is None:
        line = f" in line {broken.lineno}" if getattr(broken, "lineno", None) else ""
        return f"Python cannot read the cell{line}: {broken}" if whole else None
    for statement in tree.body:
        if not whole and not isinstance(statement, DEFINITIONS) and not is_constant(statement):
            continue
        try:
            exec(compile(ast.Module([statement], []), "your cell", "exec"), names)
        except BaseException as error:
            if whole:
                return f"the cell stops with {type(error).__name__}: {error}"
    return None


def is_constant(statement: ast.stmt) -> bool:
    """Whether this gives a name to something that takes no time: a number, a lambda, another name."""
    calls = (ast.Call, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    return isinstance(statement, ast.Assign) and (
        isinstance(statement.value, ast.Lambda)
        or not any(isinstance(node, calls) for node in ast.walk(statement))
    )


def encode(x: object, tensors: list, kept: list) -> dict:
    """A value as JSON. The tensors in it are appended to `kept`, in this order."""
    if isinstance(x, torch.Tensor):
        kept.append(x)
        plain = x.detach().cpu()
        wide = plain.double() if plain.is_floating_point() else plain.long()
        same = [n for n, one in enumerate(tensors) if one.data_ptr() == x.data_ptr() and x.numel()]
        return {
            "kind": "tensor",
            "type": str(plain.dtype).removeprefix("torch."),
            "shape": list(plain.shape),
            "data": base64.b64encode(wide.contiguous().numpy().tobytes()).decode(),
            "requires_grad": x.requires_grad,
            "is_leaf": x.is_leaf,
            "same": same[0] if same else None,
        }
    if isinstance(x, (np.ndarray, np.number)) and x.dtype.kind in "fiub":
        inner = encode(torch.from_numpy(np.array(x)), [], [])
        return inner | {"kind": "array" if isinstance(x, np.ndarray) else "number"}
    if isinstance(x, (list, tuple)):
        kind = "tuple" if isinstance(x, tuple) else "list"
        return {"kind": kind, "members": [encode(one, tensors, kept) for one in x]}
    if isinstance(x, dict):
        keys, values = [encode(key, [], []) for key in x], list(x.values())
        return {"kind": "dict", "keys": keys, "members": [encode(v, tensors, kept) for v in values]}
    if x is ...:
        return {"kind": "stub"}
    for plain in (bool, int, float, str):
        if isinstance(x, plain):
            return {"kind": "plain", "value": plain(x)}
    if x is None:
        return {"kind": "plain", "value": None}
    return {"kind": "other", "type": type(x).__name__}


def left_behind(module: torch.nn.Module, before: torch.nn.Module, probes: list) -> dict:
    """What a call has left in a network: hooks, gradients, and whether it answers differently."""
    everywhere = list(module.modules())
    hooks = sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in everywhere)
    changed = True
    with suppress(Exception), torch.no_grad():
        changed = not torch.equal(module(probes[0].clone()), before(probes[0].clone()))
    filled = [parameter.grad is not None for parameter in module.parameters()]
    return {"hooks": hooks, "filled": filled, "changed": changed}


def described(error: BaseException) -> dict:
    """An error as JSON."""
    with suppress(Exception):
        text = str(error)[:1000]
        memory = isinstance(error, MemoryError) or "can't allocate memory" in text
        return {"error": type(error).__name__, "text": text, "memory": memory}
    return {"error": "Exception", "text": "", "memory": False}


class Hidden(ModuleType):
    """Stands in for nstlib.checks and all that is in it. Whoever calls it is told so."""

    def __getattr__(self, name: str) -> "Hidden":
        if name.startswith("__"):
            raise AttributeError(name)
        return Hidden(f"{self.__name__}.{name}")

    def __call__(self, *args: object, **kwargs: object) -> None:
        """Refuse."""
        raise RuntimeError(WITHHELD + self.__name__)


def hide_checks(chapters: list) -> None:
    """Let `nstlib.checks` be imported as ever, without anything in it."""
    import nstlib

    nstlib.checks = sys.modules["nstlib.checks"] = Hidden("nstlib.checks")
    nstlib.checks.__path__ = []
    for chapter in chapters:
        name = f"nstlib.checks.{chapter}"
        sys.modules[name] = Hidden(name)
        setattr(nstlib.checks, chapter, sys.modules[name])


def withhold(name: str) -> None:
    """Replace the code of a function of nstlib, such as "losses.gram_matrix", wherever it is known."""
    place, function = name.rsplit(".", 1)
    __import__(f"nstlib.{place}")
    made: dict = {}
    says = WITHHELD + "nstlib." + name
    exec(f"def {function}(*_, **__):\n    raise RuntimeError({says!r})", made)
    known = inspect.unwrap(getattr(sys.modules[f"nstlib.{place}"], function))
    known.__code__ = made[function].__code__


def guard_of(readable: list) -> Callable[[str, tuple], None]:
    """A function that refuses what no exercise needs, for sys.addaudithook.

    Python calls it for each such event, and a hook cannot be removed. All that it uses is a constant or
    a local name, because a student's code can change what has a global name. Nor is any of these a
    function in Python: a traceback would lead a student to it, and its code could be replaced.

    Args:
        readable: Folders whose files may be read, except those of nstlib in them; each ends with a
            separator.
    """
    folders = (*readable, "/sys/fs/cgroup/")
    own = f"/proc/{os.getpid()}/"
    files = ("/proc/stat", "/proc/meminfo", own + "stat", own + "statm", own + "status")
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
    refused, text, kind_of = PermissionError, str, type

    def guard(event: str, arguments: tuple) -> None:
        if event == "open":
            path, _, flags = arguments
            allowed = False
            if kind_of(path) is text and not flags & writing and ".." not in path:
                allowed = path in files
                for folder in folders:
                    if path.startswith(folder):
                        # A path has many spellings, but each one of a file of nstlib has /nstlib/
                        # in it. Only the rest counts: the environment may be in such a folder.
                        rest = "/" + path.removeprefix(folder).replace("\\", "/").lower()
                        allowed = allowed or "/nstlib/" not in rest
            if not allowed:
                raise refused("it tries to open a file; no exercise needs that")
        if event.startswith(
            ("os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "subprocess.")
        ):
            raise refused("it tries to start another program; no exercise needs that")
        if event == "import" and arguments[0] == "_posixsubprocess":
            raise refused("it tries to start another program; no exercise needs that")
        if event.startswith(("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link")) or (
            event.startswith(("os.symlink", "os.truncate", "os.chmod", "os.chown", "os.kill"))
            or event.startswith(("socket.", "ctypes.", "gc.", "shutil.", "sqlite3."))
        ):
            raise refused("it calls " + event + "; no exercise needs that")

    return guard


def refuse_programs() -> None:
    """Replace the function that starts programs and announces no event to the guard."""

    def refuse(*_: object) -> None:
        raise PermissionError("it tries to start another program; no exercise needs that")

    with suppress(ImportError):  # Windows has another one, which announces it
        import _posixsubprocess

        _posixsubprocess.fork_exec = subprocess._fork_exec = refuse


def limit(seconds: float, gigabytes: float) -> None:
    """Allow so much more memory than is in use now, where the system can be asked for that; no file.

    The judge keeps the time. But if somebody ends the judge, no loop must run on for ever.
    """
    with suppress(ImportError, OSError, ValueError):
        import resource

        # Libraries in C++ open files that the guard does not see. Nothing can be written into them.
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 30,) * 2)
        with open("/proc/self/statm") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + int(gigabytes * 2**30),) * 2)


def silence() -> None:
    """What the student's code prints goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


if __name__ == "__main__":
    import cloudpickle  # noqa: F401 - what the judge sends needs it

    main()
