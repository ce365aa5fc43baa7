"""Sweeps: every cell once, in order, whatever dies on the way. Most recipes here only count and fail."""

import multiprocessing
import os
import pickle
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from nstlib import cells as cell_files
from nstlib.images import photo, resize
from nstlib.optimize import RunFailed, Step
from nstlib.progress import finish
from nstlib.recipes import reconstruct_style, transfer
from nstlib.sweep import grid, sweep
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
        raise RunFailed("It diverged.", step(value / 2))


@pytest.fixture(autouse=True)
def no_calls():
    calls.clear()


@pytest.fixture
def main_thread():
    """To interrupt, with Python's own handler: what a shell starts with & ignores interrupts."""
    if not hasattr(signal, "pthread_kill"):
        pytest.skip("needs a signal to a thread")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield threading.get_ident()
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def pictures():
    return resize(photo("astronaut"), (32, 40)), resize(photo("coffee"), (36, 33))


@pytest.fixture(scope="module")
def small(pictures):
    """A transfer of four cells, and what a plain loop makes of them."""
    options = {"content_layers": ["relu2_1"], "scales": (1.0,), "steps": 3}
    cells = grid(style_layers=[["relu1_1"], ["relu1_1", "relu2_1"]], style_weight=[10, 1000.0])
    return (
        partial(transfer, *pictures, vgg=TINY, **options),
        cells,
        in_a_loop(pictures, options, cells),
    )


def in_a_loop(pictures, options, cells):
    vgg = load_vgg19(**TINY)
    runs = (transfer(*pictures, vgg=vgg, **options, **cell) for cell in cells)
    return [finish(run, progress=False) for run in runs]


def assert_same(results, plain, tolerance=0.0):
    """tolerance: a thread or process may have another number of torch threads, which sum differently."""
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


class Elsewhere(Executor):
    """Everything is pickled on the way there and back, and comes back late and in any order.

    lost: the cells that get lost on the way, by their place in the order of sending.
    """

    def __init__(self, lost=(), seed=0):
        self.lost, self.random, self.sent = set(lost), random.Random(seed), []

    def submit(self, function, *arguments):
        future, task = Future(), pickle.dumps((function, arguments))
        number = len(self.sent)
        self.sent.append(task)

        def work():
            if not future.set_running_or_notify_cancel():
                return
            if number in self.lost:
                future.set_exception(OSError("gone"))
            else:
                function, arguments = pickle.loads(task)
                future.set_result(pickle.loads(pickle.dumps(function(*arguments))))

        threading.Timer(self.random.random() / 200, work).start()
        return future


# --- the grid


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(st.integers(), max_size=4), max_size=3))
def test_a_grid_is_the_product_with_the_last_name_fastest(axes):
    cells = grid(**axes)
    assert len(cells) == np.prod([len(values) for values in axes.values()], dtype=int)
    for name, cell in ((name, cell) for name in axes for cell in cells):
        assert cell[name] in axes[name]
    if cells and axes:
        *_, last = axes
        count = len(axes[last])
        assert [cell[last] for cell in cells] == axes[last] * (len(cells) // count)


@pytest.mark.parametrize("values", ["relu1_1", 3, torch.zeros(1, 3, 4, 4), {"relu1_1": 1}])
def test_a_single_value_is_no_axis(values):
    with pytest.raises(ValueError, match="style_layers needs a list"):
        grid(style_layers=values)


# --- the same pictures, wherever they are made


def test_a_sweep_here_is_a_plain_loop_bit_by_bit(small):
    recipe, cells, plain = small
    results = quiet(recipe, cells)
    assert [result.arguments for result in results] == cells
    assert_same(results, plain)


def test_threads_make_the_same(small):
    recipe, cells, plain = small
    with ThreadPoolExecutor(3) as executor:
        assert_same(quiet(recipe, cells, executor=executor), plain, 1e-4)
        # One network for all threads: the hooks of one must not see the pictures of another.
        shared = partial(recipe, vgg=load_vgg19(**TINY))
        assert_same(quiet(shared, cells * 4, executor=executor), plain * 4, 1e-4)


def test_arguments_and_results_travel(small):
    recipe, cells, plain = small
    assert_same(quiet(recipe, cells, executor=Elsewhere()), plain, 1e-4)


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.integers(0, 9), max_size=8), seed=st.integers(0, 99))
def test_order_is_kept_however_cells_come_back(values, seed):
    results = quiet(shade, grid(value=values), executor=Elsewhere(seed=seed))
    assert [result.losses["total"] for result in results] == values
    assert grays(results) == values


