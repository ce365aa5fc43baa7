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
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from nstlib import sweep as module
from nstlib.images import photo, resize
from nstlib.optimize import RunFailed, Step
from nstlib.recipes import reconstruct_style, transfer
from nstlib.sweep import Result, contact_sheet, grid, sweep
from nstlib.vgg import load_vgg19

TINY = {"weights": "random", "width": 1 / 16, "device": "cpu"}
WAIT = 60  # seconds until a test gives up; none takes nearly as long
calls = []

quiet = partial(sweep, progress=False)


def step(value, index=0):
    return Step(index, 1, torch.full((1, 3, 4, 5), float(value)), {"a": value / 3, "total": value})


def shade(value, *, other=None):
    """The cheapest of recipes: a picture of one color."""
    calls.append(value)
    yield step(0)
    yield step(value, 1)


def fussy(value, *, broken=()):
    yield from shade(value)
    if value in broken:
        raise RunFailed("It diverged.", step(value / 2))


def of_picture(picture, *, vgg=None):
    yield step(1)


@pytest.fixture(autouse=True)
def no_calls():
    calls.clear()


@pytest.fixture(scope="module")
def pictures():
    return resize(photo("astronaut"), (32, 40)), resize(photo("coffee"), (36, 33))


@pytest.fixture(scope="module")
def small(pictures):
    """A transfer of four cells, and what a plain loop makes of them."""
    options = {"content_layers": ["relu2_1"], "scales": (1.0,), "steps": 3}
    cells = grid(style_layers=[["relu1_1"], ["relu1_1", "relu2_1"]], style_weight=[10, 1000.0])
    plain, vgg = [], load_vgg19(**TINY)
    for cell in cells:
        *_, last = transfer(*pictures, vgg=vgg, **options, **cell)
        plain.append(last)
    return partial(transfer, *pictures, vgg=TINY, **options), cells, plain


def assert_same(results, plain, tolerance=0.0):
    """tolerance: a thread or process may have another number of torch threads, which sum differently."""
    for result, last in zip(results, plain, strict=True):
        assert result.error == ""
        assert result.image.device.type == "cpu"
        torch.testing.assert_close(result.image, last.image, rtol=tolerance, atol=tolerance)
        assert result.losses == pytest.approx(last.losses, rel=tolerance)


class Elsewhere(Executor):
    """Everything is pickled on the way there and back, and comes back late and in any order.

    lost: the cells that get lost on the way, by their place in the order of sending.
    """

    def __init__(self, lost=(), seed=0, error=OSError):
        self.lost, self.error, self.random = set(lost), error, random.Random(seed)
        self.sent = []

    def submit(self, function, *arguments):
        future, task = Future(), pickle.dumps((function, arguments))
        number = len(self.sent)
        self.sent.append(task)

        def work():
            if not future.set_running_or_notify_cancel():
                return
            if number in self.lost:
                future.set_exception(self.error("gone"))
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
    assert [result.image.mean().item() for result in results] == values


def test_nothing_is_left_running():
    before = threading.enumerate()
    quiet(shade, grid(value=range(3)))
    assert threading.enumerate() == before


def test_the_bar_counts_cells_and_can_be_silent(capsys, tmp_path):
    sweep(shade, grid(value=[1, 2]), folder=tmp_path)
    sweep(shade, grid(value=[1, 2, 3]), folder=tmp_path)
    assert all(count in capsys.readouterr().err for count in ["3/3"])
    quiet(shade, grid(value=[1, 2]))
    assert capsys.readouterr().err == ""


# --- networks and pictures on their way


def test_a_network_by_name_is_loaded_once_and_travels_light(small, monkeypatch):
    recipe, cells, _ = small
    loaded = []
    monkeypatch.setattr(
        module, "load_vgg19", lambda **options: loaded.append(options) or load_vgg19(**options)
    )
    module._load.cache_clear()
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


def test_other_weights_under_the_same_name_are_refused(small):
    recipe, cells, _ = small
    network = module._calls(recipe, cells)[1][0][1]["vgg"]
    assert module._load(network) is module._load(network)
    with pytest.raises(ValueError, match="other weights"):
        module._load(network._replace(identity="0"))


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
    assert len(list(folder.iterdir())) == len(values)


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
        seen.append(len(list(tmp_path.iterdir())))
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
    assert [result.image.mean().item() for result in results] == [1, 2]
    calls.clear()
    quiet(shade, cells, folder=tmp_path)
    assert calls == []


