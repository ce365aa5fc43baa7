"""The shell: what it writes, what it says, and that nothing made is lost."""

import functools
import inspect
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nstlib import commands, memory, style_transfer
from nstlib.__main__ import RECIPE_HELP, _parser, main
from nstlib.images import load_image, save_image
from nstlib.optimize import RunFailed
from nstlib.vgg import VGG19

SMALL = ["--size", "48", "--steps", "3", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def size(path):
    with Image.open(path) as image:
        return image.size


def test_transfer_writes_the_picture_and_says_where(capsys, tmp_path):
    assert main(["transfer", *SMALL, "--out", "new/a.png"]) == 0
    said = capsys.readouterr()
    assert str(tmp_path / "new/a.png") in said.out
    assert said.out.endswith("-m jupyter lab\n")
    assert "3/3" in said.err
    assert "style=" in said.err
    assert "The network compact computes in float32 on cpu." in said.err
    assert size("new/a.png") == (48, 48)


def test_transfer_names_the_folder_of_the_notebooks_where_there_is_one(capsys, tmp_path):
    (tmp_path / "notebooks").mkdir()
    assert main(["transfer", *SMALL, "--out", "a.png"]) == 0
    assert capsys.readouterr().out.endswith("-m jupyter lab notebooks/\n")


def test_transfer_is_that_of_the_library():
    main(["transfer", *SMALL, "--style", "waves:3", "--style-weight", "7", "--quiet"])
    content, style = commands.picture("astronaut", 48), commands.picture("waves:3", 48)
    *_, step = style_transfer.transfer(content, style, style_weight=7, steps=3)
    np.testing.assert_array_equal(
        load_image("transfer.png"), (step.image.cpu() * 255).round() / 255
    )


@pytest.mark.parametrize(
    ("command", "recipe"),
    [
        ("transfer", style_transfer.transfer),
        ("content x", style_transfer.reconstruct_content),
        ("style x", style_transfer.reconstruct_style),
    ],
)
def test_defaults_are_those_of_the_signatures(command, recipe):
    options = vars(_parser().parse_args(command.split()))
    shared = set(inspect.signature(recipe).parameters) & set(RECIPE_HELP)
    assert {"steps", "tv_weight", "init", "optimizer"} <= shared
    for name in shared:
        assert options[name] == inspect.signature(recipe).parameters[name].default


def test_every_keeps_the_outputs_at_intervals():
    main(["transfer", *SMALL, "--every", "2", "--steps", "5", "--out", "a.jpg", "--quiet"])
    assert sorted(os.listdir()) == ["a-0000.jpg", "a-0002.jpg", "a-0004.jpg", "a.jpg"]


def test_layers_with_weights_several_styles_scales_and_a_start_picture(capsys):
    save_image(torch.rand(1, 3, 30, 60), "start.png")
    options = (
        "--style night coffee --style-mix 2 1 --style-layers relu1_1:0.5 relu2_1 --scales 0.5 1"
    )
    assert main(["transfer", *SMALL, *options.split(), "--init", "start.png"]) == 0
    assert size("transfer.png") == (48, 48)


@pytest.fixture
def masks():
    """sky.png, the upper half of a picture, at another size than it, and narrow.png."""
    mask = torch.zeros(1, 3, 96, 96)
    mask[:, :, :48] = 1
    save_image(mask, "sky.png")
    save_image(1 - mask, "ground.png")
    save_image(mask[..., :40], "narrow.png")


def test_a_mask_for_the_first_style_leaves_the_rest_to_the_second(masks):
    main(
        [
            "transfer",
            *SMALL,
            *["--mask", "sky.png", "--style", "waves", "--style", "night", "--quiet"],
        ]
    )
    content, waves, night = (commands.picture(name, 48) for name in ("astronaut", "waves", "night"))
    sky = torch.zeros(1, 1, 48, 48)
    sky[:, :, :24] = 1
    *_, step = style_transfer.transfer(
        content, [waves, night], masks=[commands._mask("sky.png", content), None], steps=3
    )
    assert (commands._mask("sky.png", content) - sky).abs().mean() < 0.01
    made = load_image("transfer.png")
    np.testing.assert_array_equal(made, (step.image.cpu() * 255).round() / 255)
    both = [
        "--mask",
        "sky.png",
        "ground.png",
        "--style",
        "waves",
        "night",
        "--quiet",
        "--out",
        "both.png",
    ]
    main(["transfer", *SMALL, *both])
    assert (load_image("both.png") - made).abs().mean() < 1e-2


def test_masks_are_resumed_like_everything_else(masks):
    run = [
        "transfer",
        *SMALL,
        *["--scales", "1", "--style", "waves", "night", "--mask", "sky.png", "--quiet"],
    ]
    run += ["--style-mask", "all", "ground.png"]
    main([*run, "--steps", "6", "--out", "whole.png"])
    main([*run, "--steps", "3", "--save-state", "run.pt"])
    main([*run, "--steps", "6", "--resume", "run.pt", "--out", "b.png"])
    assert Path("whole.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--mask nowhere.png", "nowhere.png"),
        ("--mask narrow.png", "narrow.png has 40 x 96 pixels and its picture 48 x 48"),
        ("--mask sky.png --style night waves coffee", "masks (1) must be that of the styles (3)"),
        ("--mask sky.png ground.png", "masks (2) must be that of the styles (1)"),
        ("--mask sky.png sky.png --style night waves", "overlap in 1"),
        ("--mask sky.png --style night waves --style-mix 1 2", "without shares"),
        ("--style-mask sky.png all", "masks (2) must be that of the styles (1)"),
        ("--style-mask narrow.png", "same proportions"),
    ],
)
def test_a_bad_mask_gets_one_line_and_status_2(arguments, words, masks, capsys):
    assert main(["transfer", *SMALL, *arguments.split(), "--quiet"]) == 2
    said = capsys.readouterr().err.strip()
    assert words in said
    assert len(said.splitlines()) == 1


