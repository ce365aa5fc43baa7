"""Pictures in and out: files, bytes, URLs, arrays <-> image tensors.

An image is a float32 tensor (1, 3, H, W), RGB in [0, 1], sRGB as displayed. What cannot become one
is refused with one sentence, as a ValueError (the picture) or an OSError (the disk, the network).
"""

import contextlib
import math
import os
import re
import secrets
import time
from http.client import HTTPException
from importlib.metadata import PackageNotFoundError, metadata
from importlib.resources import files
from io import BytesIO
from numbers import Integral
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import FTPHandler, Request, build_opener

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError
from torch import Tensor

Source = str | os.PathLike | bytes | bytearray | memoryview | Image.Image | np.ndarray | Tensor
MIN_SIDE = 16  # pixels; VGG-19 halves a picture four times before its last block
MAX_BYTES = 32 * 2**20  # of a download
TIMEOUT = 20.0  # seconds: for an answer, and for a whole download

# Pillow reads more, but some formats start a program (EPS), which no web picture should do.
READ_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "AVIF", "JPEG2000")
WRITE_FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}

LUMA = (0.299, 0.587, 0.114)  # how bright red, green and blue look: the Y of YIQ

# Sample photos: name -> file in scikit-image's wheel. CC0, or no known copyright restrictions.
PHOTOS = {
    "astronaut": "astronaut.png",  # Eileen Collins; NASA
    "brick": "brick.png",  # gray texture; CC0Textures
    "camera": "camera.png",  # gray; Lav Varshney
    "cat": "chelsea.png",  # Chelsea; Stefan van der Walt
    "coffee": "coffee.png",  # Rachel Michetti
    "gravel": "gravel.png",  # gray texture; CC0Textures
    "hubble": "hubble_deep_field.jpg",  # NASA
    "retina": "retina.jpg",  # Mikael Häggström
    "rocket": "rocket.jpg",  # Falcon 9; SpaceX
    "tissue": "ihc.png",  # stained cells under the microscope; CMMI
}


def load_image(
    source: Source, *, size: int | tuple[int, int] | None = None, upscale: bool = False
) -> Tensor:
    """Make an image tensor of almost anything that holds a picture.

    EXIF orientation and ICC profile are applied, transparency lies on white, and of an animation the
    first frame counts. Values of 16-bit gray are kept; Pillow itself reads 16-bit color as 8-bit.

    Args:
        source: A path, an http(s) URL, the name of a sample photo (see `PHOTOS`), the bytes of an image
            file, a PIL image, an array (H, W), (H, W, 3) or (H, W, 4) of uint8, uint16 or floats in
            [0, 1], or a tensor (3, H, W) or (1, 3, H, W) of the same types.
        size: In pixels: an int is the longer side, a pair is (height, width). None is the size of the
            source. An int keeps the ratio and, without `upscale`, leaves a smaller picture as it is; a
            pair is met exactly. Pictures are resampled by Lanczos.
        upscale: Whether an int may enlarge the picture.

    Returns:
        (1, 3, H, W), float32 in [0, 1], on the CPU, sharing no memory with the source.

    Raises:
        ValueError: For a picture or a size that is no good.
        OSError: For a picture that cannot be had; FileNotFoundError, if there is no such file.
    """
    _check_size(size)
    planes = _fit(_planes(_pixels(source)), size=size, upscale=upscale)
    return torch.from_numpy(planes)[None]


def load_mask(source: Source, *, size: int | tuple[int, int] | None = None) -> Tensor:
    """Make a mask of a picture: 1 where it is white, 0 where it is black.

    If the picture has transparent parts, its alpha channel counts and not its colors: 1 where something
    was painted. Of a color, the strongest channel counts, so that red on black is a region as well.
    `save_image(mask.expand(1, 3, -1, -1), "mask.png")` keeps a mask of 256 grays exactly.

    Args:
        source: As in `load_image`; a path, a URL, an array (H, W), ….
        size: In pixels: an int is the longer side, a pair is (height, width). As in `load_image`, an int
            never enlarges it.

    Returns:
        (1, 1, H, W), float32 in [0, 1], on the CPU.

    Raises:
        ValueError: For a picture or a size that is no good.
        OSError: For a picture that cannot be had; FileNotFoundError, if there is no such file.
    """
    _check_size(size)
    pixels = _pixels(source)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        opaque = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
        pixels = pixels[..., 3] if pixels[..., 3].min() < opaque else pixels[..., :3]
    if pixels.dtype.kind == "u" and pixels.max() == 1:
        raise ValueError(
            "The largest number in the mask is 1, which is nearly black among whole numbers; give "
            f"bools, as in load_mask(array > 0), or numbers up to {np.iinfo(pixels.dtype).max}."
        )
    pixels = pixels.astype(np.float32) if pixels.dtype == bool else pixels
    planes = _planes(pixels).max(0, keepdims=True)
    return torch.from_numpy(_fit(planes, size=size, upscale=False))[None]


