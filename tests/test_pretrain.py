import math

import pytest
import torch
from safetensors import safe_open

from nstlib import crops, pretrain
from nstlib.student import (
    Student,
    gram_contrast,
    mean_activations,
    normalize_channels,
    revive,
)
from nstlib.vgg import load_vgg19

WIDTH = 1 / 16
TINY = (32, 8)


@pytest.fixture(scope="module")
def pictures():
    rng = torch.Generator().manual_seed(0)
    coarse = torch.rand(8, 3, 16, 16, generator=rng)
    whole = torch.nn.functional.interpolate(coarse, 64, mode="bicubic").clamp(0, 1)
    return (255 * whole).byte().permute(0, 2, 3, 1)


def curve(pictures, steps, *, state=None, total=6, seed=0):
    student = Student(WIDTH, len(pictures), seed=seed)
    training = pretrain.train(student, pictures, steps=total, seed=seed, crops=TINY, state=state)
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
    assert second[-1].seen == updates[-1].seen == 6 * TINY[1]
    assert [u.losses for u in second] == [u.losses for u in updates[3:]]
    for a, b in zip(whole.parameters(), halves.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_training_lowers_the_losses(pictures, monkeypatch):
    monkeypatch.setattr(pretrain, "schedule", lambda step, steps: (3e-3, *TINY))
    _, updates = curve(pictures, 20, total=20)
    rebuilt = [update.losses["rebuild/relu3_1"] for update in updates]
    assert sum(rebuilt[-4:]) < 0.85 * sum(rebuilt[:4])


def test_the_schedule_warms_up_cools_down_and_ends_with_large_crops():
    rates = [pretrain.schedule(step, 2000)[0] for step in range(2000)]
    assert max(rates) == pytest.approx(8e-4, rel=0.1)
    assert rates.index(max(rates)) == 299
    assert rates[-1] < 2e-5
    sides = [pretrain.schedule(step, 2000)[1] for step in range(2000)]
    assert sides == sorted(sides)
    assert sides[-1] == 128


def test_the_contrast_is_chance_for_equal_grams_and_nothing_for_paired_ones():
    same = torch.ones(8, 3, 3)
    assert float(gram_contrast(same)) == pytest.approx(math.log(7), rel=1e-5)
    pairs = torch.eye(9)[:4].view(4, 3, 3).repeat(2, 1, 1)
    assert float(gram_contrast(pairs)) < 1e-5
    strangers = torch.eye(9)[:4].view(4, 3, 3).repeat_interleave(2, 0)
    assert float(gram_contrast(strangers)) > 5


def test_normalized_channels_have_mean_one_and_tell_the_same():
    vgg = load_vgg19("random", width=WIDTH)
    before = {key: value.clone() for key, value in vgg.state_dict().items()}
    images = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    other = torch.rand(1, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    layers = ["relu1_1", "relu3_2", "relu5_1"]
    means, old = mean_activations(vgg, images), vgg(other, layers)
    normalize_channels(vgg, images)
    after, new = mean_activations(vgg, images), vgg(other, layers)
    assert any((before[key] != value).any() for key, value in vgg.state_dict().items())
    for layer in layers:
        alive = means[layer] > 0.02 * means[layer].median()
        torch.testing.assert_close(after[layer][alive], torch.ones(int(alive.sum())))
        scale = means[layer].clamp_min(0.02 * means[layer].median()).view(1, -1, 1, 1)
        torch.testing.assert_close(new[layer] * scale, old[layer], rtol=1e-3, atol=1e-5)


def test_a_dead_channel_is_revived_and_the_others_are_left_alone():
    vgg = load_vgg19("random", width=WIDTH)
    images = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    normalize_channels(vgg, images)
    with torch.no_grad():
        vgg.conv5_1.bias[3] = -1e6
    others = vgg.conv5_1.weight[[0, 1]].clone()
    assert mean_activations(vgg, images)["relu5_1"][3] == 0
    assert revive(vgg, images) >= 1
    assert mean_activations(vgg, images)["relu5_1"][3] > 0
    torch.testing.assert_close(vgg.conv5_1.weight[[0, 1]], others)


def test_two_crops_of_one_picture_lie_n_apart():
    flat = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1).expand(4, 32, 32, 3) * 60
    made = crops.random_crops(flat, 16, torch.Generator().manual_seed(0))
    assert tuple(made.shape) == (8, 3, 16, 16)
    expected = torch.arange(4).repeat(2) * 60 / 255
    torch.testing.assert_close(made, expected.view(8, 1, 1, 1).expand(8, 3, 16, 16))


def test_two_crops_of_one_picture_are_not_the_same(pictures):
    one, two = crops.random_crops(pictures, 16, torch.Generator().manual_seed(0)).chunk(2)
    assert (one - two).abs().mean((1, 2, 3)).min() > 0.02


def test_recolored_crops_stay_in_range_and_gray_stays_without_edges():
    rng = torch.Generator().manual_seed(0)
    seen = crops.recolored(torch.rand(32, 3, 8, 8, generator=rng), rng)
    assert seen.min() >= 0
    assert seen.max() <= 1
    flat = crops.recolored(torch.full((32, 3, 8, 8), 0.2), rng)
    assert flat.std((2, 3)).max() < 1e-6
    assert flat.std((0, 2, 3)).min() > 0.02


def test_neighbors_come_two_by_two_from_fours():
    label = crops.neighbors(40, 32, torch.Generator().manual_seed(0)).view(-1, 2)
    assert len(label) == 8
    assert (label[:, 0] != label[:, 1]).all()
    assert (label[:, 0] // 4 == label[:, 1] // 4).all()
    assert label.max() < 40


@pytest.fixture
def few_pictures(monkeypatch, pictures):
    monkeypatch.setattr(pretrain, "training_pictures", lambda *, canvases: pictures)
    monkeypatch.setattr(pretrain, "schedule", lambda step, steps: (1e-3, *TINY))


def test_the_written_file_loads_and_computes_the_same(few_pictures, pictures, tmp_path):
    out = tmp_path / "tiny.safetensors"
    updates = list(pretrain.run(out, steps=3, width=WIDTH))
    assert updates[-1].step == 3
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    with safe_open(out, framework="pt") as file:
        notes = file.metadata()
    assert notes["steps"] == "3 by a schedule of 3"
    assert notes["seed"] == "0"
    assert notes["crops seen"] == "24"
    assert notes["begun from"] == "random numbers"
    assert float(notes["minutes"]) >= 0

    student = Student(WIDTH, len(pictures))
    student.load_state_dict(updates[-1].state["student"])
    image = torch.rand(1, 3, 32, 32)
    loaded = load_vgg19(out)(image, ["relu5_1"])["relu5_1"]
    expected = student.vgg(image, ["relu5_1"])["relu5_1"]
    torch.testing.assert_close(loaded, expected, rtol=0.02, atol=0.02)


def test_a_killed_run_goes_on_where_it_was(few_pictures, tmp_path):
    whole = list(pretrain.run(tmp_path / "whole.safetensors", steps=5, width=WIDTH))
    out = tmp_path / "cut.safetensors"
    for update in pretrain.run(out, steps=5, width=WIDTH, every=0):
        if update.step == 3:
            break
    with pytest.raises(ValueError, match="another training"):
        next(pretrain.run(out, steps=5, width=WIDTH, seed=1))
    rest = list(pretrain.run(out, steps=5, width=WIDTH))
    # What step 3 had written is step 2: the break came before the file of step 3.
    assert rest[-1].losses == whole[-1].losses
    assert rest[0].step > 1


def test_a_paused_run_goes_on_by_another_schedule_and_says_so(few_pictures, tmp_path):
    out = tmp_path / "paused.safetensors"
    assert [u.step for u in pretrain.run(out, steps=5, until=2, width=WIDTH)] == [1, 2]
    assert [u.step for u in pretrain.run(out, steps=4, width=WIDTH)] == [3, 4]
    with safe_open(out, framework="pt") as file:
        assert file.metadata()["steps"] == "2 by a schedule of 5; 4 by a schedule of 4"


def test_a_start_from_a_file_is_told_and_used(few_pictures, tmp_path):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    list(pretrain.run(first, steps=2, width=WIDTH))
    list(pretrain.run(second, steps=2, width=WIDTH, start=first))
    with safe_open(second, framework="pt") as file:
        assert file.metadata()["begun from"].startswith("first.safetensors (sha256 ")
    with pytest.raises(ValueError, match="another width"):
        next(pretrain.run(tmp_path / "third", steps=2, width=1 / 8, start=first))


def test_minutes_become_steps(few_pictures, pictures):
    assert pretrain.steps_for(0.0001, pictures, width=WIDTH, device="cpu") == 10


def test_bad_pictures_and_bad_files_are_named(pictures, tmp_path, capsys):
    student = Student(WIDTH, 6)
    with pytest.raises(ValueError, match="no multiple of 4"):
        next(pretrain.train(student, pictures[:6], steps=1))
    assert pretrain.main(["--evaluate", str(tmp_path / "none.safetensors")]) == 1
    assert "none.safetensors" in capsys.readouterr().err