def test_nothing_is_left_running():
    before = threading.enumerate()
    quiet(shade, grid(value=range(3)))
    assert threading.enumerate() == before


def test_the_bar_counts_cells_and_can_be_silent(capsys, tmp_path):
    sweep(shade, grid(value=[1, 2]), folder=tmp_path)
    sweep(shade, grid(value=[1, 2, 3]), folder=tmp_path)
    assert "3/3" in capsys.readouterr().err
    quiet(shade, grid(value=[1, 2]))
    assert capsys.readouterr().err == ""


# --- networks and pictures on their way


def test_a_network_by_name_is_loaded_once_and_travels_light(small, monkeypatch):
    recipe, cells, _ = small
    loaded = []
    monkeypatch.setattr(
        cell_files, "load_vgg19", lambda **options: loaded.append(options) or load_vgg19(**options)
    )
    cell_files._load.cache_clear()
    light, heavy = Elsewhere(), Elsewhere()
    quiet(recipe, cells, executor=light)
    assert len(loaded) == 2  # once to know its weights, once where the cells run
    quiet(partial(recipe, vgg=load_vgg19(**TINY)), cells, executor=heavy)
    assert len(loaded) == 2
    pixels = 12 * (32 * 40 + 36 * 33)
    assert pixels < max(map(len, light.sent)) < pixels + 5_000
    assert min(map(len, heavy.sent)) > 4 * sum(p.numel() for p in load_vgg19(**TINY).parameters())


def test_no_network_is_the_recipes_default(pictures):
    (here,) = quiet(partial(reconstruct_style, pictures[0], "relu1_1", steps=1), [{}])
    (named,) = quiet(
        partial(reconstruct_style, pictures[0], "relu1_1", steps=1, vgg="compact"), [{}]
    )
    assert here.image.equal(named.image)


# --- what stands in the way is said before anything runs


@pytest.mark.parametrize("cell", [{"valeu": 1}, {}, {"value": 1, "more": 2}, "value"])
def test_cells_have_to_fit_the_recipe(cell):
    with pytest.raises(ValueError, match=r"Cell 1 does not fit .*shade"):
        quiet(shade, [{"value": 1}, cell])
    assert calls == []


def test_a_forking_pool_is_refused():
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system does not fork")
    with (
        ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as executor,
        pytest.raises(ValueError, match="hangs in forked processes"),
    ):
        quiet(shade, grid(value=[1]), executor=executor)


def test_what_is_no_executor_is_refused():
    with pytest.raises(ValueError, match=r"executor is a str.*get_executor"):
        quiet(shade, [], executor="dask")


def test_what_cannot_be_pickled_is_refused():
    with pytest.raises(ValueError, match="cannot be sent"):
        quiet(shade, [{"value": 1, "other": lambda: 0}], executor=Elsewhere())
    assert calls == []


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        quiet(shade, grid(value=[1]), folder=tmp_path / "file")
    assert calls == []


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
    results = quiet(shade, cells, folder=tmp_path)
    assert len(calls) == 1
    assert grays(results) == [1, 2]
    calls.clear()
    quiet(shade, cells, folder=tmp_path)
    assert calls == []


