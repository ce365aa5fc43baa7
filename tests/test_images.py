"""Every kind of picture in, every kind out, and one clear sentence for what is no good."""

import email.message
import http.server
import os
import re
import runpy
import stat
import struct
import sys
import threading
import urllib.error
import urllib.request
import warnings
from importlib.metadata import PackageNotFoundError
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

import nstlib
from nstlib import images
from nstlib.images import PHOTOS, load_image, load_mask, photo, resize, save_image, to_pil
from nstlib.paintings import painting


def noise(*shape, dtype=np.uint8, seed=0):
    """Random pixels: any two of them differ, so that no turn or swap goes unnoticed."""
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(0, top, shape, dtype, endpoint=True)


def array(image):
    """(1, 3, H, W) -> (H, W, 3), after the checks that hold for every loaded image."""
    assert image.dtype == torch.float32
    assert image.device.type == "cpu"
    assert image.shape[:2] == (1, 3)
    assert image.is_contiguous()
    assert 0 <= image.min() <= image.max() <= 1
    return image[0].permute(1, 2, 0).numpy()


def encoded(picture, kind="PNG", **options):
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def says(error, *words):
    """One sentence, on one line, with these words, that says after a semicolon what to do."""
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    assert "; " in text
    assert "[Errno" not in text
    for word in words:
        assert word in text
    return True


RGB = noise(20, 30, 3)
UNIT = RGB.astype(np.float32) / np.float32(255)


