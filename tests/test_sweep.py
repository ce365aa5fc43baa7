"""Sweeps: every cell once, in order, whatever fails. Most recipes here only count and fail."""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import joblib
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from nstlib.images import photo, resize
from nstlib.optimize import RunFailed, Step
from nstlib.progress import finish
from nstlib.style_transfer import reconstruct_style, transfer
from nstlib.sweep import cells as cell_files
from nstlib.sweep import grid, runs, sweep
from nstlib.vgg import load_vgg19

TINY = {"weights": "random", "width": 1 / 16, "device": "cpu"}
WAIT = 300  # seconds until a test gives up; none takes nearly as long
calls = []

quiet = partial(sweep, progress=False)


def step(value, index=0):
    return Step(index, 1, torch.full((1, 3, 4, 5), float(value)), {"a": value / 3, "total": value})


def shade(value, *, other=None):
    """The cheapest of recipes: a picture of one gray."""
    calls.append(value)
    yield step(0)
    yield step(value, 1)


def fussy(value, *, broken=()):
    yield from shade(value)
    if value in broken:
        raise RunFailed("it diverged.", step(value / 2))


def deadly(value, *, kills, marks):
    """Kill the process at some values, once each."""
    if value in kills and not (marks / str(value)).exists():
        (marks / str(value)).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    yield step(value)


def telling(value, *, vgg):
    losses = {"process": os.getpid(), "network": id(vgg), "threads": torch.get_num_threads()}
    yield Step(0, 1, torch.zeros(1, 3, 4, 5), losses)


@pytest.fixture(autouse=True)
def no_calls():
    calls.clear()


@pytest.fixture(scope="module")
def small():
    """A transfer of four cells, and what a plain loop makes of them."""
    pictures = resize(photo("astronaut"), (32, 40)), resize(photo("coffee"), (36, 33))
    options = {"content_layers": ["relu2_1"], "scales": (1.0,), "steps": 3}
    cells = grid(style_layers=[["relu1_1"], ["relu1_1", "relu2_1"]], style_weight=[10, 1000.0])
    vgg = load_vgg19(**TINY)
    made = (transfer(*pictures, vgg=vgg, **options, **cell) for cell in cells)
    plain = [finish(run, progress=False) for run in made]
    return partial(transfer, *pictures, vgg=TINY, **options), cells, plain


def assert_same(results, plain, tolerance=0.0):
    """tolerance: another process may have another number of torch threads, which sum differently."""
    for result, last in zip(results, plain, strict=True):
        assert result.error == ""
        assert result.image.device.type == "cpu"
        torch.testing.assert_close(result.image, last.image, rtol=tolerance, atol=tolerance)
        assert result.losses == pytest.approx(last.losses, rel=tolerance)


def grays(results):
    return [result.image.mean().item() for result in results]


def errors(results):
    return [result.error for result in results]


def count(folder):
    return len(list(folder.iterdir()))