def photo(name: str, *, size: int | tuple[int, int] | None = None) -> Tensor:
    """Return a sample photo from scikit-image's wheel: no network, no license fee.

    Args:
        name: A key of `PHOTOS`.
        size: In pixels: an int is the longer side, a pair is (height, width). As in `load_image`, an int
            never enlarges the photo.

    Returns:
        (1, 3, H, W), float32 in [0, 1], on the CPU.

    Raises:
        ValueError: For an unknown name, and for a size that is no good.
    """
    if name not in PHOTOS:
        raise ValueError(f"There is no sample photo {name!r}; choose one of {', '.join(PHOTOS)}.")
    return load_image(Path(str(files("skimage")), "data", PHOTOS[name]), size=size)


def resize(image: Tensor, size: int | tuple[int, int]) -> Tensor:
    """Resample an image tensor on its own device, antialiased bicubic, clamped to [0, 1].

    Args:
        image: (B, C, H, W), such as an image or a mask.
        size: In pixels: an int is the longer side, a pair is (height, width). An int keeps the ratio;
            both may enlarge the image.

    Returns:
        A new tensor; gradients flow through it.

    Raises:
        ValueError: For another shape, and for a size below 1.
    """
    if image.ndim != 4:
        shape = tuple(image.shape)
        raise ValueError(f"resize needs a tensor of shape (B, C, H, W), not {shape}.")
    height, width = shape_of(image, size)
    if min(height, width) < 1:
        raise ValueError(f"Cannot resize to {width} x {height} pixels; give a larger size.")
    size = height, width
    if size == tuple(image.shape[2:]):
        return image.clone()
    # Not every PyTorch that this package allows has this kernel for Apple's GPU.
    work = image.cpu() if image.device.type == "mps" else image
    work = F.interpolate(work, size=size, mode="bicubic", antialias=True)
    return work.clamp(0, 1).to(image.device)


def shape_of(image: Tensor | np.ndarray, size: int | tuple[int, int]) -> tuple[int, int]:
    """Return (height, width) of an image at a new size.

    Args:
        image: (..., H, W).
        size: In pixels: an int is the longer side, a pair is (height, width).
    """
    if isinstance(size, Integral):
        height, width = image.shape[-2:]
        factor = size / max(height, width)
        return round(height * factor), round(width * factor)
    height, width = size
    return int(height), int(width)


def noise_like(image: Tensor, *, seed: int = 0) -> Tensor:
    """Draw a noise image of the same shape, to start a run from.

    It is faint (a standard deviation of 0.1 around middle gray), because what the chosen layers cannot
    see of the noise stays in the picture to the end.

    Args:
        image: (1, 3, H, W).
        seed: The same seed gives the same noise on every device, because it is drawn on the CPU.

    Returns:
        (1, 3, H, W) in [0, 1], on the device of the image.
    """
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))
    return (0.5 + 0.1 * noise).clamp(0, 1).to(image)