# --- what comes in -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_lossless_files_are_exact(kind, tmp_path):
    path = tmp_path / f"a.{kind.lower()}"
    Image.fromarray(RGB).save(path, kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert np.array_equal(array(load_image(path)), UNIT)


def test_every_source_of_the_same_pixels_gives_the_same_image(tmp_path, monkeypatch):
    data = encoded(Image.fromarray(RGB))
    path = tmp_path / "a.png"
    path.write_bytes(data)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    tensor = torch.from_numpy(UNIT).permute(2, 0, 1)
    sources = [path, str(path), "~/a.png", data, bytearray(data), memoryview(data)]
    sources += [Image.open(path), Image.fromarray(RGB), RGB, UNIT, UNIT.astype(np.float64)]
    sources += [RGB.astype(np.uint16) * 257, (RGB.astype(np.uint16) * 257).astype(">u2")]
    sources += [np.asfortranarray(RGB), RGB.repeat(2, axis=1)[:, ::2]]
    sources += [tensor, tensor[None], tensor[None].double().requires_grad_()]
    sources += [torch.from_numpy(RGB).permute(2, 0, 1)]
    for source in sources:
        assert np.array_equal(array(load_image(source)), UNIT), type(source)


def test_the_image_shares_no_memory_with_its_source():
    pixels, tensor = UNIT.copy(), torch.full((1, 3, 20, 20), 0.5)
    for source in (pixels, tensor):
        load_image(source).zero_()
    assert np.array_equal(pixels, UNIT)
    assert (tensor == 0.5).all()


def test_half_precision_tensors():
    image = torch.full((1, 3, 16, 16), 0.5, dtype=torch.bfloat16)
    assert (array(load_image(image)) == 0.5).all()


def test_gray_and_bilevel():
    gray = noise(20, 30)
    for source in (encoded(Image.fromarray(gray)), gray):
        assert np.array_equal(array(load_image(source)), np.stack([gray / np.float32(255)] * 3, -1))
    bits = gray > 127
    assert np.array_equal(
        array(load_image(encoded(Image.fromarray(bits)))), np.stack([bits] * 3, -1).astype("f4")
    )


@pytest.mark.parametrize("how", ["palette", "array", "png", "gray", "key", "palette key"])
def test_transparency_lies_on_white(how):
    rgba = noise(20, 30, 4)
    rgba[:5, :, 3], rgba[5:10, :, 3] = 0, 255
    if how == "gray":
        rgba[..., 1] = rgba[..., 2] = rgba[..., 0]
        source = encoded(Image.fromarray(np.ascontiguousarray(rgba[..., [0, 3]]), "LA"))
    elif how == "array":
        source = rgba
    elif how == "png":
        source = encoded(Image.fromarray(rgba))
    elif how == "key":  # one color of an RGB file is declared transparent
        rgba[..., 3] = 255
        rgba[3, 4] = (1, 2, 3, 0)
        source = encoded(Image.fromarray(rgba[..., :3].copy()), transparency=(1, 2, 3))
    else:  # a palette of four colors, with an alpha for each, or one of them transparent
        colors = noise(4, 4, seed=1)
        colors[:, 3] = (0, 80, 160, 255) if how == "palette" else (0, 255, 255, 255)
        index = np.arange(600, dtype=np.uint8).reshape(20, 30) % 4
        picture = Image.fromarray(index)
        picture.putpalette(colors[:, :3].tobytes())
        alpha = colors[:, 3].tobytes() if how == "palette" else 0
        source, rgba = encoded(picture, transparency=alpha), colors[index]
    color, alpha = rgba[..., :3] / 255.0, rgba[..., 3:] / 255.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loaded = array(load_image(source))
    np.testing.assert_allclose(loaded, color * alpha + 1 - alpha, atol=1e-6)
    assert (loaded[alpha[..., 0] == 0] == 1).all()


def test_palette():
    index, colors = noise(20, 30) % 7, noise(7, 3, seed=1)
    picture = Image.fromarray(index)
    picture.putpalette(colors.tobytes())
    for kind in ("PNG", "GIF", "BMP"):
        assert np.array_equal(
            array(load_image(encoded(picture, kind))), colors[index] / np.float32(255)
        )


def test_cmyk():
    cmyk = noise(20, 30, 4)
    c, m, y, k = np.moveaxis(cmyk.astype(float) / 255, -1, 0)
    expected = np.stack([(1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k)], -1)
    picture = Image.fromarray(cmyk, "CMYK")
    for source in (encoded(picture, "TIFF"), picture):
        np.testing.assert_allclose(array(load_image(source)), expected, atol=1.5 / 255)
    flat = Image.new("CMYK", (32, 32), (0, 255, 255, 0))  # cyan's opposite; JPEGs store it inverted
    np.testing.assert_allclose(
        array(load_image(encoded(flat, "JPEG", quality=100))), [[[1, 0, 0]] * 32] * 32, atol=0.02
    )


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_16_bit_gray_keeps_its_depth(mode, tmp_path):
    gray = noise(20, 30, dtype=np.uint16)
    expected = np.stack([gray / np.float32(65535)] * 3, -1)
    kinds = {"I;16": np.dtype("<u2"), "I;16B": np.dtype(">u2"), "I": np.dtype("i4")}
    picture = Image.frombytes(mode, (30, 20), gray.astype(kinds[mode]).tobytes())
    assert picture.mode == mode
    sources = [picture]
    if mode == "I;16":
        sources += [encoded(picture, "PNG"), encoded(picture, "TIFF")]
    if mode == "I;16B":
        sources += [encoded(picture, "TIFF")]
    for source in sources:
        assert np.array_equal(array(load_image(source)), expected)
    small = load_image(picture, size=16 * 30 // 20)  # resizing must not fall back to 8 bits
    values = np.unique(array(small))
    assert (np.abs(values * 255 - np.round(values * 255)) > 0.05).any()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_an_animation_gives_its_first_frame(kind):
    red, blue = Image.new("RGB", (20, 16), "red"), Image.new("RGB", (20, 16), "blue")
    lossless = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(red, kind, save_all=True, append_images=[blue], **lossless)
    assert Image.open(BytesIO(data)).n_frames == 2
    assert (array(load_image(data)) == (1, 0, 0)).all()


# What each orientation does to a picture, from the table of the EXIF standard: where its stored
# first row and first column are to be shown.
UPRIGHT = {
    1: lambda a: a,  # top, left
    2: lambda a: a[:, ::-1],  # top, right
    3: lambda a: a[::-1, ::-1],  # bottom, right
    4: lambda a: a[::-1],  # bottom, left
    5: lambda a: a.swapaxes(0, 1),  # left, top
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],  # right, top
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],  # right, bottom
    8: lambda a: a.swapaxes(0, 1)[::-1],  # left, bottom
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_exif_orientation(orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(RGB), kind, exif=exif, **lossless)
    assert np.array_equal(array(load_image(data)), UPRIGHT[orientation](UNIT))


def test_exif_orientation_of_16_bit_transparent_and_jpeg_pictures():
    exif = Image.Exif()
    exif[0x0112] = 6
    gray = noise(20, 30, dtype=np.uint16)
    turned = array(load_image(encoded(Image.fromarray(gray), exif=exif)))
    assert np.array_equal(turned[..., 0], UPRIGHT[6](gray / np.float32(65535)))
    clear = encoded(Image.new("RGBA", (30, 20), (9, 9, 9, 0)), exif=exif)
    assert array(load_image(clear)).shape == (30, 20, 3)
    assert (array(load_image(clear)) == 1).all()
    assert load_image(encoded(Image.fromarray(RGB), "JPEG", exif=exif)).shape == (1, 3, 30, 20)


def test_damaged_exif_does_not_hide_the_picture():
    data = encoded(Image.fromarray(RGB), exif=b"Exif\0\0not a TIFF header at all")
    assert np.array_equal(array(load_image(data)), UNIT)


def swapped_profile():
    """An sRGB profile whose red and blue primaries are exchanged: a mistake that no eye misses."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert data.count(b"rXYZ") == data.count(b"bXYZ") == 1
    return data.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")


def icc(kind, space, connection, tags):
    """The bytes of an ICC profile, version 2.4, put together by hand."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I", start + len(body)) + b"\0\0\0\0\x02\x40\0\0" + kind + space
    header += connection + bytes(12) + b"acsp" + bytes(28) + s15(0.9642, 1.0, 0.8249)
    return header.ljust(128, b"\0") + table + body


def s15(*values):
    return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def xyz(*values):
    return b"XYZ \0\0\0\0" + s15(*values)


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(value * 256))


TEXT = {
    b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78),
    b"cprt": b"text\0\0\0\0none\0",
    b"wtpt": xyz(0.9642, 1.0, 0.8249),
}