# --- the grid


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(), max_size=4), max_size=3))
def test_a_grid_is_the_product_with_the_last_name_fastest(axes):
    cells = grid(**axes)
    assert len(cells) == np.prod([len(values) for values in axes.values()], dtype=int)
    for name, cell in ((name, cell) for name in axes for cell in cells):
        assert cell[name] in axes[name]
    if cells and axes:
        *_, last = axes
        assert [cell[last] for cell in cells] == axes[last] * (len(cells) // len(axes[last]))


@pytest.mark.parametrize("values", ["relu1_1", 3, torch.zeros(1, 3, 4, 4), {"relu1_1": 1}])
def test_a_single_value_is_not_an_axis(values):
    with pytest.raises(ValueError, match="style_layers needs a list"):
        grid(style_layers=values)


# --- in this process


def test_a_sweep_is_a_plain_loop_bit_by_bit(small):
    recipe, cells, plain = small
    results = quiet(recipe, cells)
    assert [result.arguments for result in results] == cells
    assert_same(results, plain)


def test_a_network_by_name_is_loaded_once_in_a_sweep(small, monkeypatch):
    recipe, cells, _ = small
    loaded = []
    monkeypatch.setattr(
        runs, "load_vgg19", lambda **options: loaded.append(options) or load_vgg19(**options)
    )
    quiet(recipe, cells)
    assert loaded == [TINY]
    quiet(recipe, cells)  # by now the file of the weights may have changed
    quiet(partial(recipe, vgg=load_vgg19(**TINY)), cells)
    assert loaded == [TINY, TINY]


def test_the_bar_counts_cells_and_can_be_silent(capsys, tmp_path):
    sweep(shade, grid(value=[1, 2]), folder=tmp_path)
    sweep(shade, grid(value=[1, 2, 3]), folder=tmp_path)
    assert "3/3" in capsys.readouterr().err
    quiet(shade, grid(value=[1, 2]))
    assert capsys.readouterr().err == ""


# --- what is wrong is said before anything runs


@pytest.mark.parametrize("cell", [{"valeu": 1}, {}, {"value": 1, "more": 2}, "value"])
def test_cells_have_to_fit_the_recipe(cell):
    with pytest.raises(ValueError, match="Cell 1 does not fit shade"):
        quiet(shade, [{"value": 1}, cell])
    assert calls == []


def test_arguments_that_nobody_can_use_are_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        quiet(shade, grid(value=[1]), folder=tmp_path / "file")
    with pytest.raises(ValueError, match="n_jobs"):
        quiet(shade, grid(value=[1]), n_jobs=0)
    with pytest.raises(OSError):
        quiet(telling, grid(value=[1], vgg=["no such file"]))
    assert calls == []


def test_an_argument_that_cannot_be_recognized_needs_no_folder(tmp_path):
    cell = {"value": 1, "other": lambda: 0}
    assert errors(quiet(shade, [cell])) == [""]
    with pytest.raises(ValueError, match="cannot be told from others"):
        quiet(shade, [cell], folder=tmp_path)


# --- going on where it stopped


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_rerun_does_what_is_missing_and_nothing_else(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    values = data.draw(st.lists(st.integers(0, 99), unique=True, max_size=8))
    done = data.draw(st.lists(st.sampled_from(values), unique=True)) if values else []
    quiet(shade, grid(value=done), folder=folder)
    calls.clear()
    results = quiet(shade, grid(value=values), folder=folder)
    assert calls == [value for value in values if value not in done]
    for result, fresh in zip(results, quiet(shade, grid(value=values)), strict=True):
        assert result.image.equal(fresh.image)
        assert (result.losses, result.arguments) == (fresh.losses, fresh.arguments)
    assert count(folder) == len(values)


def test_a_cell_on_disk_is_lossless_and_says_what_it_is(small, tmp_path):
    recipe, cells, plain = small
    quiet(recipe, cells, folder=tmp_path)
    found = {}
    for path in tmp_path.iterdir():
        with safe_open(path, framework="pt") as file:
            found[file.metadata()["arguments"]] = file.get_tensor("image")
    assert len(found) == 4
    name = '{"style_layers": "relu1_1, relu2_1", "style_weight": "1000"}'
    assert found[name].equal(plain[3].image)


def test_cells_are_on_disk_as_they_come(tmp_path):
    seen = []

    def watching(value):
        seen.append(count(tmp_path))
        yield step(value)

    quiet(watching, grid(value=range(4)), folder=tmp_path)
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize("damage", [b"", b"not a picture", None])
def test_a_damaged_file_is_a_missing_cell(tmp_path, damage):
    cells = grid(value=[1, 2])
    quiet(shade, cells, folder=tmp_path)
    path = min(tmp_path.iterdir())
    path.write_bytes(path.read_bytes()[:-7] if damage is None else damage)
    calls.clear()
    assert grays(quiet(shade, cells, folder=tmp_path)) == [1, 2]
    assert len(calls) == 1


def test_a_full_disk_ends_the_sweep_and_leaves_no_half_cell(tmp_path, monkeypatch):
    real = cell_files.write_whole

    def full(path, data):
        if count(tmp_path) == 2:
            raise OSError("No space left on device")
        real(path, data)

    monkeypatch.setattr(cell_files, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        quiet(shade, grid(value=range(5)), folder=tmp_path)
    assert count(tmp_path) == 2
    assert calls == [0, 1, 2]


@pytest.mark.slow
def test_another_session_finds_the_cells(tmp_path):
    code = """
import sys
from functools import partial
from nstlib import reconstruct_style, photo
from nstlib.sweep import grid, sweep
network = {"weights": "random", "width": 1 / 16, "device": "cpu"}
recipe = partial(reconstruct_style, photo("cat", size=32), "relu1_1", vgg=network, steps=1)
sweep(recipe, grid(seed=[0, 1], tv_weight=[0.1]), folder=sys.argv[1], progress=False)
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    subprocess.run(command, check=True, env=environment, timeout=WAIT)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(times) == 2
    recipe = partial(reconstruct_style, photo("cat", size=32), "relu1_1", vgg=TINY, steps=1)
    quiet(recipe, grid(tv_weight=[0.1], seed=[1, 0]), folder=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times


# --- cells that fail, and sweeps that are stopped


def test_a_failed_cell_says_why_and_the_rest_is_done(tmp_path):
    with pytest.warns(UserWarning, match=r"2 of 4 cells .*it diverged\.$"):
        results = quiet(partial(fussy, broken=(1, 2)), grid(value=range(4)), folder=tmp_path)
    reason = "At step 0 of 1 it diverged."
    assert errors(results) == ["", reason, reason, ""]
    assert grays(results) == [0, 0.5, 1, 3]
    assert [result.losses["total"] for result in results] == [0, 0.5, 1, 3]
    assert count(tmp_path) == 2


@pytest.mark.filterwarnings("ignore:.*cells were not finished")
def test_failed_cells_are_tried_again(tmp_path):
    sick = [True]

    def recovers(value):
        yield from shade(value)
        if sick[0] and value == 1:
            raise ValueError("Sick.")

    run = partial(quiet, recovers, grid(value=range(3)), folder=tmp_path)
    assert errors(run()) == ["", "Sick.", ""]
    assert errors(run()) == ["", "Sick.", ""]
    sick[0] = False
    assert grays(run()) == [0, 1, 2]
    assert calls == [0, 1, 2, 1, 1]


@pytest.mark.filterwarnings("ignore:.*cells were not finished")
def test_errors_of_all_kinds_stay_in_their_cell():
    def breaks(value):
        if value == 0:
            return
        if value == 1:
            raise KeyError("x")
        yield step(0.5)
        raise MemoryError("no room")

    empty, early, late = quiet(breaks, grid(value=range(3)))
    assert (empty.image, empty.losses, empty.error) == (None, {}, "The run has no steps.")
    assert early.image is None
    assert "KeyError" in early.error
    assert late.image.mean() == 0.5
    assert "MemoryError" in late.error


def test_failures_of_real_recipes(small):
    recipe, cells, plain = small
    bad = [{"style_weight": -1}, {"style_weight": 1e38, "style_layers": {"relu1_1": 1e30}}]
    with pytest.warns(UserWarning, match="2 of 6 cells"):
        results = quiet(recipe, [cells[0], *bad, *cells[1:]])
    assert "style_weight must be" in results[1].error
    assert "no longer a finite number" in results[2].error
    assert results[2].image.shape == (1, 3, 32, 40)
    assert_same([results[0], *results[3:]], plain)


def test_an_interrupt_keeps_what_is_done(tmp_path):
    def interrupted(value, *, at):
        yield from shade(value)
        if value == at:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match=r"3 of 5 cells .*interrupted"):
        results = quiet(partial(interrupted, at=2), grid(value=range(5)), folder=tmp_path)
    assert calls == [0, 1, 2]
    assert [bool(error) for error in errors(results)] == [False, False, True, True, True]
    assert count(tmp_path) == 2
    with pytest.raises(KeyboardInterrupt):
        quiet(partial(interrupted, at=0), grid(value=range(5)), folder=tmp_path)


# --- in several processes; joblib keeps them from one test to the next


@pytest.fixture
def no_thread_limits(monkeypatch):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.slow
def test_processes_make_the_same_and_share_the_cores(small, no_thread_limits):
    recipe, cells, plain = small
    assert_same(quiet(recipe, cells, n_jobs=2), plain, 1e-4)
    told = [
        result.losses
        for result in quiet(partial(telling, vgg=TINY), grid(value=range(9)), n_jobs=2)
    ]
    assert os.getpid() not in {one["process"] for one in told}
    networks = {(one["process"], one["network"]) for one in told}
    assert len(networks) == len({process for process, _ in networks})
    assert max(one["threads"] for one in told) <= max(joblib.cpu_count() // 2, 1)


@pytest.mark.slow
def test_processes_take_a_recipe_that_no_file_has_and_keep_the_order(no_thread_limits):
    def slow_first(value):
        time.sleep(0.2 * (value == 0))
        yield step(value)

    assert grays(quiet(slow_first, grid(value=range(6)), n_jobs=2)) == list(range(6))


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_a_killed_process_loses_nothing_that_was_done(no_thread_limits, tmp_path):
    marks, folder = tmp_path / "marks", tmp_path / "cells"
    marks.mkdir()
    recipe = partial(deadly, kills=(4,), marks=marks)
    with pytest.warns(UserWarning, match="cells were not finished"):
        results = quiet(recipe, grid(value=range(8)), n_jobs=2, folder=folder)
    assert "Do the same sweep again" in results[4].error
    assert errors(results).count("") == count(folder) > 0
    assert grays(quiet(recipe, grid(value=range(8)), n_jobs=2, folder=folder)) == list(range(8))


@pytest.fixture
def interrupts():
    """With Python's own handler, because what a shell starts with & ignores interrupts."""
    if not hasattr(signal, "pthread_kill"):
        pytest.skip("needs a signal to a thread")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield partial(signal.pthread_kill, threading.get_ident(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_an_interrupt_while_processes_work(interrupts, no_thread_limits, tmp_path):
    def dawdles(value):
        yield step(value)
        time.sleep(0.1)

    def interrupt_after_the_first_cell():
        end = time.monotonic() + WAIT
        while time.monotonic() < end and not any(tmp_path.glob("*.safetensors")):
            time.sleep(0.01)
        interrupts()

    watch = threading.Thread(target=interrupt_after_the_first_cell)
    watch.start()
    with pytest.warns(UserWarning, match="interrupted"):
        results = quiet(dawdles, grid(value=range(3000)), n_jobs=2, folder=tmp_path)
    watch.join()
    assert 1 <= errors(results).count("") < 3000


@pytest.mark.long
def test_a_dask_cluster_makes_the_same_and_survives_a_killed_worker(small, tmp_path):
    import distributed  # slow to import, so only here

    recipe, cells, plain = small
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**options, local_directory=str(tmp_path / "dask")) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        assert_same(quiet(recipe, cells, folder=tmp_path / "cells"), plain, 1e-4)
        told = quiet(partial(telling, vgg=TINY), grid(value=range(9)))
        assert os.getpid() not in {result.losses["process"] for result in told}
        killed = quiet(partial(deadly, kills=(3,), marks=tmp_path), grid(value=range(6)))
        assert grays(killed) == list(range(6))
    assert_same(quiet(recipe, cells, folder=tmp_path / "cells"), plain, 1e-4)
