"""The atlas: what it computes, against independent formulas, and whether the bundled one is whole."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from nstlib import gram_matrix, load_vgg19, painting, photo, receptive_field
from nstlib.atlas import __main__ as shell
from nstlib.atlas import build, bundled, channel_card, maximize, parts, styles, tuning
from nstlib.atlas.digest import weights_digest
from nstlib.atlas.survey import Survey, partners, sources, strongest, survey, window
from nstlib.images import PHOTOS
from nstlib.paintings import PAINTINGS
from nstlib.widgets.maps import field

PAGES = Path(str(bundled.PAGES))


@pytest.fixture(scope="module")
def vgg():
    return load_vgg19(device="cpu")


@pytest.fixture(scope="module")
def small():
    return load_vgg19("random", width=1 / 16, device="cpu", seed=2)


@pytest.fixture(scope="module")
def atlas():
    return bundled.data()


# Painting what a channel answers to


def answer(vgg, image, layer, channel):
    return vgg(image, [layer])[layer][:, channel].mean().item()


@pytest.mark.parametrize(("layer", "channel"), [("relu1_1", 5), ("relu3_1", 21)])
def test_the_painted_picture_excites_its_channel_more_than_any_photo_does(vgg, layer, channel):
    made = maximize(vgg, layer, channel, side=32)
    assert made.shape == (1, 3, 32, 32)
    assert made.min() >= 0
    assert made.max() <= 1
    found = max(answer(vgg, photo(name, size=64), layer, channel) for name in PHOTOS)
    assert answer(vgg, made, layer, channel) > 1.5 * found


def test_a_picture_does_not_depend_on_those_painted_with_it(small):
    several = maximize(small, "relu2_1", [3, 0, 6], side=32, steps=8)
    alone = maximize(small, "relu2_1", 6, side=32, steps=8)
    torch.testing.assert_close(several[2:], alone, atol=1e-3, rtol=0)
    with torch.no_grad():
        again = maximize(small, "relu2_1", np.int64(6), side=32, steps=8)
    torch.testing.assert_close(alone, again)
    assert (alone - maximize(small, "relu2_1", 6, side=32, steps=8, seed=1)).abs().max() > 0.1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"layer": "relu9_9"}, "There is no layer"),
        ({"layer": "conv2_1"}, "relu2_1"),
        ({"channels": 64}, "no channel 64"),
        ({"channels": []}, "at least one channel"),
        ({"channels": [0, -1]}, "no channel -1"),
        ({"side": 8}, "at least 16 pixels"),
        ({"steps": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_painted_is_refused(small, arguments, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        maximize(small, **{"layer": "relu2_1", "channels": 0, "steps": 1} | arguments)


# Real pictures


def test_the_strongest_places_are_those_of_the_maps(small):
    images = [photo("cat", size=(96, 160)), photo("coffee", size=(112, 112))]
    layers = ["relu1_1", "relu3_2"]
    found = survey(small, images, layers)
    for layer in layers:
        grams = []
        for number, image in enumerate(images):
            maps = small(image, [layer])[layer]
            gram = gram_matrix(maps.double())[0]
            grams.append(gram / gram.square().sum().sqrt())
            size, height, width = receptive_field(layer)[0], *image.shape[2:]
            for channel, one in enumerate(maps[0]):
                whole = [  # the places whose field is not cut off by the border
                    (one[y, x].item(), y, x)
                    for y in range(one.shape[0])
                    for x in range(one.shape[1])
                    if (box := field(layer, y, x, height, width))[2] - box[0] == size
                    and box[3] - box[1] == size
                ]
                value, *_ = max(whole)
                row, column = found[layer].places[number, channel]
                assert found[layer].peaks[number, channel] == pytest.approx(value)
                assert one[row, column].item() == pytest.approx(value)
        np.testing.assert_allclose(found[layer].gram, torch.stack(grams).mean(0), atol=1e-6)


def test_a_low_picture_keeps_the_fields_inside_from_left_to_right(small):
    image = photo("coffee", size=(32, 160))  # 8 rows, where a field takes all of them
    seen = survey(small, [image], ["relu3_2"])["relu3_2"]
    assert seen.places[0, :, 1].min() >= 4
    assert seen.places[0, :, 1].max() < 36
    assert len(set(seen.places[0, :, 0])) > 1


def test_the_window_is_the_field_of_the_feature_explorer():
    for layer in parts.layers():
        left, top, side = window(layer, (20, 30))
        assert field(layer, 20, 30, 10**4, 10**4) == (left, top, left + side, top + side)


def test_partners_and_strongest_pictures():
    gram = np.array([[4.0, 2, 0, 0], [2, 1, 0.1, 0], [0, 0.1, 1, 0], [0, 0, 0, 0]])
    peaks = np.array([[1.0, 0, 0, 0], [3, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]])
    seen = Survey(peaks, np.zeros((4, 4, 2), int), gram)
    together, apart = partners(seen, 0, 2)
    assert together == [(1, 1.0), (2, 0.0)]
    assert apart == [(2, 0.0), (1, 1.0)]
    assert partners(seen, 3, 2) == ([], [])
    assert strongest(seen, 0, [0, 1, 2, 3], 2) == [1, 2]
    assert strongest(seen, 0, [0, 3], 2) == [0]
    assert strongest(seen, 1, [0, 1, 2, 3], 2) == []


def test_sources_are_named_as_the_library_names_them():
    found = sources(size=32, seeds=1, canvases=2)
    assert [one.name for one in found if one.kind == "photo"] == list(PHOTOS)
    named = {one.name: one.image for one in found}
    assert len(named) == len(found) == len(PHOTOS) + len(PAINTINGS) + 2
    assert torch.equal(named["waves"], painting("waves", size=32))


# Tuning


def test_the_stripes_have_the_directions_and_periods_that_are_said():
    stripes = tuning.gratings(side=96)
    gray = stripes[:, :, 0, 0]
    upright, lying = (gray[:, tuning.TURNS.index(degrees)] for degrees in (0, 90))
    torch.testing.assert_close(upright, upright[:, :1].expand_as(upright), atol=1e-4, rtol=0)
    torch.testing.assert_close(lying, lying[:, :, :1].expand_as(lying), atol=1e-4, rtol=0)
    for period, rows in zip(tuning.PERIODS, upright[:, 0], strict=True):
        strongest = int(torch.fft.rfft(rows - rows.mean()).abs().argmax())
        assert strongest == round(96 / period)
    # Clockwise from upright: at 45° the light line through the middle rises to the right.
    leaning = gray[4, tuning.TURNS.index(45)]
    assert leaning.flip(1).diagonal().std() < 0.02 < leaning.diagonal().std()


class Cell(torch.nn.Module):
    """A network with one channel, which answers to red and to upright stripes."""

    device = torch.device("cpu")

    def forward(self, pictures, layers):
        red = (pictures[:, :1] - pictures[:, 1:2]).relu()
        columns = pictures[:, 1:2].mean(dim=2, keepdim=True)  # gray, unless the stripes are upright
        return {layers[0]: (columns - columns.mean(dim=3, keepdim=True)).abs() + red}


def test_tuning_finds_what_a_cell_answers_to():
    stripes, colors = tuning.tuning(Cell(), ["cell"], side=48)["cell"]
    assert stripes.shape == (1, len(tuning.PERIODS), len(tuning.TURNS))
    assert stripes[0].mean(axis=0).argmax() == 0
    assert list(tuning.COLORS)[colors[0].argmax()] == "red"
    assert tuning.selectivity(stripes) == pytest.approx(1)
    assert np.isnan(tuning.selectivity(np.zeros_like(stripes))).all()


def one(place=None, value=1.0, across=0.0, color=0.0):
    stripes, colors = np.zeros((8, 12)), np.zeros(len(tuning.COLORS))
    if place:
        stripes[place] = value
        stripes[place[0], (place[1] + 6) % 12] = across
    colors[list(tuning.COLORS).index("blue")] = color
    return tuning.in_words(stripes, colors)


def test_what_is_said_of_a_channel():
    assert "stays at 0 for all" in one()
    words = one((2, 2), across=0.25)
    assert "period of 6 pixels" in words
    assert "30°" in words
    assert "25 %" in words
    assert "Plain colors leave it at 0" in words
    assert "nearly any direction" in one((2, 2), across=0.9)
    assert "to vertical stripes" in one((0, 0))
    assert "to horizontal stripes" in one((0, 6))
    assert "plain blue. The best stripes get 50 %" in one((0, 6), color=2.0)
    assert "blue, gets 20 %" in one((0, 6), color=0.2)
    everything = tuning.in_words(np.zeros((8, 12)), np.ones(len(tuning.COLORS)))
    assert "many of them equally" in everything


def test_letters_are_shares_of_the_largest_answer():
    text = build.letters(np.array([[0.0, 2.0], [1.0, -1.0]]), np.array([0.5]))
    assert [build.LEVELS.index(letter) for letter in text] == [0, 35, 18, 0, 9]
    assert set(build.letters(np.zeros((2, 2)), np.zeros(3))) == {"0"}


# Styles


def test_scaling_finds_points_again_that_lie_in_a_plane():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((12, 2)) * [3, 1]
    squares = np.square(points[:, None] - points).sum(-1)
    found, values = styles.scaled(squares)
    np.testing.assert_allclose(np.square(found[:, None] - found).sum(-1), squares, atol=1e-9)
    assert values[:2].sum() / values.sum() == pytest.approx(1)
    fresh = rng.standard_normal((3, 2))
    new = np.square(fresh[:, None] - points).sum(-1)
    on_map = styles.placed(squares, new, found, values)
    np.testing.assert_allclose(np.square(on_map[:, None] - found).sum(-1), new, atol=1e-9)


def test_distances_are_those_of_notebook_03(small):
    grams = [
        styles.grams_of(small, painting(name, size=64), ["relu2_1"])["relu2_1"]
        for name in ("night", "waves", "dots")
    ]
    found = styles.squared_distances(grams, grams)
    for i, a in enumerate(grams):
        for j, b in enumerate(grams):
            apart = a.astype(float) / np.linalg.norm(a) - b.astype(float) / np.linalg.norm(b)
            assert found[i, j] == pytest.approx(np.square(apart).sum(), abs=1e-5)
    np.testing.assert_allclose(styles.squared_distances([3 * grams[0]], grams[:1]), 0, atol=1e-6)
    half = styles.mixed({"x": grams[0]}, {"x": grams[1]}, 0.25)["x"]
    np.testing.assert_allclose(half, 0.75 * grams[0] + 0.25 * grams[1])


def test_all_layers_are_the_mean():
    both = styles.layers_and_all({"a": np.array([[0.0, 1]]), "b": np.array([[0.0, 3]])})
    assert both["all"].tolist() == [[0, 2]]


# Building


def test_parts_that_are_done_are_not_made_again(tmp_path, monkeypatch):
    made = []

    def good(name):
        made.append(name)
        return {"x": np.arange(3)}

    def stopped():
        raise KeyboardInterrupt

    plan = [("a", lambda: good("a")), ("b", stopped), ("c", lambda: good("c"))]
    monkeypatch.setattr(parts, "parts", lambda: iter(plan))
    with pytest.raises(KeyboardInterrupt):
        list(parts.make(tmp_path))
    assert (tmp_path / "a.npz").exists()
    assert not (tmp_path / "b.npz").exists()
    plan[1] = ("b", lambda: good("b"))
    assert sorted(parts.make(tmp_path)) == ["a", "b", "c"]
    assert made == ["a", "b", "c"]
    assert parts.load(tmp_path, "b")["x"].tolist() == [0, 1, 2]


@pytest.fixture
def tiny(monkeypatch):
    """An atlas of one layer and two painters, which takes seconds."""
    few = {name: PAINTINGS[name] for name in ("waves", "cutpaper")}
    for module in (parts, build):
        monkeypatch.setattr(module, "PAINTINGS", few)
    monkeypatch.setattr(parts, "layers", lambda: ["relu1_1"])
    monkeypatch.setattr(parts, "CONTENT_SIDE", 32)
    monkeypatch.setattr(parts, "CONTENT_STEPS", 1)
    monkeypatch.setattr(parts, "CANVASES", 1)
    monkeypatch.setattr(parts, "SIDES", {"1": 16})
    monkeypatch.setattr(parts, "SEEDS", 1)
    monkeypatch.setattr("nstlib.atlas.survey.PAINTINGS", few)
    short = {"waves": lambda name, **how: painting(name, **how | {"size": 32})}["waves"]
    monkeypatch.setattr(parts, "painting", short)


@pytest.mark.slow
def test_the_shell_builds_a_whole_atlas(tiny, tmp_path, capsys):
    assert shell.main(["--to", str(tmp_path / "new"), "--jobs", "1"]) == 0
    files = {
        path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*")
    }
    assert {"index.html", "data.js", "relu1_1.webp", "relu1_1-random.webp"} <= files
    assert {"styles-data.js", "walks/waves.webp", "walks/waves-cutpaper-25.webp"} <= files
    assert not any(name.startswith("parts") for name in files)
    assert "const ATLAS" in (tmp_path / "new/data.js").read_text("utf-8")


def test_a_folder_that_cannot_be_made_ends_with_a_sentence(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(shell, "parts", lambda: iter([]))
    assert shell.main(["--to", str(tmp_path / "file" / "in")]) == 2
    assert len(capsys.readouterr().err.splitlines()[-1]) > 10


def test_a_stopped_build_says_how_to_go_on(tmp_path, capsys, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(shell, "build", stopped)
    monkeypatch.setattr(shell, "parts", lambda: iter([]))
    assert shell.main(["--to", str(tmp_path)]) == 130
    assert "goes on" in capsys.readouterr().err


def test_the_shell_opens_the_bundled_atlas(monkeypatch, capsys):
    opened = []
    monkeypatch.setattr(shell.webbrowser, "open", opened.append)
    assert shell.main([]) == 0
    assert opened == [(PAGES / "index.html").as_uri()] == capsys.readouterr().out.split()


# The bundled atlas


def test_every_channel_is_in_the_bundled_atlas(vgg, atlas):
    assert bundled.is_of(vgg)
    assert not bundled.is_of(load_vgg19("random", device="cpu"))
    assert atlas["weights"] == weights_digest(vgg)
    relus = [name for name in vgg.layers if name.startswith("relu")]
    assert list(atlas["layers"]) == relus
    total = 0
    for layer, one in atlas["layers"].items():
        count = vgg.get_submodule(layer.replace("relu", "conv")).out_channels
        total += count
        assert len(one["channels"]) == count
        assert sorted(one["order"]) == list(range(count))
        assert (one["field"], one["stride"]) == receptive_field(layer)
        with Image.open(PAGES / f"{layer}.webp") as sprite:
            rows = -(-count // atlas["columns"])
            assert sprite.size == (one["side"] * atlas["columns"], one["side"] * rows)
    assert f"{total} channels" in " ".join((PAGES / "index.html").read_text("utf-8").split())


def test_every_painted_picture_is_a_picture(atlas):
    for layer, one in atlas["layers"].items():
        for channel in range(len(one["channels"])):
            assert np.asarray(bundled.painted(layer, channel)).std() > 5, (layer, channel)


def test_every_reference_in_the_data_leads_somewhere(atlas):
    for *_, width, height, file in atlas["sources"]:
        with Image.open(PAGES / file) as picture:
            assert picture.size == (width, height)
    letters = len(tuning.TURNS) * len(tuning.PERIODS) + len(tuning.COLORS)
    for layer, one in atlas["layers"].items():
        count = len(one["channels"])
        for number, channel in enumerate(one["channels"]):
            assert all(
                0 <= k < count and k != number for k, _ in channel["with"] + channel["apart"]
            )
            assert all(0 <= k < len(atlas["sources"]) for k, *_ in channel["crops"])
            assert [len(text) for text in channel["tuning"]] == [letters] * 3
            assert channel["say"].endswith(".")
        files = [f"{layer}-{name}.webp" for name in parts.NETWORKS[1:] if one["compared"]]
        assert all((PAGES / file).is_file() for file in files)


def test_the_atlas_is_small():
    sizes = {path: path.stat().st_size for path in PAGES.rglob("*") if path.is_file()}
    assert sum(sizes.values()) < 6 * 2**20
    suffixes = {path.suffix for path in sizes}
    assert suffixes == {".html", ".css", ".js", ".webp"}


def blurred(pixels):
    return ndimage.gaussian_filter(np.asarray(pixels, float), (2, 2, 0)).ravel()


@pytest.mark.slow
@pytest.mark.parametrize(("layer", "channel"), [("relu1_2", 5), ("relu3_1", 21), ("relu5_1", 78)])
def test_a_channel_painted_again_looks_the_same(layer, channel):
    again = parts.painted("trained", layer, [channel])["pictures"][0]
    committed = bundled.painted(layer, channel)
    likeness = np.corrcoef(blurred(again), blurred(committed))[0, 1]
    assert likeness > 0.9
    other = bundled.painted(layer, channel - 1)
    assert np.corrcoef(blurred(again), blurred(other))[0, 1] < 0.8


@pytest.mark.long
def test_crops_and_partners_found_again_are_those_of_the_atlas(atlas):
    pictures = sources(canvases=parts.CANVASES)
    listed = [(one.kind, one.name) for one in pictures]
    assert listed == [(kind, name) for kind, name, *_ in atlas["sources"]]
    found = survey(parts.network("trained"), [one.image for one in pictures], ["relu3_1"])[
        "relu3_1"
    ]
    same = []
    for number, channel in enumerate(atlas["layers"]["relu3_1"]["channels"]):
        photos = strongest(found, number, range(len(PHOTOS)), build.CROPS)
        same.append(photos == [k for k, *_ in channel["crops"] if k < len(PHOTOS)])
        together, _ = partners(found, number, build.PARTNERS)
        assert [value for _, value in together] == pytest.approx(
            [value for _, value in channel["with"]], abs=0.011
        )
    assert np.mean(same) > 0.95  # two crops may be equally strong, up to rounding


class Images(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.alts = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.alts.append(dict(attrs)["alt"])


def test_a_card_has_its_pictures_with_alt_texts(atlas):
    card = bundled.card_html("relu3_1", 21)
    alts = Images(card).alts
    assert len(alts) == 6
    assert all("channel 21 of relu3_1" in alt for alt in alts)
    assert atlas["layers"]["relu3_1"]["channels"][21]["say"] in card
    assert "http" not in card.replace("data:image", "")
    few = bundled.card_html("relu1_1", 3, shown=2, words=False)
    assert len(Images(few).alts) == 3


def test_a_card_links_to_the_site_once_there_is_one(monkeypatch):
    class Package:
        def get_all(self, name):
            return ["Repository, https://x.org/r", "Documentation, https://x.org/course/"]

    monkeypatch.setattr(bundled, "metadata", lambda name: Package())
    card = bundled.card_html("relu3_1", 21)
    assert 'href="https://x.org/course/atlas/index.html#relu3_1/21"' in card


def test_a_card_drawn_for_any_network(small):
    images = {name: photo(name, size=64) for name in ("cat", "coffee")}
    figure = channel_card(small, "relu2_1", 3, images, side=16, steps=1)
    assert "relu2_1, channel 3" in figure.get_suptitle()
    painted, *crops = figure.axes
    assert painted.get_title() == "painted for it"
    size, stride = receptive_field("relu2_1")
    peaks = {}
    for name, image in images.items():
        maps = small(image, ["relu2_1"])["relu2_1"][0, 3, 2:-2, 2:-2]  # fields inside the picture
        peaks[name] = maps.max().item(), divmod(int(maps.argmax()), maps.shape[1])
    order = sorted((name for name in peaks if peaks[name][0] > 0), key=lambda name: -peaks[name][0])
    shown = [axis for axis in crops if axis.get_title()]
    assert [axis.get_title() for axis in shown] == [f"{n}: {peaks[n][0]:.1f}" for n in order]
    for axis, name in zip(shown, order, strict=True):
        row, column = (stride * (place + 2) + (stride - 1) / 2 for place in peaks[name][1])
        assert np.mean(axis.get_xlim()) == pytest.approx(column)
        assert np.mean(axis.get_ylim()) == pytest.approx(row)
        assert abs(np.diff(axis.get_xlim())) >= size
    with pytest.raises(ValueError, match="at least one"):
        channel_card(small, "relu2_1", 3, {})


# The map of styles


@pytest.fixture(scope="module")
def map_of_styles():
    text = (PAGES / "styles-data.js").read_text("utf-8")
    return bundled.json.loads(text.partition("=")[2].strip().removesuffix(";"))


def test_the_map_has_every_painting_and_every_walk_its_pictures(map_of_styles):
    names = map_of_styles["paintings"]
    assert len(names) == parts.SEEDS * len(PAINTINGS)
    assert set(map_of_styles["maps"]) == {*styles.STYLE_LAYERS, "all"}
    for one in map_of_styles["maps"].values():
        assert len(one["points"]) == len(names)
        assert 0.2 < one["kept"] <= 1
    walks = {frozenset((walk["from"], walk["to"])) for walk in map_of_styles["walks"]}
    assert walks == {frozenset((a, b)) for a in PAINTINGS for b in PAINTINGS if a != b}
    files = {f"{name}.webp" for name in PAINTINGS}
    for walk in map_of_styles["walks"]:
        files |= {f"{walk['from']}-{walk['to']}-{percent}.webp" for percent in (25, 50, 75)}
    assert files == {path.name for path in (PAGES / "walks").iterdir()}
    for file in files:
        with Image.open(PAGES / "walks" / file) as picture:
            assert max(picture.size) == parts.CONTENT_SIDE


def test_the_mixtures_of_a_walk_lie_between_its_ends(map_of_styles):
    for leg in map_of_styles["walks"]:
        ends = [map_of_styles["paintings"].index(leg[end]) for end in ("from", "to")]
        points = np.array(map_of_styles["maps"]["all"]["points"])
        a, b = points[ends]
        along = (np.array(leg["mixtures"]["all"]) - a) @ (b - a) / np.square(b - a).sum()
        assert (np.diff([0, *along, 1]) > 0).all()