def wide_profile():
    """Gamma 2.2 and the primaries of Adobe RGB (1998)."""
    colorants = {
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457),
    }
    curves = dict.fromkeys([b"rTRC", b"gTRC", b"bTRC"], gamma(2.2))
    return icc(b"mntr", b"RGB ", b"XYZ ", TEXT | colorants | curves)


def cyan_only_profile():
    """A printer whose cyan ink is black and whose other inks are invisible."""
    line = bytes(range(256))
    corners = b"".join(bytes([0 if corner & 8 else 255, 128, 128]) for corner in range(16))
    table = b"mft1\0\0\0\0\4\3\2\0" + s15(1, 0, 0, 0, 1, 0, 0, 0, 1) + line * 4 + corners + line * 3
    return icc(b"prtr", b"CMYK", b"Lab ", TEXT | {b"A2B0": table})


def wide_to_srgb(rgb):
    """The same conversion by the textbook: decode, 3 x 3 matrix between D50 primaries, encode."""
    wide = np.array(
        [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
    )
    srgb = np.array(
        [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
    )
    linear = (rgb ** (563 / 256) @ (np.linalg.inv(srgb) @ wide).T).clip(0, 1)
    return encode_srgb(linear)


def encode_srgb(linear):
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_an_icc_profile_is_converted_to_srgb(kind):
    exact = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    smooth = Image.fromarray(noise(3, 4, 3)).resize((64, 48))
    data = encoded(smooth, kind, icc_profile=wide_profile(), **exact)
    stored = np.asarray(Image.open(BytesIO(data)).convert("RGB")) / 255.0
    loaded = array(load_image(data))
    np.testing.assert_allclose(loaded, wide_to_srgb(stored), atol=2.5 / 255)
    assert np.abs(loaded - stored).max() > 20 / 255  # so that a dropped conversion would show


def test_an_icc_profile_on_transparent_palette_and_gray_pictures():
    red = (1.0, 0.0, 0.0)
    blue = {"icc_profile": swapped_profile()}
    rgba = Image.new("RGBA", (20, 20), (0, 0, 255, 255))
    rgba.putpixel((3, 4), (0, 0, 255, 0))
    loaded = array(load_image(encoded(rgba, **blue)))
    assert (loaded[4, 3] == 1).all()
    np.testing.assert_allclose(loaded[0, 0], red, atol=0.01)
    palette = encoded(Image.new("RGB", (20, 20), "blue").quantize(4), **blue)
    np.testing.assert_allclose(array(load_image(palette))[0, 0], red, atol=0.01)


def test_an_icc_profile_of_gray_and_of_inks():
    ramp = np.arange(256, dtype=np.uint8)[None].repeat(16, 0)
    mac = icc(b"mntr", b"GRAY", b"XYZ ", TEXT | {b"kTRC": gamma(1.8)})
    expected = encode_srgb((ramp / 255) ** 1.8)
    alpha = Image.merge("LA", [Image.fromarray(ramp), Image.new("L", (256, 16), 255)])
    for picture in (Image.fromarray(ramp), Image.fromarray(ramp.astype(np.uint16) * 257), alpha):
        loaded = array(load_image(encoded(picture, icc_profile=mac)))
        np.testing.assert_allclose(loaded[..., 1], expected, atol=2.5 / 255)
        assert np.abs(loaded[..., 1] - ramp / 255).max() > 15 / 255
    for inks, shown in [((0, 255, 255, 255), 1), ((255, 0, 0, 0), 0)]:
        picture = Image.new("CMYK", (20, 20), inks)
        for kind in ("TIFF", "JPEG"):
            loaded = array(load_image(encoded(picture, kind, icc_profile=cyan_only_profile())))
            np.testing.assert_allclose(loaded, shown, atol=0.03)


def test_a_useless_icc_profile_is_ignored():
    gray = noise(20, 30)
    for picture, profile in [
        (Image.fromarray(RGB), b"this is no profile"),
        (Image.fromarray(RGB), wide_profile()[:200]),
        (Image.fromarray(gray), swapped_profile()),  # color profile on a gray picture
        (Image.fromarray(noise(20, 30, dtype=np.uint16)), b"broken"),
    ]:
        plain = array(load_image(encoded(picture)))
        loaded = array(load_image(encoded(picture, icc_profile=profile)))
        np.testing.assert_allclose(loaded, plain, atol=0.51 / 255)


def test_an_srgb_profile_changes_nothing():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    loaded = array(load_image(encoded(Image.fromarray(RGB), icc_profile=profile)))
    assert np.array_equal(loaded, UNIT)


# --- masks ---------------------------------------------------------------------------------------


def test_a_mask_of_256_grays_is_saved_and_loaded_exactly(tmp_path):
    mask = torch.arange(256).view(1, 1, 16, 16) / 255
    save_image(mask.expand(1, 3, -1, -1), tmp_path / "mask.png")
    assert torch.equal(load_mask(tmp_path / "mask.png"), mask)
    assert torch.equal(load_mask(tmp_path / "mask.png", size=(16, 16)), mask)


def test_every_picture_of_a_region_gives_the_same_mask():
    inside = np.zeros((20, 30), bool)
    inside[4:15, 7:21] = True
    gray = inside.astype(np.uint8) * 255
    red_on_black = np.stack([gray, 0 * gray, 0 * gray], -1)
    black_on_nothing = np.stack([0 * gray] * 3 + [gray], -1)
    opaque = np.stack([gray] * 3 + [0 * gray + 255], -1)
    sources = [inside, gray, gray / 255, red_on_black, black_on_nothing, opaque]
    sources += [encoded(Image.fromarray(array)) for array in sources if array.dtype == np.uint8]
    sources += [encoded(Image.fromarray(inside)), encoded(Image.fromarray(gray).convert("LA"))]
    for source in sources:
        mask = load_mask(source)
        assert mask.shape == (1, 1, 20, 30)
        assert mask.dtype == torch.float32
        assert np.array_equal(mask[0, 0], inside), type(source)


def test_a_layer_on_which_nothing_was_painted_is_an_empty_mask():
    assert not load_mask(np.zeros((20, 30, 4), np.uint8)).any()


def test_the_masks_of_two_regions_still_add_up_to_1_after_resizing():
    inside = np.zeros((200, 300), bool)
    inside[40:150, 70:211] = True
    one, other = (load_mask(mask, size=(64, 96)) for mask in (inside, ~inside))
    torch.testing.assert_close(one + other, torch.ones(1, 1, 64, 96))


def test_a_mask_that_is_none_gets_one_sentence(tmp_path):
    ones = np.eye(20, dtype=np.uint8)
    for source, word in (
        (tmp_path / "no.png", "no.png"),
        (b"no picture", "no image"),
        (3, "int"),
        (ones, "bools"),
        (encoded(Image.fromarray(ones)), "up to 255"),
    ):
        with pytest.raises((ValueError, OSError)) as error:
            load_mask(source)
        assert says(error, word)


# --- size ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("height", "width", "size", "upscale", "expected"),
    [
        (100, 200, 50, False, (25, 50)),
        (200, 100, 50, False, (50, 25)),
        (100, 201, 50, False, (25, 50)),
        (100, 200, 200, False, (100, 200)),
        (100, 200, 400, False, (100, 200)),
        (100, 200, 400, True, (200, 400)),
        (100, 200, 50, True, (25, 50)),
        (16, 48, 47, False, (16, 47)),
        (100, 200, (30, 40), False, (30, 40)),
        (100, 200, (130, 20), False, (130, 20)),
        (100, 200, (100, 200), True, (100, 200)),
    ],
)
def test_an_int_is_the_longer_side_and_a_pair_height_and_width(
    height, width, size, upscale, expected
):
    image = load_image(noise(height, width, 3), size=size, upscale=upscale)
    assert image.shape[2:] == expected
    array(image)


def test_shrinking_is_lanczos():
    picture = Image.fromarray(noise(90, 120, 3))
    oracle = np.asarray(picture.resize((40, 30), Image.Resampling.LANCZOS)) / 255.0
    np.testing.assert_allclose(array(load_image(picture, size=40)), oracle, atol=0.51 / 255 + 2e-3)
    bicubic = np.asarray(picture.resize((40, 30), Image.Resampling.BICUBIC)) / 255.0
    assert np.abs(array(load_image(picture, size=40)) - bicubic).max() > 0.02


def test_resize_sets_the_longer_side_or_both():
    image = load_image(noise(30, 60, 3))
    assert resize(image, 20).shape == (1, 3, 10, 20)
    assert resize(image, 120).shape == (1, 3, 60, 120)
    assert resize(image, (17, 23)).shape == (1, 3, 17, 23)
    array(resize(image, (90, 170)))  # noise overshoots when enlarged, unless clamped
    same = resize(image, 60)
    assert torch.equal(same, image)
    assert same.data_ptr() != image.data_ptr()


@pytest.mark.parametrize("size", [16, 100])
def test_resize_keeps_flat_pictures_flat(size):
    flat = torch.full((1, 3, 64, 64), 0.3)
    assert resize(flat, size).shape == (1, 3, size, size)
    assert (resize(flat, size) - 0.3).abs().max() < 1e-6


def test_resize_is_antialiased_bicubic():
    image = load_image(noise(64, 64))
    plane = Image.fromarray(image[0, 0].numpy())
    oracle = np.asarray(plane.resize((20, 30), Image.Resampling.BICUBIC)).clip(0, 1)
    np.testing.assert_allclose(array(resize(image, (30, 20)))[..., 0], oracle, atol=1e-4)


def test_resize_passes_gradients():
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    resize(image, 16).sum().backward()
    assert (image.grad != 0).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_resize_stays_on_the_device():
    image = torch.rand(1, 3, 32, 48)
    on_gpu = resize(image.cuda(), 16)
    assert on_gpu.device.type == "cuda"
    assert (on_gpu.cpu() - resize(image, 16)).abs().max() < 1e-4


def test_resize_refuses_nothing_left():
    for size in [0, (0, 5), -3]:
        with pytest.raises(ValueError) as error:
            resize(torch.rand(1, 3, 32, 32), size)
        assert says(error, "Cannot resize")


# --- the sample photos ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PHOTOS)
def test_sample_photos(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()  # a folder of that name does not hide the photo
    image = photo(name, size=64)
    assert max(image.shape) == 64
    assert array(image).std() > 0.05
    assert torch.equal(image, load_image(name, size=64))


def test_the_photos_are_those_of_scikit_image():
    from skimage import data

    assert np.array_equal(array(photo("astronaut")), data.astronaut().astype("f4") / 255)
    assert np.array_equal(array(photo("cat")), data.chelsea().astype("f4") / 255)
    assert np.array_equal(array(photo("coffee")), data.coffee().astype("f4") / 255)


def test_a_file_goes_before_a_photo_of_the_same_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("cat").write_bytes(encoded(Image.fromarray(RGB)))
    assert np.array_equal(array(load_image("cat")), UNIT)
    assert photo("cat").shape != load_image("cat").shape


def test_the_module_needs_no_scikit_image_until_a_photo_is_asked_for(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "skimage"]:
        monkeypatch.delitem(sys.modules, name)
    runpy.run_path(images.__file__)
    assert "skimage" not in sys.modules


# --- what is no good -----------------------------------------------------------------------------

PNG, JPEG = encoded(Image.fromarray(RGB)), encoded(Image.fromarray(noise(90, 90, 3)), "JPEG")
NAN = np.where(np.arange(400).reshape(20, 20) == 7, np.nan, 0.5)
BAD_DATA = [
    (b"", "no image"),
    (b"hello, I am a text file", "no image"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n", "no image"),
    (PNG[:30], "no image"),
    (PNG[: len(PNG) // 2], "cut short"),
    (JPEG[: len(JPEG) // 2], "cut short"),
    (PNG[:60] + bytes(300) + PNG[360:], "damaged"),
    (encoded(Image.fromarray(noise(9, 30, 3))), "30 x 9 pixels"),
    (Image.fromarray(noise(15, 16)), "too small"),
    (Image.new("La", (20, 20)), "La pixels"),
    (Image.fromarray(np.full((20, 20), 70000, np.int32)), "I pixels"),
    (np.zeros((20, 20, 2), np.uint8), "(20, 20, 2)"),
    (np.zeros((3, 20, 20), np.uint8), "(3, 20, 20)"),
    (np.zeros(400), "(400,)"),
    (np.zeros((0, 20, 3)), "too small"),
    (np.zeros((20, 20, 3), np.int64), "int64"),
    (np.zeros((20, 20), bool), "bool"),
    (np.zeros((20, 20), complex), "complex128"),
    (NAN, "NaN"),
    (np.where(np.isnan(NAN), np.inf, NAN), "infinite"),
    (np.full((20, 20), 1.5), "1.5"),
    (np.full((20, 20, 3), -0.25), "-0.25"),
    (torch.zeros(2, 3, 20, 20), "(2, 3, 20, 20)"),
    (torch.zeros(1, 1, 20, 20), "(1, 1, 20, 20)"),
    (torch.zeros(20, 20, 3), "(20, 20, 3)"),
    (torch.zeros(20), "(20,)"),
    (torch.full((1, 3, 20, 20), float("nan")), "NaN"),
    (torch.full((1, 3, 20, 20), 3.0), "3"),
    (torch.zeros(1, 3, 15, 200), "too small"),
    (None, "NoneType"),
    (12, "int"),
    ([[0, 1], [1, 0]], "list"),
    ("", "empty"),
    ("  ", "empty"),
]


@pytest.mark.parametrize(("source", "word"), BAD_DATA)
def test_a_bad_picture_gets_one_sentence(source, word):
    with pytest.raises(ValueError) as error:
        load_image(source)
    assert says(error, word)


def test_the_same_for_files_with_the_name(tmp_path):
    for source, word in BAD_DATA[:8]:
        path = tmp_path / "a picture.png"
        path.write_bytes(source)
        with pytest.raises(ValueError) as error:
            load_image(path)
        assert says(error, word)
        if "pixels" not in word:
            assert says(error, "a picture.png")


def test_one_meaning_of_size_everywhere():
    """An int is the longer side, a pair is (height, width)."""
    image = photo("astronaut")
    for size, shape in [(64, (64, 64)), ((48, 80), (48, 80)), (np.int64(64), (64, 64))]:
        made = [load_image(image, size=size), photo("astronaut", size=size), resize(image, size)]
        made.append(painting("waves", size=size))
        assert [tuple(one.shape) for one in made] == [(1, 3, *shape)] * 4


@pytest.mark.parametrize("size", [0, 15, -1, 100.0, "512", True, (15, 64), (64,), (64, 64, 3), ()])
def test_a_bad_size(size):
    with pytest.raises(ValueError) as error:
        load_image(RGB, size=size)
    assert says(error, "size is")


def test_too_small_after_resizing():
    with pytest.raises(ValueError) as error:
        load_image(noise(20, 400), size=100)
    assert says(error, "100 x 5 pixels")


@pytest.mark.parametrize("action", ["ignore", "error"])  # what a user has told Python to do
@pytest.mark.parametrize("limit", [500, 200])  # Pillow warns above the limit, fails above twice it
def test_a_decompression_bomb(limit, action, monkeypatch):
    source = encoded(Image.fromarray(RGB), "TIFF")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with warnings.catch_warnings():
        warnings.simplefilter(action, Image.DecompressionBombWarning)
        with pytest.raises(ValueError) as error:
            load_image(source)
    assert says(error, "600 pixels", "too many")


def test_as_many_pixels_as_allowed_are_read(monkeypatch):
    source = encoded(Image.fromarray(RGB), "TIFF")
    for limit in (600, None):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert np.array_equal(array(load_image(source)), UNIT)


def test_threads_refuse_bombs_and_leave_the_filters_of_warnings_alone(monkeypatch):
    bomb, picture = encoded(Image.fromarray(RGB)), encoded(Image.fromarray(RGB[:16]))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    opened, together, seen = Image.open, threading.Barrier(4, timeout=120), []

    def open_together(*args, **kwargs):
        together.wait()  # all four are in the middle of it here
        seen.append(list(warnings.filters))
        return opened(*args, **kwargs)

    monkeypatch.setattr(Image, "open", open_together)
    refused, loaded = [], []

    def load(source):
        for _ in range(10):
            try:
                loaded.append(load_image(source))
            except ValueError as error:
                refused.append(str(error))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        before = list(warnings.filters)
        threads = [threading.Thread(target=load, args=(s,)) for s in (bomb, picture) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert warnings.filters == before
    assert seen == [before] * 40
    assert len(loaded) == len(refused) == 20
    assert all("600 pixels, too many" in text for text in refused)


def test_files_that_are_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = [
        (tmp_path / "missing.png", FileNotFoundError, "missing.png"),
        ("missing.png", FileNotFoundError, "missing.png"),
        ("folder/missing", FileNotFoundError, "check the path"),
        ("a\0b", FileNotFoundError, "check the path"),
        ("x" * 5000, FileNotFoundError, "check the path"),
        ("two\nlines", FileNotFoundError, "check the path"),
        (tmp_path, IsADirectoryError, "folder"),
        (".", IsADirectoryError, "folder"),
        (os.devnull, IsADirectoryError, "device"),
    ]
    for source, kind, word in cases:
        with pytest.raises(kind) as error:
            load_image(source)
        assert says(error, word)
        assert len(str(error.value)) < 600


def test_an_unknown_word_lists_the_photos():
    with pytest.raises(FileNotFoundError) as error:
        load_image("astronuat")
    assert says(error, "'astronuat'", *PHOTOS)
    with pytest.raises(ValueError) as error:
        photo("astronuat")
    assert says(error, "'astronuat'", *PHOTOS)
    with pytest.raises(FileNotFoundError) as error:
        load_image("astronuat.png")  # a file name: the list would only distract
    assert "cat," not in str(error.value)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(PNG)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so chmod is no test
    with pytest.raises(PermissionError) as error:
        load_image(path)
    assert says(error, "a.png", "Permission denied")


# --- URLs ----------------------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        headers, status, body = {}, 200, PNG
        if self.path == "/missing":
            status, body = 404, b"nothing here"
        elif self.path == "/closed":
            status, body = 403, b"for browsers alone"
        elif self.path == "/text":
            body = b"<html>"
        elif self.path == "/announced":
            headers["Content-Length"] = "1000000"
        elif self.path == "/cut":
            headers["Content-Length"], body = str(len(PNG)), PNG[:-50]
        elif self.path == "/stream":
            headers["Connection"], body = "close", PNG + bytes(10_000)
        elif self.path == "/moved":
            status, headers["Location"], body = 302, "/a%20b.png", b""
        elif self.path == "/loop":
            status, headers["Location"], body = 302, "/loop", b""
        elif self.path.startswith("/to/"):
            status, headers["Location"], body = 302, self.path[4:], b""
        elif self.path.startswith("/wiki/Special:FilePath/"):
            status, headers["Location"], body = 302, "/thumb/960px-a.png", b""
        if self.path.startswith(("/wiki/", "/thumb/")):  # Wikimedia asks programs who they are
            self.server.agents.append(self.headers["User-Agent"])
            if not re.fullmatch(r"nstlib/[\d.]+ \(.+\)", self.server.agents[-1]):
                status, body = 403, b"Please set a user-agent and respect our robot policy"
        if self.path == "/silent":
            self.server.stop.wait(5)
            return
        if self.path == "/nonsense":
            self.wfile.write(b"this is not HTTP\r\n\r\n")
            return
        self.server.seen.append(self.path)
        self.send_response(status)
        if "Connection" not in headers:
            headers.setdefault("Content-Length", str(len(body)))
        for item in headers.items():
            self.send_header(*item)
        self.end_headers()
        if self.path == "/drip":
            for byte in body:
                if self.server.stop.wait(0.02):
                    return
                try:
                    self.wfile.write(bytes([byte]))
                except OSError:
                    return
        else:
            self.wfile.write(body)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.stop, server.seen = True, threading.Event(), []
    server.agents = []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


def refused(url, *words, kind=OSError):
    with pytest.raises(kind) as error:
        load_image(url)
    return says(error, *words)


def test_a_picture_by_url(server):
    for path in ("/a%20b.png", "/moved", "/ein Würfel.png?x=1&y=%20", "/stream"):
        assert np.array_equal(array(load_image(server.url + path)), UNIT), path
    assert server.seen[-2] == "/ein%20W%C3%BCrfel.png?x=1&y=%20"
    assert load_image(server.url.upper() + "/a").shape == (1, 3, 20, 30)


WIKIMEDIA = "/wiki/Special:FilePath/Vassily_Kandinsky,_1913_-_Composition_7.jpg?width=960"


def test_wikimedia_hears_who_asks_at_every_turn(server):
    assert np.array_equal(array(load_image(server.url + WIKIMEDIA)), UNIT)
    assert server.seen == [WIKIMEDIA, "/thumb/960px-a.png"]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(server.url + WIKIMEDIA)
    assert [agent[:6] for agent in server.agents] == ["nstlib", "nstlib", "Python"]


def test_the_address_of_the_project_is_that_of_its_metadata(server, monkeypatch):
    about = email.message.Message()
    about["Project-URL"] = "Repository, https://example.org/nstlib"
    about["Project-URL"] = "Documentation, https://example.org/site"
    monkeypatch.setattr(images, "metadata", lambda name: about)
    load_image(server.url + WIKIMEDIA)
    assert set(server.agents) == {f"nstlib/{nstlib.__version__} (https://example.org/nstlib)"}


def test_without_an_installation_there_is_still_a_name(server, monkeypatch):
    def not_installed(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(images, "metadata", not_installed)
    assert load_image(server.url + WIKIMEDIA).shape == (1, 3, 20, 30)


def test_a_url_that_gives_no_picture(server):
    assert refused(server.url + "/missing", "404", "Not Found", server.url + "/missing")
    assert refused(server.url + "/closed", "403 Forbidden", "save it there and give its path")
    assert refused(server.url + "/nonsense", server.url)
    assert refused(server.url + "/loop", "infinite loop")
    assert refused(server.url + "/cut", "broke off")
    assert refused(server.url + "/text", "no image", "/text", kind=ValueError)
    server.shutdown()
    server.server_close()
    assert refused(server.url + "/a", "refused", server.url + "/a")


def test_a_download_that_is_too_large(server, monkeypatch):
    monkeypatch.setattr(images, "MAX_BYTES", 5_000)
    assert refused(server.url + "/announced", "larger than")
    assert refused(server.url + "/stream", "larger than")
    assert load_image(server.url + "/a").shape == (1, 3, 20, 30)


@pytest.mark.parametrize("path", ["/silent", "/drip"])
def test_a_download_that_takes_too_long(server, monkeypatch, path):
    monkeypatch.setattr(images, "TIMEOUT", 0.2)  # /drip needs 40 s, but never pauses for long
    assert refused(server.url + path, "timed out", path)


def test_only_http_is_followed(server, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(PNG)
    for url in (
        path.as_uri(),
        f"file:{path}",
        "ftp://127.0.0.1/a.png",
        "data:image/png;base64,AAAA",
    ):
        assert refused(url, "no http(s) address", kind=ValueError)
    long = "data:image/png;base64," + "A" * 100_000
    with pytest.raises(ValueError) as error:
        load_image(long)
    assert len(str(error.value)) < 500
    for target in (path.as_uri(), "ftp://127.0.0.1:1/a.png", "data:image/png;base64,AAAA"):
        assert refused(f"{server.url}/to/{target}", "edirect")


@pytest.mark.parametrize("url", ["http://", "http://[bad/a.png", "http://127.0.0.1:port/a.png"])
def test_addresses_that_are_none(url):
    assert refused(url, url)


# --- what goes out -------------------------------------------------------------------------------


@given(
    st.integers(16, 40),
    st.integers(16, 40),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["png", "tiff"]),
)
@settings(max_examples=30, deadline=None)
def test_saved_pixels_come_back(tmp_path_factory, height, width, seed, suffix):
    pixels = noise(height, width, 3, seed=seed)
    path = save_image(load_image(pixels), tmp_path_factory.getbasetemp() / f"round.{suffix}")
    assert np.array_equal(np.asarray(Image.open(path)), pixels)
    assert torch.equal(load_image(path), load_image(pixels))


def test_values_are_rounded_and_clamped():
    values = torch.tensor([-3.0, 0.499 / 255, 0.501 / 255, 99.6 / 255, 0.999, 1.0, 7.0])
    image = values.expand(1, 3, 16, 7)
    assert np.asarray(to_pil(image))[0, :, 0].tolist() == [0, 0, 1, 100, 255, 255, 255]
    every = torch.arange(256).float().div(255).expand(1, 3, 16, 256)
    assert np.array_equal(np.asarray(to_pil(every))[0, :, 1], np.arange(256))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".webp", ".tif", ".TIFF"])
def test_formats_by_suffix(suffix, tmp_path):
    image = photo("cat", size=96)
    path = save_image(image, str(tmp_path / "new" / "folder" / f"a{suffix}"))
    assert isinstance(path, Path)
    kinds = {"p": "PNG", "j": "JPEG", "w": "WEBP", "t": "TIFF"}
    with Image.open(path) as picture:
        assert picture.format == kinds[suffix[1].lower()]
    assert (load_image(path) - image).abs().mean() < 0.02


def test_jpeg_keeps_the_full_color_resolution_and_the_quality(tmp_path):
    image = torch.zeros(1, 3, 32, 32)
    image[:, 0, :, ::2] = image[:, 2, :, 1::2] = 1.0  # red and blue columns, one pixel wide
    path = save_image(image, tmp_path / "a.jpg")
    assert (load_image(path) - image).abs().mean() < 0.02  # with 4:2:0 they all turn purple
    sizes = [save_image(photo("cat"), path, quality=q).stat().st_size for q in (50, 95)]
    assert sizes[0] < 0.6 * sizes[1]


@pytest.mark.parametrize(
    ("image", "word"),
    [
        (torch.zeros(3, 20, 20), "(3, 20, 20)"),
        (torch.zeros(2, 3, 20, 20), "(2, 3, 20, 20)"),
        (torch.zeros(1, 1, 20, 20), "(1, 1, 20, 20)"),
        (np.zeros((1, 3, 20, 20)), "(1, 3, 20, 20)"),
        (None, "NoneType"),
        (torch.full((1, 3, 20, 20), float("nan")), "NaN"),
        (torch.full((1, 3, 20, 20), float("inf")), "infinite"),
    ],
)
def test_an_image_that_cannot_be_saved(image, word, tmp_path):
    with pytest.raises(ValueError) as error:
        save_image(image, tmp_path / "new" / "a.png")
    assert word in str(error.value)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_saved_to(tmp_path):
    image = torch.rand(1, 3, 20, 20)
    for name in ("a", "a.bmp", "a.png.bak"):
        with pytest.raises(ValueError) as error:
            save_image(image, tmp_path / name)
        assert says(error, ".png, .jpg", name)
    for quality in (0, 101, 9.5, "high"):
        with pytest.raises(ValueError) as error:
            save_image(image, tmp_path / "a.jpg", quality=quality)
        assert says(error, "quality is")
    with pytest.raises(ValueError) as error:
        save_image(torch.zeros(1, 3, 16, 17_000), tmp_path / "a.webp")
    assert says(error, "17000 x 16", "write a .png")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for place in ("folder.png", "file/a.png"):
        with pytest.raises(OSError, match=r"^Cannot write") as error:
            save_image(image, tmp_path / place)
        assert says(error, place.split("/")[0])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]


def full_disk(self, data):
    """Writes half and fails, as a full disk does."""
    with open(self, "wb") as file:
        file.write(data[: len(data) // 2])
    raise OSError(28, "No space left on device")


def interrupt(source, target):
    raise KeyboardInterrupt


@pytest.mark.parametrize("fault", ["disk", "interrupt", "move"])
def test_a_failure_leaves_the_old_picture_and_nothing_else(fault, tmp_path, monkeypatch):
    path = save_image(load_image(RGB), tmp_path / "a.png")
    before = path.read_bytes()
    kind = KeyboardInterrupt if fault == "interrupt" else OSError
    if fault == "disk":
        monkeypatch.setattr(Path, "write_bytes", full_disk)
    elif fault == "interrupt":
        monkeypatch.setattr(os, "replace", interrupt)
    else:
        (tmp_path / "b.png").mkdir()
        path = tmp_path / "b.png"
    with pytest.raises(kind) as error:
        save_image(torch.zeros(1, 3, 20, 20), path)
    if fault == "disk":
        assert says(error, "No space left", "a.png")
    monkeypatch.undo()
    assert (tmp_path / "a.png").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a.png"]


def test_the_picture_is_never_seen_half_written(tmp_path, monkeypatch):
    path, seen, names = tmp_path / "a.png", [], set()
    real = os.replace

    def look(source, target):
        seen.append((Path(source).parent, path.exists()))
        names.add(Path(source).name)
        real(source, target)

    monkeypatch.setattr(os, "replace", look)
    save_image(load_image(RGB), path)
    save_image(load_image(RGB), path)
    # The same folder, because a move between disks would be a copy; another name each time, so that
    # two runs that save to one place do not write into each other's file.
    assert seen == [(tmp_path, False), (tmp_path, True)]
    assert len(names) == 2
    assert np.array_equal(array(load_image(path)), UNIT)


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links and a umask")
def test_symbolic_links_and_permissions(tmp_path):
    (tmp_path / "store").mkdir()
    link = tmp_path / "latest.png"
    link.symlink_to(tmp_path / "store" / "real.png")
    for pixels in (RGB, 255 - RGB):  # the link dangles the first time
        save_image(load_image(pixels), link)
        assert link.is_symlink()
        assert np.array_equal(np.asarray(Image.open(tmp_path / "store" / "real.png")), pixels)
    for mask, mode in ((0o022, 0o644), (0o077, 0o600)):
        before = os.umask(mask)
        try:
            path = save_image(load_image(RGB), tmp_path / "a.png")
        finally:
            os.umask(before)
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_threads_may_save_to_the_same_place(tmp_path):
    path = tmp_path / "a.png"
    pictures = [torch.full((1, 3, 64, 64), i / 8) for i in range(8)]
    threads = [threading.Thread(target=save_image, args=(p, path)) for p in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert array(load_image(path)).std() == 0
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
