"""Buttons of an app on the ipykernels that people have; each of them treats callbacks in its own way.

Whether a callback runs while a cell is busy differs (6.31 and 7.4: no; 7.0 to 7.3: yes, in a thread),
and that is not tested. What apps build on is: a callback may begin a run on a worker thread, which
reaches the page from there, and another callback ends it.

Other versions than the installed one are looked for in the folders 6.31 and 7.3 of NST_KERNELS, which
`.ci/run` makes with `pip install --no-deps --target`.
"""

import ast
import importlib.metadata
import importlib.util
import os
import queue
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

pytestmark = pytest.mark.slow

WAIT = 120  # seconds until a test gives up
INSTALLED = importlib.metadata.version("ipykernel")
OTHERS = ("6.31", "7.3")


class Kernel:
    """A kernel as JupyterLab sees it, without the JupyterLab."""

    def __init__(self, client):
        self.client = client
        self.states = {}  # model id -> what the page knows of this widget
        self._texts, self._errors, self._done, self._cells = {}, {}, set(), set()
        self._subshell = self._create_subshell()

    def _create_subshell(self):
        """JupyterLab sends what concerns widgets to a subshell, where the kernel has such a thing."""
        info = self.client.kernel_info(reply=True, timeout=WAIT)["content"]
        if "kernel subshells" not in info.get("supported_features", []):
            return None
        request = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(request)
        return self.client.get_control_msg(timeout=WAIT)["content"]["subshell_id"]

    def begin(self, code):
        """Run code, without waiting; the id of the message."""
        self._cells.add(request := self.client.execute(code))
        return request

    def press(self, button):
        """What the page sends when somebody presses the button with this model id; see `begin`."""
        data = {"method": "custom", "content": {"event": "click"}}
        message = self.client.session.msg("comm_msg", {"comm_id": button, "data": data})
        if self._subshell is not None:
            message["header"]["subshell_id"] = self._subshell
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def finish(self, request):
        """Wait until a message has been dealt with: (what was printed, errors)."""
        self.until(lambda: request in self._done)
        # ipykernel 7.0 to 7.3 sleep through a message that comes in while they send a reply.
        while request in self._cells:
            reply = self.client.get_shell_msg(timeout=WAIT)
            self._cells.discard(reply["parent_header"]["msg_id"])
        return self._texts.get(request, ""), self._errors.get(request, [])

    def run(self, code):
        """Run code and wait: (what was printed, errors)."""
        return self.finish(self.begin(code))

    def ask(self, expression):
        """The value of an expression."""
        text, errors = self.run(f"print(repr(({expression})))")
        assert not errors
        return ast.literal_eval(text.strip())

    def find(self, name):
        """The model id of the only widget with the class nst-NAME."""
        found = [
            it
            for it, state in self.states.items()
            if f"nst-{name}" in state.get("_dom_classes", [])
        ]
        assert len(found) == 1
        return found[0]

    def until(self, condition):
        """Read what the kernel publishes until the condition holds."""
        end = time.monotonic() + WAIT
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            try:
                message = self.client.get_iopub_msg(timeout=0.1)
            except queue.Empty:
                continue
            kind, content = message["msg_type"], message["content"]
            parent = message["parent_header"].get("msg_id")
            if kind == "status" and content["execution_state"] == "idle":
                self._done.add(parent)
            elif kind == "stream":
                self._texts[parent] = self._texts.get(parent, "") + content["text"]
            elif kind == "error":
                self._errors.setdefault(parent, []).append(
                    f"{content['ename']}: {content['evalue']}"
                )
            elif kind in ("comm_open", "comm_msg") and "state" in content["data"]:
                self.states.setdefault(content["comm_id"], {}).update(content["data"]["state"])


