"""Marks: what the judge says of right, wrong, careless and hostile answers, sheet by sheet.

Here the judge is asked directly, with the sheets that build.py writes. That nbgrader's own commands come
to the same marks is tested in test_course.py.
"""

import importlib
import inspect
import json
import os
import runpy
import socket
import sqlite3
from contextlib import ExitStack, closing
from copy import deepcopy
from functools import cache
from pathlib import Path

import course_parts as parts
import marking
import pytest
import torch
from marking import judge
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_course import MARKED, NOTEBOOKS, notebook_of, sheet_of

import nstlib
from nstlib.checks import Verdict

pytestmark = pytest.mark.slow  # importing PyTorch, for each sheet


@pytest.fixture(scope="module")
def nursery_of():
    """{sheet: the process that its answers come from}, made when first asked for."""

    @cache
    def make(name):
        (imports,) = [c.source for c in sheet_of(name).cells if marking._id(c) == "imports"]
        made.append(judge.Nursery(imports))
        return made[-1]

    made = []
    yield make
    for nursery in made:
        nursery.close()


@pytest.fixture(scope="module")
def marked(nursery_of):
    """The judge, for one exercise of a sheet and the source of the student's cell."""

    def mark(name, function, source, *, others=(), seconds=600, **limits):
        (test,) = [c for c in sheet_of(name).cells if marking._id(c) == f"test-{function}"]
        cells = [*((other, False) for other in others), (source, True)]
        nursery = nursery_of(name)
        return judge.mark(test.metadata.exercise, cells, nursery, seconds=seconds, **limits)

    return mark


def cells_of(name):
    """{function: its cell with the solution in it} of a sheet."""
    return {marking._id(c): c.source for c in sheet_of(name).cells if marking._is(c, "solution")}


def check_of(name, function):
    """The check as the notebook calls it, in this process."""
    (test,) = [c for c in sheet_of(name).cells if marking._id(c) == f"test-{function}"]
    about = test.metadata.exercise
    return getattr(importlib.import_module(f"nstlib.checks.{about['chapter']}"), about["check"])


def defined(source, function):
    """The function of a cell's source, defined in this process."""
    names = {"torch": torch}
    exec(source, names)
    return names[function]


# Right and wrong


@pytest.mark.long
@pytest.mark.parametrize("name", MARKED)
def test_all_solutions_are_right_and_all_stubs_are_not_attempted(name, nursery_of):
    sheet = sheet_of(name)
    for test in [cell for cell in sheet.cells if marking._is(cell, "grade")]:
        exercise, function = test.metadata.exercise, test.metadata.exercise["function"]
        cells = marking.cells_before(sheet, test)
        right, said = judge.mark(exercise, cells, nursery_of(name), seconds=600)
        assert right, said
        assert said == repr(check_of(name, function)(solved(name)[function]))
        stub = [(f"def {function}(*arguments):\n    ...", True)]
        assert judge.mark(exercise, stub, nursery_of(name), seconds=600) == (
            False,
            "not attempted yet",
        )


@cache
def solved(name):
    return runpy.run_path(str(NOTEBOOKS / "solutions" / f"{name}.py"))


