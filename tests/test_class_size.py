"""The script that sizes a class, on notebooks that take a moment."""

import os
import sys

import nbformat
import psutil
import pytest
from class_size import GB, Measured, busy, for_class, main, measure, row

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="shared memory is known on Linux")


@pytest.fixture
def notebook(tmp_path):
    def write(*cells):
        new = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        new.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(new, tmp_path / "small.ipynb")
        return tmp_path / "small.ipynb"

    return write


@pytest.mark.slow
def test_kernels_run_at_once_and_their_memory_is_added_up(notebook, tmp_path):
    path = notebook(
        "import os, time\n"
        "assert os.listdir() == [] and os.environ['OMP_NUM_THREADS'] == '3'\n"
        "held = b'x' * 150_000_000\n"
        f"open(os.path.join({str(tmp_path)!r}, f'here-{{os.getpid()}}'), 'w').close()\n"
        # Each goes on when both are there: one after the other would never end.
        f"while sum(n.startswith('here-') for n in os.listdir({str(tmp_path)!r})) < 2: time.sleep(.1)",
        "end = time.process_time() + 0.5\nwhile time.process_time() < end: pass",
        "time.sleep(1)",
    )
    before = path.read_bytes()
    found = measure(path, 2, environment={"OMP_NUM_THREADS": "3"}, every=0.1, timeout=120)
    assert len(found.seconds) == 2
    assert min(found.seconds) > 1.5  # it has burnt 0.5 s and slept for 1
    assert found.cpu > 1
    assert 300_000_000 < found.pss <= found.rss
    assert found.pss < 1_000_000_000
    assert path.read_bytes() == before


@pytest.mark.slow
def test_a_cell_that_fails_is_named(notebook, monkeypatch, capsys):
    path = notebook("1 / 0")
    monkeypatch.setattr(sys, "argv", ["class_size.py", "--notebook", str(path), "--kernels", "1"])
    assert main() == 2
    error = capsys.readouterr().err
    assert "ZeroDivisionError" in error
    assert "Traceback" not in error


@pytest.mark.slow
def test_a_kernel_that_dies_is_noticed(notebook):
    path = notebook(
        "import os, signal, time; time.sleep(0.5); os.kill(os.getpid(), signal.SIGKILL)"
    )
    with pytest.raises(RuntimeError, match="memory was full"):
        measure(path, 2, every=0.1)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--minutes", "0"),
        ("--minutes", "nan"),
        ("--threads", "0"),
        ("--kernels", "0"),
        ("--students", "0"),
        ("--server", "-1"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_before_anything_runs(
    option, value, tmp_path, monkeypatch, capsys
):
    notebook = str(tmp_path / "none.ipynb")
    monkeypatch.setattr(sys, "argv", ["class_size.py", "--notebook", notebook, f"{option}={value}"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert f"argument {option}: {value} " in capsys.readouterr().err


def test_no_kernel_is_refused(tmp_path):
    with pytest.raises(ValueError, match="1 or more"):
        measure(tmp_path / "none.ipynb", 0)


def test_a_class_is_what_its_kernels_add_up_to():
    """0.3 GB shared, 0.7 GB for each kernel, 50 s of a core for each: the numbers come back."""
    found = {
        n: Measured((60.0,) * n, 50.0 * n, round((0.3 + 0.7 * n) * GB), round(n * GB))
        for n in (1, 4, 8)
    }
    text = for_class(found, students=60, minutes=10, server=0.1 * GB)
    assert "= 0.70 GB; 0.30 GB are shared" in text
    assert "= 48 GB." in text  # 0.3 + 60 * 0.8
    assert "= 5.0." in text  # 60 * 50 / 600
    assert "50 minutes of one core, so 10 minutes on 5 cores" in text
    assert row(4, found[4]) == "| 4 | 60 to 60 s | 50 s | 3.10 GB | 4.00 GB |"


def test_busy_programs_end():
    before = set(psutil.Process(os.getpid()).children())
    with busy(2):
        assert len(set(psutil.Process(os.getpid()).children()) - before) == 2
    assert set(psutil.Process(os.getpid()).children()) <= before