def luminance(image: Tensor) -> Tensor:
    """Return the brightness Y of an image.

    Args:
        image: (1, 3, H, W).

    Returns:
        (1, 1, H, W).
    """
    return (image * image.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def with_colors_of(painted: Tensor, photo: Tensor) -> Tensor:
    """Return the luminance Y of `painted` with the color, I and Q, of `photo`.

    I and Q are differences of colors: adding the same number to red, green and blue changes Y by that
    number and leaves I and Q alone. Gatys et al. 2016, section 3.2.

    Args:
        painted: (1, 3, H, W).
        photo: (1, 3, H, W), of the same size.

    Returns:
        (1, 3, H, W), not clamped to [0, 1].
    """
    return photo + luminance(painted) - luminance(photo)


def check_image(image: object, what: str = "The picture") -> None:
    """Raise an error unless this is a tensor of shape (1, 3, H, W).

    Args:
        image: What should be one.
        what: How the sentence begins.

    Raises:
        ValueError: For anything else.
    """
    if not isinstance(image, Tensor) or image.ndim != 4 or image.shape[:2] != (1, 3):
        shape = tuple(image.shape) if hasattr(image, "shape") else type(image).__name__
        hint = (
            "write image[None]"
            if isinstance(shape, tuple) and len(shape) == 3
            else "load_image gives one"
        )
        raise ValueError(f"{what} must be a tensor of shape (1, 3, H, W), not {shape}; {hint}.")


def to_pil(image: Tensor) -> Image.Image:
    """Turn an image tensor into an 8-bit RGB PIL image.

    Args:
        image: (1, 3, H, W), on any device; values are clamped to [0, 1] and rounded.

    Raises:
        ValueError: For another shape, and for values that are not finite.
    """
    check_image(image)
    image = image.detach().cpu().float()
    if not image.isfinite().all():
        raise ValueError("The image has NaN or infinite values; the run that made it diverged.")
    pixels = (image[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def save_image(image: Tensor, path: str | os.PathLike, *, quality: int = 95) -> Path:
    """Write an image tensor as PNG, JPEG, WebP or TIFF.

    The file appears complete or not at all: an error or an interrupt leaves an older picture as it was.

    Args:
        image: (1, 3, H, W) in [0, 1], on any device.
        path: Its suffix decides the format. Missing folders are made.
        quality: Of JPEG (with full color resolution, 4:4:4) and WebP, from 1 to 100.

    Returns:
        The path.

    Raises:
        ValueError: For a suffix, a quality or an image that is no good.
        OSError: For a place that cannot be written.
    """
    path = Path(path)
    kind = WRITE_FORMATS.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"Cannot write {_shown(path)}; end it in {', '.join(WRITE_FORMATS)}.")
    if not isinstance(quality, Integral) or not 1 <= quality <= 100:
        raise ValueError(f"quality is {quality!r}; give a whole number from 1 to 100.")
    picture, encoded = to_pil(image), BytesIO()
    try:  # each format takes from these what it knows
        picture.save(encoded, kind, quality=quality, subsampling="4:4:4")
    except (OSError, ValueError) as error:
        size = f"{picture.width} x {picture.height} pixels"
        raise ValueError(f"{kind} cannot hold {size} ({error}); write a .png.") from error
    write_whole(path, encoded.getvalue())
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file by way of a temporary one in the same folder, so that it is never half written.

    Args:
        path: The file. Missing folders are made; of a symbolic link, the target is written.
        data: All of its content.

    Raises:
        OSError: For a place that cannot be written.
    """
    target = Path(os.path.realpath(path))  # a symbolic link stays one; what it points to changes
    # Not tempfile: its files are private (0600), and the picture would stay so.
    temporary = target.with_name(f".nstlib-{secrets.token_hex(8)}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        os.replace(temporary, target)
    except OSError as error:  # the type stays: PermissionError, IsADirectoryError, …
        reason = f"Cannot write {_shown(path)}: {error.strerror or error}; choose another place."
        raise type(error)(reason) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _pixels(source: Source) -> np.ndarray:
    """The pixels, (H, W) or (H, W, 3 or 4), of whatever holds a picture."""
    if isinstance(source, Tensor):
        return _tensor_pixels(source)
    if isinstance(source, np.ndarray):
        return source
    if isinstance(source, Image.Image):
        return _picture_pixels(source, "The PIL image")
    if isinstance(source, bytes | bytearray | memoryview):
        return _picture_pixels(BytesIO(bytes(source)), "The data")
    if isinstance(source, str | os.PathLike):
        return _named_pixels(source)
    raise ValueError(f"A {type(source).__name__} is no picture; give a path or an array.")


def _named_pixels(source: str | os.PathLike) -> np.ndarray:
    """Pixels of what a string or path names: a file first, then a sample photo or a URL."""
    name, path = _shown(source), Path(os.path.expanduser(source))
    no_file = isinstance(source, str) and not os.path.isfile(path)  # it may mean something else
    if no_file and not source.strip():
        raise ValueError("The path is empty; give a file, a URL or the name of a sample photo.")
    if no_file and re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", source):  # two letters: "C:" is a disk
        return _picture_pixels(BytesIO(_download(source)), name)
    if no_file and source in PHOTOS:
        path = Path(str(files("skimage")), "data", PHOTOS[source])
    if not os.path.exists(path):
        sample = f" or choose a sample photo: {', '.join(PHOTOS)}"
        hint = sample if no_file and re.fullmatch(r"[^./\\]+", source) else ""
        raise FileNotFoundError(f"There is no file {name}; check the path{hint}.")
    if not os.path.isfile(path):
        raise IsADirectoryError(f"{name} is a folder or a device; give the path of a picture.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise type(error)(f"Cannot read {name}: {error.strerror}; check the file.") from error
    with file:
        return _picture_pixels(file, name)


class _NoFTP(FTPHandler):
    """Redirects go to http(s) alone; urllib would also follow one to ftp."""

    def ftp_open(self, req):
        raise URLError("it redirects to ftp")


def _download(url: str) -> bytes:
    """The body behind an http(s) URL: at most MAX_BYTES, within TIMEOUT."""
    name, data, deadline = _shown(url), bytearray(), time.monotonic() + TIMEOUT
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError(f"{name} is no http(s) address; save the picture and give its path.")
    # Letters such as ü and spaces, as copied from a browser, are escaped; what is escaped stays.
    address = quote(url, safe=":/?#[]@!$&'()*+,;=%")
    try:
        request = Request(address, headers={"User-Agent": _user_agent()})
        with build_opener(_NoFTP).open(request, timeout=TIMEOUT) as response:
            announced = response.length or 0
            # read1 returns what has arrived, so that a slow server cannot hold us.
            while max(announced, len(data)) <= MAX_BYTES and (chunk := response.read1(2**16)):
                data += chunk
                if time.monotonic() > deadline:
                    raise TimeoutError("timed out")
        if max(announced, len(data)) > MAX_BYTES:
            raise OSError(f"it is larger than {MAX_BYTES / 2**20:.0f} MB")
        if len(data) < announced:
            raise ConnectionError("the connection broke off")
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        reason = " ".join(str(getattr(reason, "strerror", None) or reason).split())  # one line
        if isinstance(error, HTTPError):
            reason = f"the server answered {error.code} {reason}"
            error.close()
        hint = "try a browser, and if it shows the picture, save it there and give its path"
        raise OSError(f"Cannot get {name}: {reason}; {hint}.") from error
    return bytes(data)


def _user_agent() -> str:
    """Say who asks and whom to write to: Wikimedia refuses programs that do not (403).

    The address is the first of `[project.urls]` in pyproject.toml, once the package has one.
    """
    from nstlib import __version__  # here, because nstlib imports this module

    urls = []
    with contextlib.suppress(PackageNotFoundError):  # used from its folder, without an installation
        urls = metadata("nstlib").get_all("Project-URL") or []  # such as "Repository, https://…"
    contact = urls[0].partition(", ")[2] if urls else "a course on neural style transfer"
    return f"nstlib/{__version__} ({contact})"


def _picture_pixels(source: BytesIO | Image.Image, name: str) -> np.ndarray:
    """Decode an open file (or take a PIL image) and return its upright pixels, (H, W[, 3 or 4])."""
    # Above MAX_IMAGE_PIXELS Pillow warns when it opens a picture, and above twice as many it fails. We
    # refuse both, before anything is decoded. We count the pixels ourselves instead of turning the
    # warning into an error for a moment: the filters of warnings belong to the whole process, and
    # pictures are opened on several threads at once.
    try:
        opened = isinstance(source, Image.Image)
        picture = source if opened else Image.open(source, formats=READ_FORMATS)
        count = picture.width * picture.height
        if not opened and count > (Image.MAX_IMAGE_PIXELS or math.inf):
            raise Image.DecompressionBombError(f"{count} pixels")
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        count = re.search(r"\d+", str(error))[0]
        raise ValueError(f"{name} has {count} pixels, too many to open; shrink it.") from error
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} is no image that can be read; give a JPEG or PNG.") from error
    except Exception as error:  # Pillow's decoders raise a dozen types on damaged data
        raise ValueError(f"{name} is damaged or cut short ({error}); get a new copy.") from error
    with contextlib.suppress(Exception):  # damaged EXIF: better a turned picture than none
        picture = ImageOps.exif_transpose(picture)
    try:
        return _color_pixels(picture)
    except ValueError as error:
        raise ValueError(f"{name} has {picture.mode} pixels; save it as an RGB picture.") from error


def _color_pixels(picture: Image.Image) -> np.ndarray:
    """sRGB pixels (H, W, 3 or 4) of a picture in any mode; gray of 16 bits or floats as it is."""
    profile = picture.info.get("icc_profile")
    if picture.mode == "F":
        return np.asarray(picture)
    if picture.mode.startswith("I"):  # 16-bit gray: "I;16" and its kin, "I" in older Pillow
        gray = np.asarray(picture)
        if gray.min() < 0 or gray.max() > 65535:
            raise ValueError("32-bit values")
        if not profile:
            return gray.astype(np.uint16)
        # Pillow's color management has 8 bits.
        picture = Image.fromarray((gray / 257).round().astype(np.uint8))
    alpha = picture.convert("RGBA").getchannel("A") if picture.has_transparency_data else None
    if picture.mode in ("1", "L", "LA"):
        picture = picture.convert("L")
    elif picture.mode != "CMYK":
        # By way of RGBA, because a palette's transparency would raise a warning.
        picture = picture.convert("RGBA" if alpha else "RGB").convert("RGB")
    if profile:
        # A damaged profile, or one for another mode, is ignored, as browsers do.
        with contextlib.suppress(OSError, ValueError, TypeError, ImageCms.PyCMSError):
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            picture = ImageCms.profileToProfile(picture, source, srgb, outputMode="RGB")
    picture = picture.convert("RGB")
    if alpha:
        picture.putalpha(alpha)
    return np.asarray(picture)


def _tensor_pixels(image: Tensor) -> np.ndarray:
    """A tensor (1, 3, H, W) or (3, H, W) as an array (H, W, 3)."""
    shape = tuple(image.shape)
    if shape[:-2] not in ((3,), (1, 3)):
        raise ValueError(f"The tensor has the shape {shape}; give (1, 3, H, W) or (3, H, W).")
    image = image.detach().cpu()
    image = image.float() if image.is_floating_point() else image  # NumPy has no bfloat16
    return image.reshape(shape[-3:]).permute(1, 2, 0).numpy()


def _planes(pixels: np.ndarray) -> np.ndarray:
    """Check pixels (H, W), (H, W, 3) or (H, W, 4) and return new planes (3, H, W) in [0, 1]."""
    shape = pixels.shape
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in (3, 4)):
        raise ValueError(f"The array has the shape {shape}; give (H, W), (H, W, 3) or (H, W, 4).")
    _check_sides(*shape[:2])
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize <= 2:
        unit = pixels.astype(np.float32) / np.iinfo(pixels.dtype).max
    elif pixels.dtype.kind == "f":
        if not np.isfinite(pixels).all():
            raise ValueError("The picture has NaN or infinite values; replace them first.")
        low, high = pixels.min(), pixels.max()
        if low < 0 or high > 1:
            raise ValueError(f"Values go from {low:.4g} to {high:.4g}; scale or clip to [0, 1].")
        unit = pixels.astype(np.float32)
    else:
        raise ValueError(f"Pixels of type {pixels.dtype}; give uint8, uint16 or floats in [0, 1].")
    if unit.ndim == 2:
        unit = np.repeat(unit[..., None], 3, axis=2)
    if unit.shape[2] == 4:  # over white
        color, alpha = unit[..., :3], unit[..., 3:]
        unit = color * alpha + (1 - alpha)
    return np.ascontiguousarray(unit.transpose(2, 0, 1))


def _fit(planes: np.ndarray, *, size: int | tuple[int, int] | None, upscale: bool) -> np.ndarray:
    """Resample planes (3, H, W) to a size; an int enlarges them only with upscale."""
    if isinstance(size, Integral) and size > max(planes.shape[1:]) and not upscale:
        return planes
    height, width = planes.shape[1:] if size is None else shape_of(planes, size)
    if (height, width) == planes.shape[1:]:
        return planes
    _check_sides(height, width)
    # Plane by plane as floats, so that 16-bit pictures keep their depth.
    resized = [Image.fromarray(p).resize((width, height), Image.Resampling.LANCZOS) for p in planes]
    return np.stack([np.asarray(plane) for plane in resized]).clip(0, 1)


def _check_size(size: object) -> None:
    sides = size if isinstance(size, tuple) and len(size) == 2 else (size,)
    if size is not None and not all(isinstance(s, Integral) and s >= MIN_SIDE for s in sides):
        how = "the longer side or (height, width), in whole pixels"
        raise ValueError(f"size is {size!r}; give {how} from {MIN_SIDE} up.")


def _check_sides(height: int, width: int) -> None:
    if min(height, width) < MIN_SIDE:
        what = f"A picture of {width} x {height} pixels"
        raise ValueError(f"{what} is too small; each side needs at least {MIN_SIDE}.")


def _shown(source: str | os.PathLike) -> str:
    return f"{os.fspath(source)!r:.300}"  # on one line, and short for a pasted data: URL