WRONG = {
    "a division is missing": ("03_gram", "my_gram", "flat = x.flatten(2); return flat @ flat.mT"),
    "another shape": ("03_gram", "my_gram", "return x.flatten(2)[0]"),
    "a value": ("03_gram", "my_correlation", "return torch.rand(x.shape, generator=G())"),
    "an array": ("03_gram", "my_gram", "return x.numpy()"),
    "an error": ("03_gram", "my_gram", "return x / 'two'"),
    "another kind of thing": ("03_gram", "my_distance", "return object"),
    "no gradient": ("02_content", "my_content_loss", "return ((x - y) ** 2).sum().detach()"),
    "a number": ("02_content", "my_content_loss", "return ((x - y) ** 2).sum().item()"),
    "a part of the gradient": (
        "02_content",
        "my_content_loss",
        "return ((x - y) ** 2).sum().detach() + x.sum() - x.sum().detach()",
    ),
    "uphill": ("05_transfer", "my_gradient", "return -x"),
    "no leaf": ("05_transfer", "my_start", "return x.clone().requires_grad_() * 1"),
    "the photo itself": ("05_transfer", "my_start", "return x.requires_grad_()"),
    "gradients in the weights": (
        "05_transfer",
        "my_gradient",
        """
    x = x.detach().requires_grad_()
    def gram(f):
        return f.flatten(2) @ f.flatten(2).mT / f[0, 0].numel()
    net, style = rest[1], rest[0]
    loss = (net(x) - net(y).detach()).square().mean()
    loss = loss + (gram(net(x)) - gram(net(style)).detach()).square().mean()
    loss.backward()
    return x.grad""",
    ),
    "hooks left": (
        "01_what_the_network_sees",
        "keep_features",
        """
    kept = []
    x.get_submodule(rest[0]).register_forward_hook(lambda m, i, o: kept.append(o))
    x(y)
    return kept[0]""",
    ),
    "a network that was changed": (
        "01_what_the_network_sees",
        "keep_features",
        """
    kept = []
    hook = x.get_submodule(rest[0]).register_forward_hook(lambda m, i, o: kept.append(o))
    x(y)
    hook.remove()
    x.relu3_1 = torch.nn.Identity()
    return kept[0]""",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_answer_gets_the_words_that_it_gets_in_the_notebook(wrong, marked):
    """Values, types, gradients, and what was left in a network all arrive from the other process."""
    name, function, body = WRONG[wrong]
    source = "G = lambda: torch.Generator().manual_seed(0)\n"
    source += f"def {function}(x, y=None, *rest, seed=0):\n    {body.strip()}\n"
    verdict = check_of(name, function)(defined(source, function))
    assert verdict.right is False
    assert marked(name, function, source) == (False, repr(verdict))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def gram(x): return x", "there is no function my_gram in the cell"),
        ("", "there is no function my_gram in the cell"),
        ("def my_gram(x) return x", "Python cannot read the cell in line 1"),
        ("1 / 0\ndef my_gram(x): return x", "the cell stops with ZeroDivisionError"),
        ("my_gram = 3", "there is no function my_gram in the cell"),
        ("def my_gram(x, y): return x", "missing 1 required positional argument"),
    ],
)
def test_an_answer_that_cannot_be_called_is_told_why(source, said, marked):
    right, sentence = marked("03_gram", "my_gram", source)
    assert not right
    assert sentence.startswith("not yet: ")
    assert said in sentence


def test_helpers_magics_and_what_other_cells_define_may_be_used(marked):
    """As in a notebook; but of another cell only definitions, so that it can neither stop nor hang."""
    helper = (
        "import math\nHALF = 1 / 2\ndef flat(x):\n    return x.flatten(2)\n1 / 0\nwhile True: pass"
    )
    source = """%timeit 1
def my_gram(x):
    return math.sqrt(4) * HALF * flat(x) @ flat(x).mT / x[0, 0].numel()
print(my_gram(undefined))"""
    right, said = marked("03_gram", "my_gram", source, others=[helper, "this is no Python"])
    assert right, said


# Attacks. Each of them must leave the judge with what it would say of an honest answer.

