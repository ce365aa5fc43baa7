import pytest
import torch
from safetensors import safe_open

from nstlib import crops, pretrain
from nstlib.student import MEAN, STD, Student, imitation
from nstlib.vgg import load_vgg19
from nstlib.wavelets import wavelet_maps

TINY = {"side": 32, "batch": 4}


@pytest.fixture(scope="module")
def pictures():
    rng = torch.Generator().manual_seed(0)
    coarse = torch.rand(8, 3, 16, 16, generator=rng)
    whole = torch.nn.functional.interpolate(coarse, 64, mode="bicubic").clamp(0, 1)
    return (255 * whole).byte().permute(0, 2, 3, 1)


def curve(pictures, steps, *, state=None, total=6, seed=0):
    student = Student(0.25, seed=seed)
    training = pretrain.train(student, pictures, steps=total, seed=seed, state=state, **TINY)
    updates = []
    for update in training:
        updates.append(update)
        if update.step == steps:
            break
    return student, updates


def test_the_same_seed_gives_the_same_losses(pictures):
    one, two = (curve(pictures, 4)[1] for _ in range(2))
    assert [u.losses for u in one] == [u.losses for u in two]
    assert one[0].losses != one[1].losses
    other = curve(pictures, 1, seed=1)[1]
    assert other[0].losses != one[0].losses


def test_a_training_cut_in_two_equals_a_whole_one(pictures, tmp_path):
    whole, updates = curve(pictures, 6)
    _, first = curve(pictures, 3)
    torch.save(first[-1].state, tmp_path / "state")
    halves, second = curve(pictures, 6, state=torch.load(tmp_path / "state"))
    assert [u.step for u in second] == [4, 5, 6]
    assert second[-1].seen == updates[-1].seen == 6 * TINY["batch"]
    assert [u.losses for u in second] == [u.losses for u in updates[3:]]
    for a, b in zip(whole.parameters(), halves.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_training_lowers_the_losses(pictures, monkeypatch):
    monkeypatch.setattr(pretrain, "learning_rate", lambda step, steps: 1e-3)
    _, updates = curve(pictures, 20, total=20)
    for name in ("rebuild/relu3_1", "wavelets/relu5_1"):
        values = [update.losses[name] for update in updates]
        assert sum(values[-4:]) < 0.85 * sum(values[:4]), name


def test_the_learning_rate_warms_up_and_cools_down():
    rates = [pretrain.learning_rate(step, 2000) for step in range(2000)]
    assert max(rates) == pytest.approx(8e-4, rel=0.1)
    assert rates.index(max(rates)) == 99
    assert rates[-1] < 2e-5


def test_an_untrained_student_imitates_the_small_wavelets_already(pictures):
    student = Student(0.25)
    crop = pictures[:2].permute(0, 3, 1, 2).float() / 255
    maps = wavelet_maps((crop - MEAN) / STD, size=3)
    features = student.vgg(crop, list(maps))
    losses = student(crop, crop)
    assert set(losses) > {f"wavelets/{layer}" for layer in maps}
    # Where zeros are padded, far from the border's reach, the two are the same to rounding.
    torch.testing.assert_close(features["relu1_1"][:, :16], maps["relu1_1"])
    assert losses["wavelets/relu1_1"] < 1e-8 < losses["wavelets/relu5_1"]


def test_imitation_is_nothing_for_equal_maps_and_one_for_their_means():
    maps = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 10
    free = torch.rand(4, 2, 8, 8)
    assert imitation(torch.cat([maps, free], dim=1), maps) == 0
    means = maps.mean((0, 2, 3), keepdim=True).expand_as(maps)
    assert float(imitation(means, maps)) == pytest.approx(1.0, rel=0.02)


def test_a_crop_is_of_its_own_picture():
    flat = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1).expand(4, 32, 32, 3) * 60
    made = crops.random_crops(flat, 16, torch.Generator().manual_seed(0))
    expected = torch.arange(4).view(4, 1, 1, 1) * 60 / 255
    torch.testing.assert_close(made, expected.expand(4, 3, 16, 16))