def test_a_full_disk_ends_the_sweep_and_leaves_no_half_cell(tmp_path, monkeypatch):
    real, written = module.write_whole, []

    def full(path, data):
        if len(written) == 2:
            raise OSError("No space left on device")
        written.append(path)
        real(path, data)

    monkeypatch.setattr(module, "write_whole", full)
    for executor in (None, Elsewhere()):
        with pytest.raises(OSError, match="No space"):
            quiet(shade, grid(value=range(5)), folder=tmp_path, executor=executor)
        assert len(list(tmp_path.iterdir())) == 2


PIXELS = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def key(recipe, **cell):
    (one,) = module._keys(*module._calls(recipe, [cell]))
    return one


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"value": 10}, {"value": 10.0}),
        ({"value": 10}, {"value": np.float32(10)}),
        ({"value": 0.1}, {"value": np.float64(0.1)}),
        ({"value": [1, "a"]}, {"value": (1, "a")}),
        ({"value": {"a": 1, "b": 2}}, {"value": {"b": 2, "a": 1}}),
        ({"value": 1}, {"value": 1, "other": None}),
        ({"value": PIXELS}, {"value": PIXELS.clone()}),
        ({"value": PIXELS}, {"value": PIXELS.to(memory_format=torch.channels_last)}),
        ({"value": PIXELS}, {"value": PIXELS.numpy()}),
    ],
)
def test_what_makes_the_same_picture_is_the_same_cell(one, other):
    assert key(shade, **one) == key(shade, **other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"value": 10}, {"value": "10"}),
        ({"value": 1}, {"value": True}),
        ({"value": 0.1}, {"value": float(np.nextafter(0.1, 1))}),
        ({"value": [1, 2]}, {"value": [2, 1]}),
        ({"value": [1, 2]}, {"value": [[1], 2]}),
        ({"value": 1, "other": 2}, {"value": 2, "other": 1}),
        ({"value": {"a": 1}}, {"value": {"a": 2}}),
        ({"value": PIXELS}, {"value": PIXELS.nextafter(torch.ones(()))}),
        ({"value": PIXELS}, {"value": PIXELS.flip(3)}),
        ({"value": PIXELS}, {"value": PIXELS.flatten(2)}),
        ({"value": [PIXELS, PIXELS.mT]}, {"value": [PIXELS.mT, PIXELS]}),
    ],
)
def test_what_makes_another_picture_is_another_cell(one, other):
    assert key(shade, **one) != key(shade, **other)


@given(st.lists(st.floats() | st.integers() | st.text(max_size=3) | st.none(), max_size=4))
def test_a_key_knows_its_values(value):
    others = [value, list(value), [*value, 0], [value], {"a": value}, (value, value)]
    cells = [{"value": other} for other in others]
    first, again, *rest = module._keys(*module._calls(shade, cells))
    assert first == again
    assert len({first, *rest}) == 5


def test_one_pixel_of_the_shared_picture_is_another_cell():
    other = PIXELS.clone()
    other[0, 1, 7, 3] += 1 / 255
    assert key(partial(of_picture, PIXELS)) == key(partial(of_picture, picture=PIXELS))
    assert key(partial(of_picture, PIXELS)) != key(partial(of_picture, other))


def test_another_network_is_another_cell_however_it_is_named(tmp_path):
    recipe = partial(of_picture, PIXELS)
    choices = [TINY | change for change in ({}, {"seed": 1}, {"pooling": "max"})]
    choices += [TINY | {"padding": "zeros"}, TINY | {"width": 1 / 32}, "compact"]
    by_name = [key(recipe, vgg=choice) for choice in choices]
    assert len(set(by_name)) == len(choices)
    objects = [load_vgg19(**({"weights": c} if c == "compact" else c)) for c in choices]
    assert [key(recipe, vgg=vgg) for vgg in objects] == by_name
    assert key(recipe) == by_name[-1]  # None is the compact one
    objects[0].mean += 0.01
    assert key(recipe, vgg=objects[0]) not in by_name


def test_a_weights_file_with_other_weights_is_another_cell(tmp_path):
    path = tmp_path / "weights.pth"
    found = []
    for seed in (0, 1, 0):
        torch.save(load_vgg19(**TINY, seed=seed).state_dict(), path)
        found.append(key(partial(of_picture, PIXELS), vgg=str(path)))
        module._load(module._calls(of_picture, [{"picture": PIXELS, "vgg": path}])[1][0][1]["vgg"])
    assert found[0] == found[2] != found[1]