STUB = "def {0}(*arguments): ...\n"
FIND = """
def seen(start):
    while start is not None:
        for value in [*start.f_locals.values(), *start.f_globals.values()]:
            if callable(value) and "reference" in str(getattr(value, "__name__", "")):
                return value
        start = start.f_back
"""
ATTACKS = {
    "every check says right (from the review)": (
        "03_gram",
        "my_gram",
        STUB
        + """
from nstlib.checks import Verdict
from nstlib.checks import ch03_gram as checks
for n in ("gram_matrix", "correlation_matrix", "shuffle_positions", "gram_distance"):
    setattr(checks, n, lambda f: Verdict(True, "ok"))
""",
        "not attempted yet",
    ),
    "judge, Verdict and torch's comparisons": (
        "03_gram",
        "my_gram",
        """
import nstlib.checks.verdict as v, builtins
v.judge = lambda *a, **k: v.Verdict(True, "ok")
v.same = torch.allclose = torch.equal = torch.Tensor.__eq__ = lambda *a, **k: True
v.Verdict.__init__ = lambda s, *a, **k: None
builtins.repr = lambda x: "right: ok"
def my_gram(features):
    return features.sum() * torch.ones(features.shape[0], features.shape[1], features.shape[1])
""",
        "not yet: ",
    ),
    "a kernel that skips the tests": (
        "03_gram",
        "my_gram",
        STUB + "\nget_ipython().input_transformers_cleanup.append(lambda lines: [])",
        "not attempted yet",
    ),
    "the reference, from the frames of the caller": (
        "03_gram",
        "my_gram",
        FIND + "\nimport sys\ndef my_gram(x): return seen(sys._getframe())(x)",
        "your function stops with TypeError",
    ),
    "the reference, from the garbage collector": (
        "03_gram",
        "my_gram",
        """
import gc
def my_gram(x):
    for one in gc.get_objects():
        if getattr(one, "__name__", "") == "gram_matrix" and one is not my_gram:
            return one(x)
""",
        "it calls gc.get_objects; no exercise needs that",
    ),
    "the library under a computed name": (
        "03_gram",
        "my_gram",
        """
import importlib
def my_gram(x):
    return getattr(importlib.import_module("nst" + "lib.los" + "ses"), "gram" + "_matrix")(x)
""",
        "it calls nstlib.losses.gram_matrix, and the exercise asks you to write that yourself",
    ),
    "the library, imported anew": (
        "03_gram",
        "my_gram",
        """
import sys, importlib
for name in [n for n in sys.modules if n.startswith("nstlib")]:
    del sys.modules[name]
def my_gram(x):
    return importlib.import_module("nstlib.checks.ch03_gram").losses.gram_matrix(x)
""",
        "not yet: your function stops with ",
    ),
    "the library's source": (
        "03_gram",
        "my_gram",
        """
import nstlib.losses
def my_gram(x):
    names = {}
    exec(open(nstlib.losses.__file__).read(), names)
    return names["gram_matrix"](x)
""",
        "it tries to open a file; no exercise needs that",
    ),
    "the library's source, by way of /proc": (
        "03_gram",
        "my_gram",
        """
import os
import nstlib.losses
def my_gram(x):
    names = {"__name__": "nstlib.copy"}
    exec(open(f"/proc/{os.getpid()}/root{nstlib.losses.__file__}").read(), names)
    return names["gram_matrix"](x)
""",
        "it tries to open a file",
    ),
    "other files of nstlib": (
        "03_gram",
        "my_gram",
        """
import nstlib
def my_gram(x):
    with open(nstlib.__path__[0] + "/checks/verdict.py", "a") as file:
        file.write("\\njudge = lambda *a, **k: Verdict(True, 'ok')\\n")
""",
        "it tries to open a file; no exercise needs that",
    ),
    "the guard itself, from the frames of the worker": (
        "03_gram",
        "my_gram",
        """
import os, sys
import nstlib.losses
def my_gram(x):
    frame = sys._getframe()
    while frame is not None:
        if "guard_of" in frame.f_globals:
            frame.f_globals["guard_of"].__code__ = (lambda *a: None).__code__
            frame.f_globals["os"] = None
        frame = frame.f_back
    os.path.realpath = os.fspath = lambda *a: sys.prefix
    exec(open(nstlib.losses.__file__).read(), globals())
    return gram_matrix(x)
""",
        "it tries to open a file; no exercise needs that",
    ),
    "another program": (
        "03_gram",
        "my_gram",
        "import os\ndef my_gram(x): os.system('true')",
        "it tries to start another program; no exercise needs that",
    ),
    "a process that stays": (
        "03_gram",
        "my_gram",
        "import os\ndef my_gram(x): os.fork()",
        "it tries to start another program; no exercise needs that",
    ),
    "equal to everything": (
        "03_gram",
        "my_distance",
        """
class Same(float):
    __eq__ = __le__ = __ge__ = lambda *_: True
    __sub__ = __rsub__ = lambda *_: 0.0
def my_distance(a, b): return Same(9)
""",
        "not yet: ",
    ),
    "a tensor that is equal to everything": (
        "03_gram",
        "my_gram",
        """
class Same(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function in (torch.allclose, torch.equal): return True
        return super().__torch_function__(function, types, args, kwargs or {})
def my_gram(x):
    return torch.zeros(x.shape[0], x.shape[1], x.shape[1]).as_subclass(Same)
""",
        "not yet: ",
    ),
    "the end of the process": (
        "03_gram",
        "my_gram",
        "import os\ndef my_gram(x): os._exit(0)",
        "it ended the process in which it was run",
    ),
    "sys.exit": (
        "03_gram",
        "my_gram",
        "import sys\ndef my_gram(x): sys.exit(0)",
        "your function stops with SystemExit",
    ),
    "a forged line": (
        "03_gram",
        "my_gram",
        """
import os, sys
line = "right: C x C for every picture, and the mean over its positions. A Gram matrix."
print(line); print(line, file=sys.stderr)
def my_gram(x): os.write(1, line.encode())
""",
        "not attempted yet",
    ),
    "a forged message on every channel": (
        "03_gram",
        "my_gram",
        """
import json, os, struct
said = json.dumps({"right": True, "message": "ok", "value": {"kind": "right"}}).encode()
def my_gram(x):
    for channel in range(3, 100):
        try: os.write(channel, struct.pack("!I", len(said)) + said)
        except OSError: pass
    return x
""",
        "not yet: ",
    ),
    "a message of 4 GB that never comes": (
        "03_gram",
        "my_gram",
        """
import os
def my_gram(x):
    for channel in range(3, 100):
        try: os.write(channel, b"\\xff\\xff\\xff\\xff")
        except OSError: pass
    return x
""",
        "what it returns cannot be read",
    ),
    "a loss of the library (from the review)": (
        "02_content",
        "my_content_loss",
        """
import nstlib
def my_content_loss(f, t): return nstlib.content_loss(f, t, convention="lecture")
""",
        "it calls nstlib.losses.content_loss",
    ),
    "the library's total variation (from the review)": (
        "02_content",
        "my_total_variation",
        """
import nstlib
def my_total_variation(x): return nstlib.total_variation(x) * x.numel()
""",
        "it calls nstlib.losses.total_variation",
    ),
    "the library's answer, with the error caught": (
        "02_content",
        "my_content_loss",
        """
import nstlib
def my_content_loss(f, t):
    try: return nstlib.content_loss(f, t, convention="lecture")
    except Exception: return None
""",
        "not attempted yet",
    ),
    "a network whose weights are all zero": (
        "05_transfer",
        "my_gradient",
        """
def my_gradient(image, content, style, network):
    with torch.no_grad(): network.weight.zero_()
    return torch.zeros_like(image)
""",
        "not yet: ",
    ),
    "checks.recolored (from the review)": (
        "06_experiments",
        "my_recolored",
        "from nstlib.checks import ch06_experiments\nmy_recolored = ch06_experiments.recolored",
        "it calls nstlib.checks.ch06_experiments.recolored, and the exercise asks you to write",
    ),
    "with_colors_of (from the review)": (
        "06_experiments",
        "my_with_colors_of",
        "from nstlib.images import with_colors_of as my_with_colors_of",
        "it calls nstlib.images.with_colors_of",
    ),
    "checks.mixed_gram (from the review)": (
        "06_experiments",
        "my_mixed_gram",
        "from nstlib.checks.ch06_experiments import mixed_gram as my_mixed_gram",
        "it calls nstlib.checks.ch06_experiments.mixed_gram",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gets_no_marks(attack, marked):
    name, function, source, said = ATTACKS[attack]
    verdict = Path(importlib.import_module("nstlib.checks.verdict").__file__)
    before = verdict.read_bytes()
    source = source.replace("{0}", function)
    right, sentence = marked(name, function, source)
    assert not right, sentence
    assert said in sentence
    assert verdict.read_bytes() == before
    # And the next student of the same sheet is marked as ever.
    cells = cells_of(name)
    right, sentence = marked(name, function, cells[function], others=cells.values())
    assert right, sentence


@pytest.mark.parametrize("spelling", ["{root}//nstlib", "{root}/./nstlib", "{tmp}/lib64/nstlib"])
def test_no_spelling_of_its_path_opens_the_library(spelling, marked, monkeypatch, tmp_path):
    """As after a plain `pip install`, where nstlib is in a folder from which Python reads modules."""
    root = Path(nstlib.__path__[0]).parent
    (tmp_path / "lib").symlink_to(root)
    (tmp_path / "lib64").symlink_to("lib")
    readable = [*judge._roots(), f"{root}/", f"{tmp_path}/"]
    monkeypatch.setattr(judge, "_roots", lambda: readable)
    path = spelling.format(root=root, tmp=tmp_path) + "/losses.py"
    right, said = marked(
        "03_gram",
        "my_gram",
        f"""
def my_gram(x):
    names = {{"__name__": "nstlib.copy"}}
    exec(open({path!r}).read(), names)
    return names["gram_matrix"](x)
""",
    )
    assert not right
    assert "it tries to open a file" in said


def test_a_submission_cannot_write_into_the_gradebook(marked, tmp_path):
    """SQLite opens its files in C, where Python announces no `open`."""
    book = tmp_path / "gradebook.db"
    with closing(sqlite3.connect(book)) as database:
        database.execute("create table grade (points)")
        database.execute("insert into grade values (0)")
        database.commit()
    source = f"""
import sqlite3
def my_gram(x):
    database = sqlite3.connect({str(book)!r})
    database.execute("update grade set points = 9")
    database.commit()
"""
    right, said = marked("03_gram", "my_gram", source)
    assert not right
    assert "it calls sqlite3.connect; no exercise needs that" in said
    with closing(sqlite3.connect(book)) as database:
        assert database.execute("select points from grade").fetchall() == [(0,)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no limit for files")
def test_what_is_written_without_python_stays_empty(marked, tmp_path):
    made = tmp_path / "made.pt"
    source = f"import torch\ndef my_gram(x): torch.save(x, {str(made)!r})"
    assert not marked("03_gram", "my_gram", source)[0]
    assert not made.exists() or made.stat().st_size == 0


QUIETLY = """
import subprocess, sys, types
everything = {name: getattr(sys, name) for name in dir(sys)}
subprocess.sys = types.SimpleNamespace(**everything | {"audit": lambda *_: None})
"""
ANEW = """
del sys.modules["_posixsubprocess"]
import _posixsubprocess
subprocess._fork_exec = _posixsubprocess.fork_exec
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows announces each program")
@pytest.mark.parametrize("more", ["", ANEW])
def test_no_program_starts_where_nothing_announces_it(more, marked, tmp_path):
    made = tmp_path / "made"
    call = f"def my_gram(x): subprocess.run(['touch', {str(made)!r}])"
    right, said = marked("03_gram", "my_gram", QUIETLY + more + call)
    assert not right
    assert not made.exists(), said


def test_the_worker_sees_neither_the_lecturers_folder_nor_the_environment(monkeypatch):
    monkeypatch.setenv("TOKEN_OF_THE_LECTURER", "1234")
    monkeypatch.setenv("PYTHONPATH", os.path.relpath(Path(nstlib.__path__[0]).parent))
    source = "def seen(): return [os.listdir(), 'TOKEN_OF_THE_LECTURER' in os.environ]"
    with closing(judge.Nursery("import os, nstlib")) as nursery, nursery.child(600) as child:
        given = "seen", [], judge._roots(), (600, 4)
        assert child.ask("start", [(source, True)], *given) == {}
        assert judge.Answer(child, 4)() == [[], False]


IN_THE_NOTEBOOK = [name for name in ATTACKS if "total variation" in name or "colors" in name]


@pytest.mark.parametrize("attack", IN_THE_NOTEBOOK)
def test_such_an_answer_would_pass_in_the_notebook(attack):
    """So the attacks above are attacks, and it is the judge that notices them."""
    name, function, source, _ = ATTACKS[attack]
    assert check_of(name, function)(defined(source, function)).right


def test_what_an_exercise_allows_is_not_withheld(marked):
    """02 names `minimize` for the counterexample, 05 and 06 name `gram_matrix`."""
    source = """
import nstlib
def my_mixed_gram(one, other, share):
    return share * nstlib.gram_matrix(one) + (1 - share) * nstlib.gram_matrix(other)
"""
    assert marked("06_experiments", "my_mixed_gram", source)[0]


# Where the fault is not the student's


def test_no_student_gets_zero_points_because_the_worker_does_not_start(monkeypatch):
    (test,) = [c for c in sheet_of("03_gram").cells if marking._id(c) == "test-my_gram"]
    with closing(judge.Nursery("import no_such_module")) as nursery:
        for _ in range(2):  # the second finds a process that has ended
            with pytest.raises(RuntimeError, match="does not start"):
                judge.mark(test.metadata.exercise, [("", True)], nursery)
        nursery._begin()
        nursery.process.wait()
        monkeypatch.setattr(nursery.process, "poll", lambda: None)  # it ends right after the look
        with pytest.raises(RuntimeError, match="does not start"):
            judge.mark(test.metadata.exercise, [("", True)], nursery)


def test_strangers_at_the_door_do_not_stop_the_marking():
    """Any program on this machine may connect: it may say nothing, or anything."""
    with closing(judge.Nursery("import nstlib")) as nursery, ExitStack() as strangers:
        said = [b"", b"\0\0", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\2[]"]
        said += [b"\0\0\0\4nope", b"\0\0\0\x15" + json.dumps({"secret": "\u2026"}).encode() + b" "]
        for number, words in enumerate(said):
            stranger = strangers.enter_context(socket.create_connection(nursery.door.getsockname()))
            stranger.sendall(words)
            if number:  # the first one stays, and says nothing
                stranger.shutdown(socket.SHUT_WR)
        with nursery.child(600) as child:
            assert child.ask("start", [("x = abs", True)], "x", [], judge._roots(), (600, 4)) == {}


def test_the_judge_computes_with_one_thread(marked, monkeypatch):
    """Two threads wait for each other by spinning where another program has one of two cores."""
    seen, chapter = [], importlib.import_module("nstlib.checks.ch03_gram")
    before = torch.get_num_threads()

    def check(answer):
        seen.append(torch.get_num_threads())
        return Verdict(True, "")

    monkeypatch.setattr(chapter, "gram_matrix", check)
    torch.set_num_threads(2)
    try:
        assert marked("03_gram", "my_gram", "def my_gram(x): return x")[0]
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


# Time and memory


@pytest.mark.parametrize(
    "source",
    [
        "def my_gram(x):\n    while True: pass",
        "while True: pass\ndef my_gram(x): return x",
        "import time\ndef my_gram(x): time.sleep(1e6)",
        "def my_gram(x):\n    try:\n        while 1: pass\n    except BaseException: my_gram(x)",
    ],
)
def test_an_endless_loop_ends_in_a_sentence(source, marked):
    right, said = marked("03_gram", "my_gram", source, seconds=1)
    assert not right
    assert said.startswith("not yet: after 1 seconds there was no result.")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="the limit is Linux's")
@pytest.mark.parametrize(
    "body", ["[x.repeat(99999, 1, 9, 9)] * 9", "torch.zeros(10**12)", "'a' * 10**11"]
)
def test_too_much_memory_ends_in_a_sentence(body, marked):
    right, said = marked("03_gram", "my_gram", f"def my_gram(x): return {body}", gigabytes=0.3)
    assert not right
    assert "it asks for more than 0.3 GB of memory" in said or "cannot be read" in said


# Submissions


def handed_in(name, solutions):
    """A sheet as nbgrader hands it out, with some stubs filled in."""
    made = sheet_of(name)
    for cell in made.cells:
        if marking._is(cell, "solution"):
            function = marking._id(cell)
            cell.source = cells_of(name)[function] if function in solutions else "..."
    return made


def test_a_lesson_and_another_sheet_are_refused_with_a_sentence():
    sheet = sheet_of("05_transfer")
    name = "sheet_05_transfer"
    assert marking.why_refused(handed_in("05_transfer", ()), sheet, name) is None
    said = marking.why_refused(notebook_of("05_transfer"), sheet, name)
    assert said.startswith(
        "This is the lesson `05_transfer`, and not the sheet `sheet_05_transfer`."
    )
    said = marking.why_refused(notebook_of("03_gram"), sheet, name)
    assert said.startswith("This is a lesson of the course, and not the sheet `sheet_05_transfer`.")
    said = marking.why_refused(handed_in("03_gram", ()), sheet, name)
    assert said.startswith("This is another sheet")
    said = marking.why_refused(new_notebook(cells=[new_markdown_cell("Hello")]), sheet, name)
    assert said.startswith("This notebook has none of the sheet's cells.")
    for wrong in (said, marking.why_refused(notebook_of("05_transfer"), sheet, name)):
        assert "hand in that file" in wrong


def test_cells_that_were_deleted_moved_doubled_or_unlocked_are_put_right():
    sheet = sheet_of("03_gram")
    given = handed_in("03_gram", {"my_gram", "my_distance"})
    cells = {marking._id(cell): cell for cell in given.cells}
    cells["test-my_gram"].source = "print('right')"
    cells["imports"].source = "import nothing"
    extra = new_code_cell("def helper(): ...")
    older = deepcopy(cells["my_distance"])  # a student pastes a cell, and goes on in the second
    older.source = "def my_distance(first, second): ..."
    given.cells = [
        older,
        cells["my_distance"],
        cells["imports"],
        cells["my_gram"],
        extra,
        cells["test-my_gram"],
    ]
    made = marking.restored(given, sheet)
    ids = [marking._id(cell) for cell in made.cells if marking._id(cell)]
    assert ids == [marking._id(cell) for cell in sheet.cells]
    found = {marking._id(cell): cell for cell in made.cells}
    assert "checks.gram_matrix(my_gram)" in found["test-my_gram"].source
    assert "import torch" in found["imports"].source
    assert found["my_distance"].source == cells["my_distance"].source
    assert "is missing" in found["my_correlation"].source
    assert found["my_correlation"].metadata.missing
    assert not found["my_gram"].metadata.missing
    test = found["test-my_gram"]
    assert marking.cells_before(made, test) == [
        (cells["my_gram"].source, True),
        (extra.source, False),
    ]


def test_no_function_that_an_exercise_withholds_is_gone_from_nstlib():
    for name in MARKED:
        for cell, note in parts.notes_of(NOTEBOOKS / "course" / "notes" / f"{name}.md").items():
            for withheld in note.withheld:
                place, function = withheld.rsplit(".", 1)
                module = importlib.import_module(f"nstlib.{place}")
                assert inspect.isfunction(inspect.unwrap(getattr(module, function))), cell