def test_two_crops_of_one_picture_are_not_the_same(pictures):
    rng = torch.Generator().manual_seed(0)
    one, two = (crops.random_crops(pictures, 16, rng) for _ in range(2))
    assert (one - two).abs().mean((1, 2, 3)).min() > 0.02


def test_recolored_crops_stay_in_range_and_gray_stays_without_edges():
    rng = torch.Generator().manual_seed(0)
    seen = crops.recolored(torch.rand(32, 3, 8, 8, generator=rng), rng)
    assert seen.min() >= 0
    assert seen.max() <= 1
    flat = crops.recolored(torch.full((32, 3, 8, 8), 0.2), rng)
    assert flat.std((2, 3)).max() < 1e-6
    assert flat.std((0, 2, 3)).min() > 0.02


@pytest.fixture
def few_pictures(monkeypatch, pictures):
    monkeypatch.setattr(pretrain, "training_pictures", lambda *, canvases: pictures)
    train = pretrain.train
    monkeypatch.setattr(pretrain, "train", lambda *a, **k: train(*a, **{**k, **TINY}))


def test_the_written_file_loads_and_computes_the_same(few_pictures, pictures, tmp_path):
    out = tmp_path / "tiny.safetensors"
    updates = list(pretrain.run(out, steps=3))
    assert updates[-1].step == 3
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    with safe_open(out, framework="pt") as file:
        notes = file.metadata()
    assert notes["steps"] == "3 by a schedule of 3"
    assert notes["seed"] == "0"
    assert notes["crops seen"] == "12"
    assert notes["begun from"] == "filters of nstlib.wavelets"
    assert float(notes["minutes"]) >= 0

    student = Student(0.25)
    student.load_state_dict(updates[-1].state["student"])
    image = torch.rand(1, 3, 32, 32)
    loaded = load_vgg19(out)(image, ["relu5_1"])["relu5_1"]
    expected = student.vgg(image, ["relu5_1"])["relu5_1"]
    torch.testing.assert_close(loaded, expected, rtol=0.02, atol=0.02)


def test_a_killed_run_goes_on_where_it_was(few_pictures, tmp_path):
    whole = list(pretrain.run(tmp_path / "whole.safetensors", steps=5))
    out = tmp_path / "cut.safetensors"
    for update in pretrain.run(out, steps=5, every=0):
        if update.step == 3:
            break
    with pytest.raises(ValueError, match="another training"):
        next(pretrain.run(out, steps=5, seed=1))
    rest = list(pretrain.run(out, steps=5))
    # What step 3 had written is step 2: the break came before the file of step 3.
    assert rest[-1].losses == whole[-1].losses
    assert rest[0].step > 1


def test_a_paused_run_goes_on_by_another_schedule_and_says_so(few_pictures, tmp_path):
    out = tmp_path / "paused.safetensors"
    assert [u.step for u in pretrain.run(out, steps=5, until=2)] == [1, 2]
    assert [u.step for u in pretrain.run(out, steps=4)] == [3, 4]
    with safe_open(out, framework="pt") as file:
        assert file.metadata()["steps"] == "2 by a schedule of 5; 4 by a schedule of 4"


def test_a_start_from_a_file_is_told_and_used(few_pictures, tmp_path):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    list(pretrain.run(first, steps=2))
    list(pretrain.run(second, steps=2, start=first))
    with safe_open(second, framework="pt") as file:
        assert file.metadata()["begun from"].startswith("first.safetensors (sha256 ")
    with pytest.raises(ValueError, match="another width"):
        next(pretrain.run(tmp_path / "third", steps=2, width=0.5, start=first))


def test_minutes_become_steps(few_pictures, pictures):
    assert pretrain.steps_for(0.0001, pictures, width=0.25, device="cpu") == 10


def test_a_missing_file_is_named(tmp_path, capsys):
    assert pretrain.main(["--evaluate", str(tmp_path / "none.safetensors")]) == 2
    assert "none.safetensors" in capsys.readouterr().err
