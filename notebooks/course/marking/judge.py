"""Marks one exercise: the check of nstlib here, the student's function in a process of its own.

The check calls an `Answer`, which looks like the student's function. It sends the arguments to the
worker (worker.py) and gets numbers back, so the student's code never meets the check, its reference or
the verdict. What comes from the worker is read as JSON and never executed.
"""

import base64
import hmac
import importlib
import io
import json
import os
import pkgutil
import secrets
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cloudpickle
import numpy as np
import torch
from torch import Tensor, nn

from marking import worker
from nstlib import checks

LARGEST = 1 << 26  # bytes in one reply
GREETING = 10  # seconds for the first message; our child sends it as soon as it has connected
# What the worker gets of the environment; a lecturer's passwords and tokens are not its business.
INHERITED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
INHERITED += ("SYSTEMROOT", "USERPROFILE", "TEMP", "TMP")  # Windows


class Refused(BaseException):
    """Ends a check at once, with a sentence for the student. No check catches it."""


def mark(
    exercise: Mapping[str, Any],
    cells: Sequence[tuple[str, bool]],
    nursery: "Nursery",
    *,
    seconds: float = 30,
    gigabytes: float = 4,
) -> tuple[bool, str]:
    """Mark one exercise.

    Args:
        exercise: "chapter" and "check" name the check, as in "ch03_gram" and "gram_matrix"; "function"
            the student's function; "withheld" the functions of nstlib that it may not call.
        cells: The student's cells in order, each with whether it is the cell of this exercise.
        nursery: Where the worker comes from.
        seconds: What all calls of the function may take together.
        gigabytes: The memory that the function may use, on Linux.

    Returns:
        Whether the answer is right, and what the student reads.

    Raises:
        RuntimeError: where the worker cannot start, for example because an import of the sheet fails.
    """
    chapter = importlib.import_module(f"nstlib.checks.{exercise['chapter']}")
    check = getattr(chapter, exercise["check"])
    given = exercise["function"], list(exercise["withheld"]), _roots(), (seconds, gigabytes)
    # Outside of `try`: a worker that does not start is no fault of the student's function.
    with nursery.child(seconds) as child, _one_thread():
        try:
            if problem := child.ask("start", list(cells), *given).get("problem"):
                raise Refused(problem)
            verdict = check(Answer(child, gigabytes))
        except Refused as refused:
            verdict = checks.Verdict(False, str(refused))
        except Exception as error:
            said = f"your function stops with {type(error).__name__}: {error}"
            verdict = checks.Verdict(False, said)
    return verdict.right is True, repr(verdict)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch compute with one thread.

    The checks compute little. With two threads on two cores that other programs used as well, those
    of notebook 01 took about twice as long, because threads wait for each other by spinning.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Nursery:
    """A process that has imported what the sheet imports, and makes a child for each exercise.

    Args:
        imports: The source of the sheet's cell with imports.
        patience: Seconds that the imports may take, on a slow and busy machine.
    """

    def __init__(self, imports: str, *, patience: float = 1800):
        self.imports, self.patience, self.process = imports, patience, None
        self.door = socket.create_server(("127.0.0.1", 0))
        self.secret = secrets.token_hex()
        self.folder = TemporaryDirectory(prefix="nstlib-marking-", ignore_cleanup_errors=True)

    def close(self) -> None:
        """End the process."""
        self.door.close()
        self._end()
        self.folder.cleanup()

    def _end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _begin(self) -> None:
        """Start the process in an empty folder.

        -P keeps the folder of the script out of its module path.
        """
        command = [sys.executable, "-P", str(Path(worker.__file__).resolve())]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, text=True, cwd=self.folder.name, env=_environment()
        )
        chapters = [one.name for one in pkgutil.iter_modules(checks.__path__)]
        setup = {"port": self.door.getsockname()[1], "secret": self.secret}
        setup |= {"imports": self.imports, "chapters": chapters}
        print(json.dumps(setup), file=self.process.stdin, flush=True)

    @contextmanager
    def child(self, seconds: float) -> Iterator["Child"]:
        """A fresh child, which is killed at the end whatever it does."""
        try:
            if self.process is None or self.process.poll() is not None:
                self._end()
                self._begin()
            print("one more", file=self.process.stdin, flush=True)
            link, pid = self._accept()
        except OSError as error:
            self._end()
            raise RuntimeError(
                "The process for students' code does not start; see what it printed."
            ) from error
        try:
            yield Child(link, seconds)
        finally:
            link.close()
            with suppress(OSError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            if not hasattr(os, "fork"):
                self._end()  # Windows: the process was the child

    def _accept(self) -> tuple[socket.socket, int]:
        """The connection of our child; strangers are turned away."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end and self.process.poll() is None:
            self.door.settimeout(1)
            try:
                link, _ = self.door.accept()
            except TimeoutError:
                continue
            with suppress(OSError, EOFError, ValueError, RecursionError):
                hello = Child(link, GREETING).read()
                if hmac.compare_digest(str(hello.get("secret")).encode(), self.secret.encode()):
                    return link, hello["pid"]
            link.close()
        raise ChildProcessError("It ended, or it took too long.")


class Child:
    """One worker at the other end of a connection, and the time that it has left."""

    def __init__(self, link: socket.socket, seconds: float):
        self.link, self.seconds = link, seconds
        self.end = time.monotonic() + seconds

    def ask(self, what: str, *arguments: Any) -> dict[str, Any]:
        """Send a question and wait for the reply; raises Refused where there is none in time."""
        message = _pickled((what, *arguments))
        try:
            self.link.settimeout(max(self.end - time.monotonic(), 0.001))
            worker.send(self.link, message)
            return self.read()
        except TimeoutError:
            raise Refused(
                f"after {self.seconds:g} seconds there was no result. Is there a loop that never ends?"
            ) from None
        except (EOFError, OSError):
            raise Refused("it ended the process in which it was run, and gave no result.") from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Refused("what it returns cannot be read.") from None

    def read(self) -> dict[str, Any]:
        """The next message."""
        (size,) = struct.unpack("!I", self._receive(4))
        if size > LARGEST:
            raise ValueError
        reply = json.loads(self._receive(size))
        if not isinstance(reply, dict):
            raise ValueError
        return reply

    def _receive(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            left = self.end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.link.settimeout(left)
            part = self.link.recv(min(size - len(data), 1 << 16))
            if not part:
                raise EOFError
            data += part
        return bytes(data)


class Answer:
    """The student's function as a check sees it: call it, and differentiate what it returns."""

    def __init__(self, child: Child, gigabytes: float):
        self.child, self.gigabytes, self.calls = child, gigabytes, 0

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns for these arguments."""
        plain = [x.detach() if isinstance(x, Tensor) else x for x in arguments]
        for x, one in zip(arguments, plain, strict=True):
            if isinstance(x, Tensor):
                one.requires_grad_(x.requires_grad)
        reply = self._checked(self.child.ask("call", plain))
        number, self.calls = self.calls, self.calls + 1
        tensors = [x for x in arguments if isinstance(x, Tensor)]
        modules = [x for x in arguments if isinstance(x, nn.Module)]
        for module, left in zip(modules, reply["modules"], strict=False):
            _leave_behind(module, left)
        return self._rebuilt(reply["value"], tensors, number, iter(range(LARGEST)))

    def gradients(self, number: int, output: int, along: Tensor) -> list[Tensor | None]:
        """Of one output of an earlier call, with respect to its tensors."""
        reply = self._checked(self.child.ask("gradient", number, output, along.detach()))
        return [self._rebuilt(one, [], 0, iter(range(1))) for one in reply["gradients"]]

    def _checked(self, reply: dict[str, Any]) -> dict[str, Any]:
        """The reply, or the error that it reports."""
        if "error" not in reply:
            return reply
        name, text = str(reply["error"]), str(reply["text"])
        if text.startswith(worker.WITHHELD):
            called = text.removeprefix(worker.WITHHELD)
            raise Refused(f"it calls {called}, and the exercise asks you to write that yourself.")
        if reply["memory"]:
            raise Refused(f"it asks for more than {self.gigabytes:g} GB of memory.")
        if name == "NotImplementedError":
            raise NotImplementedError
        raise type(name, (RuntimeError,), {})(text)

    def _rebuilt(self, said: dict, tensors: list, number: int, outputs: Iterator[int]) -> Any:
        """A value from JSON. What depends on the arguments gets its gradients from the worker."""
        kind = said["kind"]
        if kind == "plain":
            return said["value"]
        if kind == "stub":
            return ...
        if kind == "other":
            return type(str(said["type"]), (), {})()
        if kind in ("tuple", "list", "dict"):
            members = [self._rebuilt(one, tensors, number, outputs) for one in said["members"]]
            if kind == "dict":
                keys = [self._rebuilt(one, [], number, outputs) for one in said["keys"]]
                return dict(zip(keys, members, strict=True))
            return tuple(members) if kind == "tuple" else members
        value = _tensor(said)
        if kind in ("array", "number"):
            return value.numpy() if kind == "array" else value.numpy()[()]
        output, same = next(outputs), said["same"]
        follows = said["requires_grad"] and not said["is_leaf"]
        if follows:
            anchor = torch.zeros((), requires_grad=True)  # so that the result requires a gradient
            return _Remote.apply(self, number, output, value, anchor, *tensors)
        if same is not None and tensors[same].shape == value.shape:
            with torch.no_grad():
                value = tensors[same].detach().copy_(value)
        return value.requires_grad_(bool(said["requires_grad"]))


class _Remote(torch.autograd.Function):
    """A result of the worker, with the way back to the arguments through the worker."""

    @staticmethod
    def forward(ctx, answer, number, output, value, anchor, *tensors):
        ctx.ask = answer, number, output
        return value.clone()

    @staticmethod
    def backward(ctx, along):
        answer, number, output = ctx.ask
        return None, None, None, None, None, *answer.gradients(number, output, along)


def _tensor(said: Mapping[str, Any]) -> Tensor:
    """The numbers of a tensor in the type that they had."""
    name = said["type"] if said["type"] in worker.DTYPES else None
    wide = np.float64 if name is None or "float" in name else np.int64
    if said["type"] == "bool":
        name, wide = "bool", np.int64
    data = np.frombuffer(base64.b64decode(said["data"]), wide).copy()
    return torch.from_numpy(data).reshape(said["shape"]).to(getattr(torch, name or "float64"))


def _leave_behind(module: nn.Module, left: Mapping[str, Any]) -> None:
    """Let a network here look to the check as the one there looks after the call.

    Its weights are changed, but not to the student's values: a check compares what the network
    answers before and after, and its reference must never compute with a student's weights.
    """
    for _ in range(min(int(left["hooks"]), 100)):
        module.register_forward_hook(lambda *_: None)
    for parameter, filled in zip(module.parameters(), left["filled"], strict=False):
        if filled:
            parameter.grad = torch.zeros_like(parameter)
        if left["changed"]:
            parameter.data += 1


def _pickled(message: tuple) -> bytes:
    """A message with the functions and classes of the checks by value: the worker has no checks."""
    modules = [m for name, m in sys.modules.items() if name.startswith("nstlib.checks.")]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        file = io.BytesIO()
        cloudpickle.dump(message, file)
        return file.getvalue()
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _roots() -> list[str]:
    """Folders from which the worker may read once the student's code runs, for what Python imports."""
    paths = (sys.prefix, sys.base_prefix)
    return sorted({one + os.sep for path in paths for one in (path, os.path.realpath(path))})


def _environment() -> dict[str, str]:
    """The worker's environment; it has another working directory, so paths to modules are absolute."""
    found = {name: os.environ[name] for name in INHERITED if name in os.environ}
    if "PYTHONPATH" in found:
        paths = found["PYTHONPATH"].split(os.pathsep)
        found["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, paths))
    return found