def test_an_edited_recipe_is_another_cell(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for number in (1, 2):
        (tmp_path / f"recipe_{number}.py").write_text(f"def recipe(value=1):\n    yield {number}\n")
        edited = __import__(f"recipe_{number}").recipe
        monkeypatch.setattr(edited, "__module__", "same")
        found.append(key(edited))
    assert found[0] != found[1]
    assert key(shade, value=1) != key(fussy, value=1)


def test_an_argument_that_cannot_be_recognized_needs_no_folder(tmp_path):
    cell = {"value": 1, "other": object()}
    (result,) = quiet(shade, [cell])
    assert result.error == ""
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
    assert [result.error for result in results] == ["", "It diverged.", "It diverged.", ""]
    assert [result.image.mean().item() for result in results] == [0, 0.5, 1, 3]
    assert [result.losses["total"] for result in results] == [0, 0.5, 1, 3]
    assert len(list(tmp_path.iterdir())) == 2


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
    assert [result.error for result in run()] == ["", "Sick.", ""]
    assert [result.error for result in run()] == ["", "Sick.", ""]
    sick[0] = False
    assert [result.error for result in run()] == ["", "", ""]
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
    assert [result.image.mean().item() for result in results] == list(range(8))
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
    assert [bool(result.error) for result in results] == [False, False, True, True, True]
    calls.clear()
    results = quiet(shade, grid(value=range(5)), executor=Elsewhere(), folder=tmp_path)
    assert sorted(calls) == [2, 3, 4]
    assert [result.image.mean().item() for result in results] == list(range(5))


def deadly(content, style, *, folder, cell, deaths, **options):
    """Paint, and kill the process in the middle of it, the first so many times."""
    for done in transfer(content, style, style_weight=1 + cell, **options):
        if done.index == 1:
            times = len(list(Path(folder).glob(f"{cell}-*")))
            Path(folder, f"{cell}-{secrets.token_hex(4)}").touch()
            if times < deaths.get(cell, 0):
                os.kill(os.getpid(), signal.SIGKILL)
        yield done


def until_there_is_a_cell(folder):
    end = time.monotonic() + WAIT
    while not any(folder.glob("*.safetensors")) and time.monotonic() < end:
        time.sleep(0.001)
    return any(folder.glob("*.safetensors"))


@pytest.fixture
def killing(pictures, tmp_path):
    """make(deaths={cell: how often it kills}): a recipe, its cells, and what a plain loop gives."""
    if not hasattr(signal, "SIGKILL"):
        pytest.skip("there is no kill -9 here")
    options = {"content_layers": "relu2_1", "style_layers": "relu1_1", "scales": (1.0,), "steps": 3}
    marks, plain = tmp_path / "marks", []
    marks.mkdir()
    for cell in range(6):
        run = transfer(*pictures, vgg=load_vgg19(**TINY), style_weight=1 + cell, **options)
        *_, last = run
        plain.append(last)

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
    distributed = pytest.importorskip("distributed", reason="Dask (the extra `sweep`) is missing")
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
    assert [result.image.mean().item() for result in results] == [0, 1, 2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs a signal to a thread")
def test_an_interrupt_while_dask_works(killing, client, tmp_path):
    recipe, _, _ = killing({})
    folder, main = tmp_path / "cells", threading.get_ident()

    def interrupt():
        if until_there_is_a_cell(folder):
            signal.pthread_kill(main, signal.SIGINT)

    # Many cells, so that the interrupt finds some of them waiting.
    cells = grid(cell=range(300))
    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.warns(UserWarning, match="Interrupted"):
        results = quiet(recipe, cells, executor=client.get_executor(), folder=folder)
    thread.join()
    done = [result for result in results if not result.error]
    assert 1 <= len(done) == len(list(folder.iterdir())) < 300


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

    def kill_after_the_first_cell():
        if until_there_is_a_cell(tmp_path):
            os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill_after_the_first_cell)
    killer.start()
    results = quiet(recipe, cells, executor=client.get_executor(), folder=tmp_path)
    killer.join()
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
    assert [bool(result.error) for result in results] == [False, False, True, True, True]
    with pytest.raises(KeyboardInterrupt):
        quiet(partial(interrupted, at=0), grid(value=range(5)), folder=tmp_path)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs a signal to a thread")
def test_an_interrupt_cancels_and_stops_threads(tmp_path):
    main, ended = threading.get_ident(), []

    def interrupts(value):
        calls.append(value)
        yield step(value)
        if value == 2:
            signal.pthread_kill(main, signal.SIGINT)
            try:
                for _ in range(10**6):
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
    assert [result.error[:11] for result in results] == ["", "", *["Interrupted"] * 3]
    assert len(list(tmp_path.iterdir())) == 2


# --- the sheet


def result(image=0.5, error="", **arguments):
    image = None if error else torch.full((1, 3, 8, 12), image)
    return Result(arguments, image, {}, error)


def shown(axis):
    return np.asarray(axis.images[0].get_array()) if axis.images else None


@given(st.permutations([(a, b) for a in (10, 1.5) for b in ("x", "y", "z")]))
@settings(max_examples=5, deadline=None)
def test_every_picture_stands_under_its_labels(order):
    values = {(a, b): i / 10 for i, (a, b) in enumerate((a, b) for a in (10, 1.5) for b in "xyz")}
    results = [result(values[a, b], weight=a, layer=b) for a, b in order]
    figure = contact_sheet(results, "weight", "layer")
    axes = np.array(figure.axes).reshape(2, 3)
    rows = [axis.get_ylabel().removeprefix("weight = ") for axis in axes[:, 0]]
    columns = [axis.get_title().removeprefix("layer = ") for axis in axes[0]]
    assert rows == [f"{a:g}" for a in dict.fromkeys(a for a, _ in order)]
    assert columns == list(dict.fromkeys(b for _, b in order))
    for i, a in enumerate(rows):
        for j, b in enumerate(columns):
            assert (shown(axes[i, j]) == round(255 * values[float(a), b])).all()


def test_failed_and_missing_cells_have_their_places():
    sentence = (
        "At step 3 the loss 'style/relu1_1' is no longer a finite number; try a smaller weight."
    )
    results = [result(0.2, a=0, b=0), result(error=sentence, a=0, b=1), result(0.4, a=1, b=1)]
    axes = np.array(contact_sheet(results, "a", "b").axes).reshape(2, 2)
    (text,) = axes[0, 1].texts
    assert text.get_text().replace("\n", " ") == sentence
    assert text.get_text().count("\n") >= 1
    assert shown(axes[0, 1]).shape == (8, 12, 3)
    assert shown(axes[1, 0]) is None
    assert not axes[1, 0].texts


def test_pictures_label_their_margin(pictures, tmp_path):
    contents, styles = [pictures[0], pictures[0].flip(3)], [pictures[1], pictures[1].flip(2)]
    cells = grid(content=contents, style=styles)
    results = [Result(cell, torch.full((1, 3, 8, 8), i / 4), {}) for i, cell in enumerate(cells)]
    figure = contact_sheet(results, "content", "style")
    axes = np.array(figure.axes).reshape(3, 3)
    assert shown(axes[0, 0]) is None
    for i in range(2):
        for axis, picture in ((axes[0, 1 + i], styles[i]), (axes[1 + i, 0], contents[i])):
            np.testing.assert_allclose(shown(axis), 255 * picture[0].permute(1, 2, 0), atol=0.51)
    assert [shown(axis).flat[0] for axis in axes[1:, 1:].flat] == [0, 64, 128, 191]
    figure.savefig(tmp_path / "sheet.png")


def test_one_row_one_column_and_long_labels():
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
    results = [result(layers=layers[: i + 1]) for i in range(5)]
    row = contact_sheet(results, columns="layers").axes
    column = contact_sheet(results, "layers").axes
    assert [len(row), len(column)] == [5, 5]
    label = "layers = relu1_1, relu2_1, relu3_1, relu4_1, relu5_1"
    assert row[4].get_title().replace("\n", " ") == label
    assert column[4].get_ylabel().replace("\n", " ") == label
    assert max(map(len, row[4].get_title().split("\n"))) <= 26


def test_a_sheet_of_failures_alone(tmp_path):
    figure = contact_sheet([result(error="No.", a=0)], "a")
    assert [text.get_text() for text in figure.axes[0].texts] == ["No."]
    figure.savefig(tmp_path / "sheet.png")


def test_a_sheet_that_cannot_be_made():
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([], "a", "b")
    with pytest.raises(ValueError, match="has a 'layers'; the names are a, b"):
        contact_sheet([result(a=0, b=1)], "layers", "b")
    with pytest.raises(ValueError, match="one place"):
        contact_sheet([result(a=0, b=0), result(a=0, b=1)], "a")