def test_a_full_disk_ends_the_sweep_and_leaves_no_half_cell(tmp_path, monkeypatch):
    real, written = cell_files.write_whole, []

    def full(path, data):
        if len(written) == 2:
            raise OSError("No space left on device")
        written.append(path)
        real(path, data)

    monkeypatch.setattr(cell_files, "write_whole", full)
    for executor in (None, Elsewhere()):
        with pytest.raises(OSError, match="No space"):
            quiet(shade, grid(value=range(5)), folder=tmp_path, executor=executor)
        assert count(tmp_path) == 2


def test_an_argument_that_cannot_be_recognized_needs_no_folder(tmp_path):
    cell = {"value": 1, "other": object()}
    assert errors(quiet(shade, [cell])) == [""]
    with pytest.raises(ValueError, match="A object in a cell cannot be told"):
        quiet(shade, [cell], folder=tmp_path)


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
    subprocess.run(command, check=True, env=environment, timeout=300)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(times) == 2
    recipe = partial(reconstruct_style, photo("cat", size=32), "relu1_1", vgg=TINY, steps=1)
    quiet(recipe, grid(tv_weight=[0.1], seed=[1, 0]), folder=tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times


# --- cells that fail


def test_a_failed_cell_says_why_and_the_rest_is_done(tmp_path):
    with pytest.warns(UserWarning, match=r"2 of 4 cells have no result, .*It diverged\.$"):
        results = quiet(partial(fussy, broken=(1, 2)), grid(value=range(4)), folder=tmp_path)
    assert errors(results) == ["", "It diverged.", "It diverged.", ""]
    assert grays(results) == [0, 0.5, 1, 3]
    assert [result.losses["total"] for result in results] == [0, 0.5, 1, 3]
    assert count(tmp_path) == 2


@pytest.mark.filterwarnings("ignore:.*cells have no result")
@pytest.mark.parametrize("executor", [None, Elsewhere()])
def test_failed_cells_are_tried_again(tmp_path, executor):
    sick = [True]

    def recovers(value):
        calls.append(value)
        yield step(value)
        if sick[0] and value == 1:
            raise ValueError("Sick.")

    recovers.__qualname__ = "recovers"
    run = partial(quiet, recovers, grid(value=range(3)), folder=tmp_path)
    assert errors(run()) == ["", "Sick.", ""]
    assert errors(run()) == ["", "Sick.", ""]
    sick[0] = False
    assert errors(run()) == ["", "", ""]
    assert run()[1].image.mean() == 1
    assert calls == [0, 1, 2, 1, 1]


@pytest.mark.filterwarnings("ignore:.*cells have no result")
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


def test_failures_of_real_recipes(small, tmp_path):
    recipe, cells, plain = small
    bad = [{"style_weight": -1}, {"style_weight": 1e38, "style_layers": {"relu1_1": 1e30}}]
    with pytest.warns(UserWarning, match="2 of 6 cells"):
        results = quiet(recipe, [cells[0], *bad, *cells[1:]], executor=Elsewhere())
    assert "style_weight must be" in results[1].error
    assert "no longer a finite number" in results[2].error
    assert results[2].image.shape == (1, 3, 32, 40)
    assert_same([results[0], *results[3:]], plain, 1e-4)


# --- cells that get lost


@settings(max_examples=30, deadline=None)
@given(lost=st.sets(st.integers(0, 7)), seed=st.integers(0, 99))
def test_a_lost_cell_costs_a_retry(lost, seed):
    executor = Elsewhere(lost, seed)
    results = quiet(shade, grid(value=range(8)), executor=executor)
    assert grays(results) == list(range(8))
    assert len(executor.sent) == 8 + len(lost)
    # Dask takes equal calls for one.
    assert len(set(executor.sent)) == len(executor.sent)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_end(retries):
    executor = Elsewhere(range(2 * (1 + retries)))
    with pytest.warns(UserWarning, match="2 of 2 cells"):
        results = quiet(shade, grid(value=[1, 2]), executor=executor, retries=retries)
    assert len(executor.sent) == 2 * (1 + retries)
    for result in results:
        assert result.error.startswith(
            f"Sent {1 + retries} times, this cell did not come back (OSE"
        )


def test_a_canceled_cell_is_a_lost_one():
    class Cancels(Elsewhere):
        def submit(self, *arguments):
            if self.sent:
                return super().submit(*arguments)
            self.sent.append(b"")
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    (result,) = quiet(shade, grid(value=[7]), executor=Cancels())
    assert result.image.mean() == 7


def test_a_broken_pool_keeps_what_is_done(tmp_path):
    class Breaks(Elsewhere):
        def submit(self, *arguments):
            if len(self.sent) >= 2:
                raise BrokenExecutor("broken")
            return super().submit(*arguments)

    with pytest.warns(UserWarning, match=r"3 of 5 cells.*Make a new executor"):
        results = quiet(shade, grid(value=range(5)), executor=Breaks(), folder=tmp_path)
    assert [bool(error) for error in errors(results)] == [False, False, True, True, True]
    calls.clear()
    results = quiet(shade, grid(value=range(5)), executor=Elsewhere(), folder=tmp_path)
    assert sorted(calls) == [2, 3, 4]
    assert grays(results) == list(range(5))


def deadly(content, style, *, folder, cell, deaths, **options):
    """Paint, and kill the process in the middle of it, the first so many times."""
    for done in transfer(content, style, style_weight=1 + cell, **options):
        if done.index == 1:
            times = len(list(Path(folder).glob(f"{cell}-*")))
            Path(folder, f"{cell}-{secrets.token_hex(4)}").touch()
            if times < deaths.get(cell, 0):
                os.kill(os.getpid(), signal.SIGKILL)
        yield done


@contextmanager
def after_the_first_cell(folder, act):
    """Beside the block, act once, as soon as there is a cell in the folder."""

    def watch():
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            if any(folder.glob("*.safetensors")):
                return act()
            time.sleep(0.001)

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join()


@pytest.fixture
def killing(pictures, tmp_path):
    """make(deaths={cell: how often it kills}): a recipe, its cells, and what a plain loop gives."""
    if not hasattr(signal, "SIGKILL"):
        pytest.skip("there is no kill -9 here")
    options = {"content_layers": "relu2_1", "style_layers": "relu1_1", "scales": (1.0,), "steps": 3}
    plain = in_a_loop(pictures, options, grid(style_weight=range(1, 7)))
    marks = tmp_path / "marks"
    marks.mkdir()

    def make(deaths):
        recipe = partial(deadly, *pictures, vgg=TINY, folder=marks, deaths=deaths, **options)
        return recipe, grid(cell=range(6)), plain

    make.times = lambda cell: len(list(marks.glob(f"{cell}-*")))
    return make


@pytest.mark.slow
def test_processes_make_the_same_and_a_killed_one_loses_nothing_done(small, killing, tmp_path):
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, torch.set_num_threads, (1,)) as executor:
        recipe, cells, plain = small
        run = partial(quiet, recipe, cells, folder=tmp_path / "small")
        assert_same(run(executor=executor), plain, 1e-4)
        assert_same(run(executor=executor), plain, 1e-4)
        recipe, cells, plain = killing({2: 1})
        run = partial(quiet, recipe, cells, folder=tmp_path / "killing")
        with pytest.warns(UserWarning, match=r"4 of 6 cells.*Make a new executor"):
            results = run(executor=executor)
    assert_same(results[:2], plain[:2], 1e-4)
    assert_same(run(), plain, 1e-4)
    assert [killing.times(cell) for cell in range(6)] == [1, 1, 2, 1, 1, 1]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """Dask on this machine: two worker processes, which are started again when they die."""
    import distributed  # slow to import, so only here

    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.slow