def test_resume_gives_the_picture_of_an_uninterrupted_run():
    main(["transfer", *SMALL, "--scales", "1", "--steps", "6", "--out", "whole.png", "--quiet"])
    main(["transfer", *SMALL, "--scales", "1", "--steps", "3", "--save-state", "run.pt", "--quiet"])
    main(
        [
            "transfer",
            *SMALL,
            "--scales",
            "1",
            "--steps",
            "6",
            "--resume",
            "run.pt",
            "--out",
            "b.png",
            "--quiet",
        ]
    )
    assert Path("whole.png").read_bytes() == Path("b.png").read_bytes()


@pytest.mark.parametrize("command", ["content", "style"])
def test_figure_1_has_a_panel_a_layer(command, capsys):
    out = [command, "cat", *SMALL, "--layers", "relu1_1", "relu3_1", "--parts", "parts"]
    assert main(out) == 0
    names = {
        "content": ["relu1_1.png", "relu3_1.png"],
        "style": ["relu1_1-to-relu3_1.png", "relu1_1.png"],
    }[command]
    assert sorted(os.listdir("parts")) == names
    assert all(size(f"parts/{name}") == (48, 32) for name in names)
    width, height = size(f"{command}.png")
    assert width > 2 * height  # three panels side by side
    assert f"{command}.png" in capsys.readouterr().out


def test_gram_says_how_far_styles_are_apart(capsys):
    assert main(["gram", "night", "night:5", "coffee", "--size", "64"]) == 0
    said = capsys.readouterr().out
    near, far = (
        [float(line.split()[1]) for line in block.splitlines()[1:6]]
        for block in said.split("Style distance of ")[1:]
    )
    assert all(a < b for a, b in zip(near, far, strict=True))
    assert size("gram.png")[0] > 1000


