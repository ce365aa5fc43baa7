"""Weights: reading files, fetching them from torchvision's server, and the folder that keeps them."""

import errno
import hashlib
import http.client
import os
import re
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import platformdirs
import safetensors
import torch
from safetensors.torch import save
from torch import Tensor

IMAGENET_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"  # torchvision's
IMAGENET_FILE = "vgg19-imagenet-features.safetensors"


def cache_dir() -> Path:
    """Return the folder for downloads: `$NSTLIB_CACHE`, or else the user's own cache."""
    return Path(os.environ.get("NSTLIB_CACHE") or platformdirs.user_cache_dir("nstlib"))


def read_weights(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read tensors and metadata from a .safetensors file or from one that torch.save wrote (.pth).

    A .pth file may contain code; it never runs.

    Returns:
        {name: tensor}, which may be views of the file, and {key: value}, empty for a .pth file.

    Raises:
        OSError: For a file that cannot be read.
        ValueError: For a file that holds anything but named tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f'There is no weights file {str(path)!r}: weights are "compact", "imagenet", "random" '
            "or the path of a .safetensors or .pth file."
        )
    path.open("rb").close()  # Raises OSError if unreadable; all later errors are about the content.
    try:
        if path.suffix == ".safetensors":
            with safetensors.safe_open(path, framework="pt") as file:
                return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
        # torchvision's VGG-19 is older than the zip format, and only zip files can be memory-mapped.
        state = torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except Exception as error:  # A damaged file can make these readers raise nearly anything.
        raise ValueError(
            f"{str(path)!r} is not a weights file: it is damaged, of another kind, or has code in it "
            "that must not run. Use a .safetensors or .pth file that holds only tensors."
        ) from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(f"{str(path)!r} is not a state dict: it holds more than named tensors.")
    return dict(state), {}


def fetch_imagenet(
    *, to: str | Path | None = None, url: str = IMAGENET_URL, progress: bool = True
) -> Path:
    """Fetch the ImageNet weights of VGG-19's convolutions (80 MB), unless they are there already.

    Args:
        to: The folder that keeps them; None is `cache_dir()`.
        url: A .pth of torchvision's vgg19 (548 MB) whose name ends in the first digits of its SHA-256.
            If torch.hub already has a copy, that one is used. The download is removed at the end.
        progress: Whether to show a bar on stderr.

    Returns:
        The path of the .safetensors file.

    Raises:
        OSError: If there is no network, the download breaks off, the disk is full or the folder cannot
            be written.
        ValueError: For a url without a hash in its name.
    """
    folder = cache_dir() if to is None else Path(to)
    target = folder / IMAGENET_FILE
    if target.is_file():
        return target
    name = url.rsplit("/", 1)[-1]
    prefix = _hash_prefix(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Each process has a folder of its own next to the result. Two at once do not get in each
        # other's way, the last step is a move, and a failure leaves nothing behind.
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as scratch:
            checkpoint = _from_torch_hub(name, prefix)
            if checkpoint is None:
                checkpoint = Path(scratch) / name
                _download(url, checkpoint, prefix, progress)
            part = Path(scratch) / IMAGENET_FILE
            part.write_bytes(_convolutions(checkpoint, source=url))
            part.replace(target)
    # torch.hub reports a wrong hash as a RuntimeError.
    except (OSError, http.client.HTTPException, RuntimeError) as error:
        raise _in_words(error, folder) from error
    return target


def _hash_prefix(name: str) -> str:
    match = re.search(r"-([0-9a-f]{8,})\.pth$", name)
    if match is None:
        raise ValueError(
            f"The file needs a name with a hash in it, like vgg19-dcbb9e9d.pth, not {name}."
        )
    return match[1]


def _from_torch_hub(name: str, prefix: str) -> Path | None:
    path = Path(torch.hub.get_dir()) / "checkpoints" / name
    if not path.is_file():
        return None
    with path.open("rb") as file:
        intact = hashlib.file_digest(file, "sha256").hexdigest().startswith(prefix)
    return path if intact else None


def _download(url: str, path: Path, prefix: str, progress: bool) -> None:
    # torch.hub waits for an answer without a time limit, so check first that the server answers.
    urllib.request.urlopen(url, timeout=20).close()
    torch.hub.download_url_to_file(url, str(path), prefix, progress)


def _convolutions(checkpoint: Path, *, source: str) -> bytes:
    """A safetensors file of the convolutions alone, with torchvision's names for them."""
    state, _ = read_weights(checkpoint)
    state = {key: t.detach().float() for key, t in state.items() if key.startswith("features.")}
    return save(state, metadata={"source": source})


def _in_words(error: Exception, folder: Path) -> OSError:
    number = getattr(error, "errno", None)
    if number in (errno.ENOSPC, errno.EDQUOT):
        return OSError(
            f"The disk is full: the ImageNet weights need 650 MB in {folder} while they are "
            "fetched and 80 MB afterwards, so make room or set NSTLIB_CACHE to another folder."
        )
    if number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return PermissionError(
            f"The folder {folder} cannot be written ({error.strerror}): set NSTLIB_CACHE to a folder "
            "that can be."
        )
    if isinstance(error, urllib.error.URLError):
        return ConnectionError(
            f"The ImageNet weights could not be fetched ({error.reason}): without a network use "
            'weights="compact", or run `python -m nstlib weights imagenet --to DIR` on another '
            f"machine, copy {IMAGENET_FILE} from there and give load_vgg19 its path."
        )
    return ConnectionError(
        f"The download of the ImageNet weights broke off or arrived damaged ({error}). The incomplete "
        "file was removed; try again."
    )