def test_dask_makes_the_same(small, client, tmp_path):
    recipe, cells, plain = small
    executor = client.get_executor()
    assert_same(quiet(recipe, cells, executor=executor, folder=tmp_path), plain, 1e-4)
    assert executor.submit(abs, -1).result(WAIT) == 1  # still open
    assert_same(quiet(recipe, cells, folder=tmp_path), plain, 1e-4)


@pytest.mark.slow
def test_dask_takes_a_recipe_that_no_file_has(client):
    def at_home(value):
        yield step(value)

    results = quiet(at_home, grid(value=range(3)), executor=client.get_executor())
    assert grays(results) == [0, 1, 2]


@pytest.mark.slow
def test_an_interrupt_while_dask_works(killing, client, tmp_path, main_thread):
    recipe, _, _ = killing({})
    folder = tmp_path / "cells"
    # Many cells, so that the interrupt finds some of them waiting.
    cells = grid(cell=range(300))
    with (
        pytest.warns(UserWarning, match="Interrupted"),
        after_the_first_cell(folder, partial(signal.pthread_kill, main_thread, signal.SIGINT)),
    ):
        results = quiet(recipe, cells, executor=client.get_executor(), folder=folder)
    done = [result for result in results if not result.error]
    assert 1 <= len(done) == count(folder) < 300