def test_weights_imagenet(monkeypatch, capsys, tmp_path):
    seen = {}

    def fetch(*, to, progress):
        seen.update(to=to, progress=progress)
        return tmp_path / "w.safetensors"

    monkeypatch.setattr(commands, "fetch_imagenet", fetch)
    assert main(["weights", "imagenet", "--to", "class", "--quiet"]) == 0
    assert seen == {"to": Path("class"), "progress": False}
    assert str(tmp_path / "w.safetensors") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("transfer --content nowhere.jpg", "nowhere.jpg"),
        ("transfer --style waves:-1", "the seed of a painting is a whole number"),
        ("transfer --style waves:abc", "as in waves:7"),
        ("transfer --content astronaut:3", "a photo has no seed"),
        ("transfer --style-mix 1 2", "2 shares for 1 pictures"),
        ("transfer --learning-rate 0", "learning rate must be above 0"),
        ("transfer --style nihgt", "or a painting: night, "),
        ("transfer --content broken.jpg", "broken.jpg"),
        ("transfer --out a.xyz", ".xyz"),
        ("transfer --out folder.png", "folder"),
        ("transfer --size 4", "16"),
        ("transfer --steps 0", "steps must be at least 1, one for each scale"),
        ("transfer --optimizer sgd", "'lbfgs' or 'adam'"),
        ("transfer --init zeros", "zeros"),
        ("transfer --style-layers relu7_1", "relu7_1"),
        ("transfer --style-weight -3", "style_weight"),
        ("transfer --weights nowhere.safetensors", "nowhere.safetensors"),
        ("transfer --weights broken.jpg", "broken.jpg"),
        ("transfer --pooling sum", "pooling"),
        ("transfer --device warp", "warp"),
        ("transfer --resume nowhere.pt", "no saved run nowhere.pt"),
        ("transfer --resume broken.jpg", "saved run"),
        ("transfer --style-layers relu1_1:much", "relu1_1:much"),
        ("content --layers relu9_9", "relu9_9"),
        ("style --out a.xyz", ".xyz"),
        ("gram nowhere.jpg", "nowhere.jpg"),
        ("bench --sizes 2", "32"),
        ("bench --plot a.xyz", "--plot a.xyz"),
        ("transfer --precision half", "not 'half'"),
        ("transfer --tile 3", "at least 16 pixels"),
        ("bench --weights random:x", "random:x"),
        ("transfer --every -1", "every"),
        ("fly", "fly"),
        ("", "command"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(arguments, words, capsys):
    Path("broken.jpg").write_bytes(b"\xff\xd8 no picture")
    Path("folder.png").mkdir()
    try:
        status = main([*arguments.split(), *(["--quiet"] if arguments else [])])
    except SystemExit as exit_:  # argparse
        status = exit_.code
    said = capsys.readouterr()
    assert status == 2
    last = said.err.strip().splitlines()[-1]
    assert words in last
    assert "Traceback" not in said.err
    if last.startswith("nstlib:"):
        assert len(said.err.strip().splitlines()) == 1


def test_a_run_that_fails_in_its_second_scale_leaves_its_picture_and_can_be_resumed(
    monkeypatch, capsys
):
    """The network itself fails, not a stand-in for the run: so the numbers are those users see."""
    command = ["transfer", *SMALL, "--scales", "0.5", "1", "--steps", "6", "--quiet"]
    main([*command, "--out", "whole.png"])
    capsys.readouterr()
    calls, forward = itertools.count(), VGG19.forward

    def failing(self, image, layers):
        if next(calls) == 10:  # 2 targets and 4 evaluations, 2 targets, the second evaluation
            raise MemoryError
        return forward(self, image, layers)

    with monkeypatch.context() as patch:
        patch.setattr(VGG19, "forward", failing)
        patch.setattr(memory, "TILES", ())
        assert main([*command, "--out", "half.png", "--save-state", "run.pt"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("nstlib: At step 4 of 6 there was not enough memory")
    assert size("half.png") == (48, 48)
    assert main([*command, "--out", "rest.png", "--resume", "run.pt"]) == 0
    assert Path("rest.png").read_bytes() == Path("whole.png").read_bytes()


def test_a_failed_panel_leaves_the_figure_of_all_before_it(monkeypatch, capsys):
    @functools.wraps(style_transfer.reconstruct_content)
    def failing(image, layer, **kwargs):
        for step in reconstruct(image, layer, **kwargs):
            yield step
            if layer == "relu2_1" and step.index == 1:
                raise RunFailed("the loss was no longer a finite number.", step)

    reconstruct = style_transfer.reconstruct_content
    monkeypatch.setattr(style_transfer, "reconstruct_content", failing)
    layers = ["--layers", "relu1_1", "relu2_1", "relu3_1"]
    assert main(["content", "cat", *SMALL, *layers, "--parts", "parts", "--quiet"]) == 2
    said = "nstlib: At step 1 of 3 the loss was no longer a finite number.\n"
    assert capsys.readouterr().err == said
    assert sorted(os.listdir("parts")) == ["relu1_1.png", "relu2_1.png"]
    assert size("content.png")[0] > 100


@pytest.mark.parametrize(
    "error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("other")]
)
def test_no_memory_before_the_first_step_gets_one_line(monkeypatch, capsys, error):
    @functools.wraps(style_transfer.transfer)
    def failing(*args, **kwargs):
        raise error

    monkeypatch.setattr(style_transfer, "transfer", failing)
    if str(error) == "other":
        with pytest.raises(RuntimeError, match="other"):
            main(["transfer", *SMALL])
        return
    assert main(["transfer", *SMALL]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == "nstlib: there is not enough memory; choose a smaller --size."


@pytest.mark.slow
def test_ctrl_c_leaves_the_last_good_picture(tmp_path):
    command = [
        sys.executable,
        "-m",
        "nstlib",
        "transfer",
        "--size",
        "64",
        "--scales",
        "1",
        "--steps",
        "100000",
    ]
    process = subprocess.Popen(
        [*command, "--every", "1", "--quiet"],
        stderr=subprocess.PIPE,
        # A shell starts background jobs with SIGINT ignored, and so would be what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        deadline = time.monotonic() + 300
        while not Path("transfer-0003.png").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert b"interrupted after step" in said
    assert b"Traceback" not in said
    assert size("transfer.png") == (64, 64)


@pytest.mark.slow
def test_the_package_starts_no_thread():
    code = "import threading, nstlib; assert threading.active_count() == 1"
    subprocess.run([sys.executable, "-c", code], check=True)
