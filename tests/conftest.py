"""The fixtures `browser`, `lab_server`, `lab` and `voila` are in browser.py."""

import os

import pytest
import torch
from hypothesis import HealthCheck, settings

if "PYTEST_XDIST_WORKER" in os.environ:  # each worker, and what it starts, has one core
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
# The number of threads decides how sums are rounded, and many tests compare pictures bit by bit.
os.environ["NSTLIB_THREADS"] = str(torch.get_num_threads())

# The same examples in every run, on however slow a machine. `--hypothesis-profile=default` tries others.
settings.register_profile(
    "calm", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("calm")

# What these modules make once takes long, a server or the site: each module stays in one worker.
# (The groups of xdist 3.8 have no effect with pytest 9.2.)
TOGETHER = (
    "browser",
    "browser_harness",
    "brush",
    "bundle",
    "course",
    "kernels",
    "live_page_engine",
    "paintings",
    "site",
)

pytest_plugins = ["browser"]


@pytest.hookimpl(tryfirst=True)  # before pytest reads the marks
def pytest_collection_modifyitems(items):
    """Mark what is long as slow too, and skip what needs a GPU where there is none."""
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker("slow")
        if "gpu" in item.keywords and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="there is no CUDA GPU here"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Deal the tests out to the workers of `-n 2`, module by module or one by one."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            module = nodeid.split("::")[0]
            return module if module in {f"tests/test_{name}.py" for name in TOGETHER} else nodeid

    return Scheduling(config, log)