@pytest.mark.slow
def test_a_dask_worker_that_dies_costs_a_retry(killing, client):
    """Dask forgives a cell three deaths by itself; here none, so that it is for the sweep to retry."""
    recipe, cells, plain = killing({1: 1})
    client.cluster.scheduler.allowed_failures = 0
    before = set(client.run(os.getpid).values())
    assert_same(quiet(recipe, cells, executor=client.get_executor()), plain, 1e-4)
    assert killing.times(1) == 2
    client.wait_for_workers(2, timeout=WAIT)
    assert set(client.run(os.getpid).values()) != before


@pytest.mark.slow
def test_a_dask_worker_killed_from_outside(killing, client, tmp_path):
    recipe, cells, plain = killing({})
    client.cluster.scheduler.allowed_failures = 3
    client.wait_for_workers(2, timeout=WAIT)
    victim = min(client.run(os.getpid).values())
    with after_the_first_cell(tmp_path, partial(os.kill, victim, signal.SIGKILL)):
        results = quiet(recipe, cells, executor=client.get_executor(), folder=tmp_path)
    assert_same(results, plain, 1e-4)


# --- enough is enough


def test_an_interrupt_keeps_what_is_done(tmp_path):
    def interrupted(value, *, at):
        calls.append(value)
        yield step(value)
        if value == at:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match=r"3 of 5 cells have no result.*Interrupted"):
        results = quiet(partial(interrupted, at=2), grid(value=range(5)), folder=tmp_path)
    assert calls == [0, 1, 2]
    assert [bool(error) for error in errors(results)] == [False, False, True, True, True]
    with pytest.raises(KeyboardInterrupt):
        quiet(partial(interrupted, at=0), grid(value=range(5)), folder=tmp_path)


def test_an_interrupt_cancels_and_stops_threads(tmp_path, main_thread):
    ended = []

    def interrupts(value):
        calls.append(value)
        yield step(value)
        if value == 2:
            signal.pthread_kill(main_thread, signal.SIGINT)
            try:
                end = time.monotonic() + WAIT
                while time.monotonic() < end:
                    time.sleep(0.001)
                    yield step(value)
            finally:
                ended.append(value)

    with (
        ThreadPoolExecutor(1) as executor,
        pytest.warns(UserWarning, match="3 of 5 cells have no result"),
    ):
        results = quiet(interrupts, grid(value=range(5)), executor=executor, folder=tmp_path)
    assert calls == [0, 1, 2]
    assert ended == [2]
    assert [error[:11] for error in errors(results)] == ["", "", *["Interrupted"] * 3]
    assert count(tmp_path) == 2