@pytest.fixture(
    scope="module",
    params=[*(pytest.param(name, marks=pytest.mark.long) for name in OTHERS), "installed"],
)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def kernel(version, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kernel")
    paths = [os.environ.get("PYTHONPATH", "")]
    if version != "installed":
        if "NST_KERNELS" not in os.environ:
            pytest.skip("NST_KERNELS names no folder with other ipykernels; .ci/run makes one")
        other = Path(os.environ["NST_KERNELS"]).absolute() / version
        if not (other / "ipykernel").is_dir():
            pytest.skip(f"there is no ipykernel in {other}: pip install --no-deps --target it")
        paths.insert(0, str(other))
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "IPYTHONDIR": str(folder / "profile"),
    }
    manager, client = start_new_kernel(startup_timeout=WAIT, env=env, cwd=str(folder))
    yield Kernel(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


JOB = """
import threading
import ipywidgets as widgets
from nstlib import load_vgg19, photo, resize, transfer
from nstlib.widgets.job import Job

job, label = Job(), widgets.Label()
start, stop = widgets.Button(description="Start"), widgets.Button(description="Stop")
content, vgg = resize(photo("cat"), 32), load_vgg19()

def begin(button):
    job.start(
        lambda: transfer(content, content, vgg=vgg, steps=10**6),
        on_step=lambda step: setattr(label, "value", f"step {step.index}"),
        on_end=lambda job: setattr(label, "value", job.status),
    )

start.on_click(begin)
stop.on_click(lambda button: job.stop())
"""
THREADS = "[thread.name for thread in threading.enumerate() if thread.name == 'nstlib job']"


@pytest.fixture(scope="module")
def buttons(kernel):
    """The ids of the widgets: start, stop, label."""
    assert kernel.run(JOB) == ("", [])
    return kernel.ask("(start.model_id, stop.model_id, label.model_id)")


def test_the_kernel_is_the_one_that_is_meant(kernel, version):
    found = kernel.ask("__import__('ipykernel').__version__")
    assert found == INSTALLED if version == "installed" else found.startswith(f"{version}.")
    assert kernel.run("print(1 + 1)\n1 / 0") == ("2\n", ["ZeroDivisionError: division by zero"])


def test_stop_ends_what_start_has_begun(kernel, buttons):
    start, stop, label = buttons
    for _ in range(2):
        assert kernel.finish(kernel.press(start)) == ("", [])
        kernel.until(lambda: kernel.states[label]["value"].startswith("step"))
        assert kernel.ask("job.status") == "running"
        assert len(kernel.ask(THREADS)) == 1
        assert kernel.finish(kernel.press(stop)) == ("", [])
        kernel.until(lambda: kernel.states[label]["value"] == "stopped")
        assert kernel.ask("job.join(30), job.status") == (True, "stopped")
        assert kernel.ask(THREADS) == []


def test_stop_is_not_lost_while_a_cell_is_busy(kernel, buttons):
    start, stop, label = buttons
    kernel.finish(kernel.press(start))
    kernel.until(lambda: kernel.states[label]["value"].startswith("step"))
    cell = kernel.begin("print('busy', flush=True); import time; time.sleep(2); print('free')")
    pressed = kernel.press(stop)
    assert kernel.finish(cell) == ("busy\nfree\n", [])
    assert kernel.finish(pressed) == ("", [])
    kernel.until(lambda: kernel.states[label]["value"] == "stopped")
    assert kernel.ask("job.join(30), job.status") == (True, "stopped")
    assert kernel.ask(THREADS) == []


STUDIO = """
import threading
from nstlib.widgets import transfer_studio

app = transfer_studio(size=32)
app.settings.steps.value = app.settings.steps.max
"""


@pytest.mark.skipif(not importlib.util.find_spec("nstlib.widgets"), reason="there are no apps")
def test_stop_in_the_transfer_studio(kernel):
    assert kernel.run(STUDIO) == ("", [])
    start, stop, progress, status = map(kernel.find, ("start", "stop", "progress", "status"))
    assert kernel.finish(kernel.press(start)) == ("", [])
    kernel.until(lambda: kernel.states[progress]["value"].startswith("step"))
    assert kernel.finish(kernel.press(stop)) == ("", [])
    kernel.until(lambda: "Stopped" in kernel.states[status]["value"])
    assert kernel.ask("app.job.join(30), app.job.status") == (True, "stopped")
    assert kernel.ask(THREADS) == []
