import errno
import hashlib
import http.server
import io
import os
import pickle
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from nstlib.vgg import LAYERS, load_vgg19
from nstlib.weights import IMAGENET_FILE, IMAGENET_URL, cache_dir, fetch_imagenet, read_weights

TINY = [entry if entry == "M" else entry // 16 for entry in cfgs["E"]]  # 4 to 32 channels


def state_dict(configuration=TINY, seed=0):
    """A checkpoint as torchvision's, with seeded weights and a classifier that is in the way."""
    features = make_layers(configuration)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in features.parameters():
            parameter.normal_(std=(2 / parameter[0].numel()) ** 0.5, generator=generator)
    # The real checkpoint holds Parameters that require a gradient, not plain tensors.
    state = {f"features.{key}": value for key, value in features.named_parameters()}
    return state | {"classifier.0.weight": nn.Parameter(torch.ones(7, 7))}


def pth_bytes(state, *, zipped=False):
    # The real checkpoint is of 2017 and thus in the format before zip.
    file = io.BytesIO()
    torch.save(state, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def file_name(data: bytes) -> str:
    return f"vgg19-{hashlib.sha256(data).hexdigest()[:8]}.pth"


class Server(http.server.ThreadingHTTPServer):
    """Serves `data` at every address; `sent` of its bytes, and then the connection closes."""

    daemon_threads = True

    def __init__(self, data: bytes, *, sent: int | None = None, status: int = 200):
        super().__init__(("127.0.0.1", 0), Handler)
        self.data, self.sent, self.status = data, sent, status
        self.requests = 0
        self.url = f"http://127.0.0.1:{self.server_port}/{file_name(data)}"

    def handle_error(self, request, client_address):
        pass  # a client that hangs up early is part of the plan

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.data)))
        self.end_headers()
        self.wfile.write(self.server.data[: self.server.sent])

    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """No test sees the user's cache, a checkpoint of torch.hub, or a proxy."""
    monkeypatch.setenv("NSTLIB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="module")
def checkpoint() -> bytes:
    return pth_bytes(state_dict())


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def fetch(url, **arguments):
    return fetch_imagenet(url=url, progress=False, **arguments)


def assert_one_sentence(error: OSError, *words: str):
    text = str(error)
    assert "\n" not in text
    assert text.endswith(".")
    for word in words:
        assert word in text, text


def test_the_cache_is_where_the_user_wants_it(monkeypatch, tmp_path):
    assert cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("NSTLIB_CACHE")
    assert cache_dir().is_absolute()
    assert "nstlib" in cache_dir().parts
    assert not (tmp_path / "cache").exists(), "asking for the folder makes none"


def test_the_real_address_carries_its_hash():
    assert torchvision.models.VGG19_Weights.IMAGENET1K_V1.url == IMAGENET_URL


@pytest.mark.parametrize("zipped", [False, True])
def test_fetched_once(tmp_path, zipped):
    state = state_dict()
    with Server(pth_bytes(state, zipped=zipped)) as server:
        path = fetch(server.url)
        requests = server.requests
        assert requests > 0
        assert fetch(server.url) == path
        assert server.requests == requests
    assert fetch(server.url) == path, "the server is gone and the file is there"
    assert path == tmp_path / "cache" / IMAGENET_FILE
    assert everything_in(tmp_path) == ["cache", f"cache/{IMAGENET_FILE}"]

    kept = load_file(path)
    assert set(kept) == {key for key in state if key.startswith("features.")}
    assert all(torch.equal(kept[key], state[key]) for key in kept)
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"source": server.url}


def test_to_another_folder_that_does_not_exist_yet(tmp_path, checkpoint):
    folder = tmp_path / "a" / "class"
    with Server(checkpoint) as server:
        assert fetch(server.url, to=folder) == folder / IMAGENET_FILE
    assert everything_in(tmp_path / "a") == ["class", f"class/{IMAGENET_FILE}"]


def test_progress_goes_to_stderr_and_only_on_request(tmp_path, checkpoint, capsys):
    with Server(checkpoint) as server:
        fetch_imagenet(to=tmp_path / "a", url=server.url)
        shown = capsys.readouterr()
        fetch(server.url, to=tmp_path / "b")
        quiet = capsys.readouterr()
    assert "100%" in shown.err
    assert shown.out == quiet.out == quiet.err == ""


def test_two_at_once_do_no_harm(tmp_path, checkpoint):
    paths = []
    with Server(checkpoint) as server:
        threads = [
            threading.Thread(target=lambda: paths.append(fetch(server.url))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert paths == [tmp_path / "cache" / IMAGENET_FILE] * 4
    assert everything_in(tmp_path / "cache") == [IMAGENET_FILE]
    assert load_vgg19(paths[0], device="cpu").layers == LAYERS


def test_the_loaded_network_equals_torchvision(tmp_path, monkeypatch):
    state = state_dict()
    with Server(pth_bytes(state)) as server:
        monkeypatch.setitem(fetch_imagenet.__kwdefaults__, "url", server.url)
        vgg = load_vgg19("imagenet", pooling="max", device="cpu")
    assert not any(parameter.requires_grad for parameter in vgg.parameters())

    features = make_layers(TINY)
    features.load_state_dict({k[9:]: v for k, v in state.items() if k.startswith("features.")})
    image = torch.rand(1, 3, 64, 32, generator=torch.Generator().manual_seed(2))
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[..., None, None]
    with torch.no_grad():
        expected = features((image - mean) / std)
    assert expected.std() > 0
    torch.testing.assert_close(vgg(image, ["pool5"])["pool5"], expected)


def hub_checkpoint(data: bytes, name: str):
    path = Path(torch.hub.get_dir(), "checkpoints", name)
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return path


def test_a_checkpoint_of_torch_hub_is_used_without_network(tmp_path, checkpoint):
    ours = hub_checkpoint(checkpoint, file_name(checkpoint))
    path = fetch(f"http://127.0.0.1:9/{ours.name}")
    assert load_vgg19(path, device="cpu").layers == LAYERS
    assert ours.read_bytes() == checkpoint, "it is torch.hub's and stays"
    assert everything_in(tmp_path / "cache") == [IMAGENET_FILE]


def test_a_damaged_checkpoint_of_torch_hub_is_not_used(tmp_path, checkpoint):
    hub_checkpoint(pth_bytes(state_dict(seed=1)), file_name(checkpoint))
    with Server(checkpoint) as server:
        path = fetch(server.url)
        assert server.requests > 0
    right = state_dict()["features.0.weight"]
    assert torch.equal(load_vgg19(path, device="cpu").conv1_1.weight, right)


def failure(url, folder: Path) -> OSError:
    """The error of a fetch that fails, having left nothing behind."""
    with pytest.raises(OSError, match=r"\.$") as caught:
        fetch(url, to=folder)
    assert everything_in(folder) == []
    return caught.value


def test_no_network(tmp_path, checkpoint):
    with Server(checkpoint) as server:
        url = server.url
    error = failure(url, tmp_path / "to")
    assert isinstance(error, ConnectionError)
    assert_one_sentence(
        error,
        "refused",
        'weights="compact"',
        "python -m nstlib weights imagenet --to DIR",
        IMAGENET_FILE,
    )


def test_no_such_address(tmp_path, checkpoint):
    with Server(checkpoint, status=404) as server:
        assert_one_sentence(failure(server.url, tmp_path / "to"), "Not Found", "compact")


def test_no_such_host(tmp_path):
    url = "http://nstlib.invalid/vgg19-dcbb9e9d.pth"
    assert_one_sentence(failure(url, tmp_path / "to"), "compact")


def test_wrong_hash(tmp_path, checkpoint):
    with Server(checkpoint[:-1] + bytes([checkpoint[-1] ^ 1])) as server:
        url = server.url.replace(file_name(server.data), file_name(checkpoint))
        error = failure(url, tmp_path / "to")
    assert_one_sentence(error, "damaged", "invalid hash", "removed", "try again")


@pytest.mark.parametrize("sent", [0, 1000])
def test_cut_connection(tmp_path, checkpoint, sent):
    with Server(checkpoint, sent=sent) as server:
        error = failure(server.url, tmp_path / "to")
        assert server.requests > 0
    assert_one_sentence(error, "broke off", "removed", "try again")


def test_a_second_try_succeeds(tmp_path, checkpoint):
    with Server(checkpoint, sent=1000) as server:
        failure(server.url, tmp_path / "to")
        server.sent = None
        assert fetch(server.url, to=tmp_path / "to").is_file()


def test_interrupted(tmp_path, checkpoint, monkeypatch):
    def interrupt(*_):
        assert len(everything_in(tmp_path / "to")) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(torch.hub, "download_url_to_file", interrupt)
    with Server(checkpoint) as server, pytest.raises(KeyboardInterrupt):
        fetch(server.url, to=tmp_path / "to")
    assert everything_in(tmp_path / "to") == []


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, as a function of mount options; skips where that is not allowed."""
    mounted = []

    def mount(options):
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("only root may mount a file system")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


# 400 kB of download and 330 kB of weights: full during the one, and full during the other.
@pytest.mark.parametrize("size", ["100k", "600k"])
def test_full_disk(small_disk, checkpoint, size):
    folder = small_disk(f"size={size}")
    with Server(checkpoint) as server:
        error = failure(server.url, folder)
    assert_one_sentence(error, "disk is full", "650 MB", "NSTLIB_CACHE")


def test_full_disk_simulated(tmp_path, checkpoint, monkeypatch):
    def write_bytes(self, data):
        with self.open("wb") as file:
            file.write(data[:1000])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with Server(checkpoint) as server:
        error = failure(server.url, tmp_path / "to")
    assert_one_sentence(error, "disk is full", str(tmp_path / "to"), "NSTLIB_CACHE")


def test_read_only_disk(small_disk, checkpoint):
    folder = small_disk("ro,size=1m")
    with Server(checkpoint) as server:
        error = failure(server.url, folder)
        assert server.requests == 0, "found out before the download"
    assert isinstance(error, PermissionError)
    assert_one_sentence(error, str(folder), "cannot be written", "NSTLIB_CACHE")


def test_read_only_folder(tmp_path):
    folder = tmp_path / "to"
    folder.mkdir(mode=0o555)
    if os.access(folder, os.W_OK):
        pytest.skip("root may write everywhere")
    assert_one_sentence(failure(IMAGENET_URL, folder), "cannot be written", "NSTLIB_CACHE")


@pytest.mark.parametrize("to", ["file", "file/below"])
def test_a_file_in_the_place_of_the_folder(tmp_path, to):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(PermissionError) as caught:
        fetch(IMAGENET_URL, to=tmp_path / to)
    assert_one_sentence(caught.value, "cannot be written", "NSTLIB_CACHE")
    assert (tmp_path / "file").read_text() == "mine"


def test_an_address_without_a_hash(tmp_path):
    with pytest.raises(ValueError, match="with a hash in it"):
        fetch("http://127.0.0.1:9/vgg19.pth", to=tmp_path)


# Files that the user names.


@pytest.fixture
def as_file(tmp_path):
    """Write a state dict as each of the kinds that can be read."""

    def write(kind, state):
        path = tmp_path / f"weights.{'safetensors' if kind == 'safetensors' else 'pth'}"
        if kind == "safetensors":
            save_file({key: value.detach().contiguous() for key, value in state.items()}, path)
        else:
            path.write_bytes(pth_bytes(state, zipped=kind == "zip"))
        return path

    return write


def paper_names(state):
    return {
        f"{LAYERS[int(key.split('.')[1])]}.{key.split('.')[2]}": value
        for key, value in state.items()
        if key.startswith("features.")
    }


KINDS = ["safetensors", "zip", "legacy"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", [dict, paper_names])
@pytest.mark.parametrize("path_type", [str, Path])
def test_every_kind_of_file_and_both_kinds_of_names(as_file, kind, names, path_type):
    state = state_dict()
    vgg = load_vgg19(path_type(as_file(kind, names(state))), device="cpu")
    assert vgg.layers == LAYERS
    for key, value in paper_names(state).items():
        assert torch.equal(vgg.state_dict()[key], value)
        assert not vgg.state_dict()[key].requires_grad


@pytest.mark.parametrize("base", [1, 3, 16])
def test_width_and_depth_follow_from_the_tensors(as_file, base):
    state = state_dict([e if e == "M" else e // 64 * base for e in cfgs["E"]])
    state = {
        key: value for key, value in state.items() if key.split(".")[1] in ("0", "2", "5", "7")
    }
    vgg = load_vgg19(as_file("safetensors", state), device="cpu")
    assert vgg.layers[-1] == "relu2_2"
    assert vgg(torch.rand(1, 3, 8, 8), ["relu2_2"])["relu2_2"].shape == (1, 2 * base, 4, 4)


def test_half_precision_becomes_single(as_file):
    state = {key: value.half() for key, value in state_dict().items()}
    vgg = load_vgg19(as_file("safetensors", state), device="cpu")
    assert {p.dtype for p in vgg.parameters()} == {torch.float32}
    assert torch.equal(vgg.conv3_1.weight, state["features.10.weight"].float())


def test_the_network_does_not_hang_on_to_the_file(as_file):
    path = as_file("zip", state_dict())
    vgg = load_vgg19(path, device="cpu")
    before = vgg.conv4_1.weight.clone()
    path.write_bytes(b"\xff" * path.stat().st_size)
    assert torch.equal(vgg.conv4_1.weight, before)


def test_normalization_from_the_metadata(tmp_path):
    def load(metadata):
        path = tmp_path / "weights.safetensors"
        tensors = {k: v.detach() for k, v in state_dict().items()}
        save_file(tensors, path, metadata)
        return load_vgg19(path, device="cpu")

    vgg = load({"input": "(x - 0.5) / 0.25", "made": "by a test"})
    assert vgg.mean.flatten().tolist() == [0.5] * 3
    assert vgg.std.flatten().tolist() == [0.25] * 3
    for metadata in (None, {"made": "by a test"}):
        vgg = load(metadata)
        assert vgg.mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])
        assert vgg.std.flatten().tolist() == pytest.approx([0.229, 0.224, 0.225])
    with pytest.raises(ValueError, match=r'is like "\(x - 0.45\) / 0.225"'):
        load({"input": "as on ImageNet"})


def without(key):
    return lambda state: {k: v for k, v in state.items() if k != key}


def changed(key, value):
    return lambda state: state | {key: value}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (without("features.0.weight"), "there is no filter bank conv1_1.weight"),
        (without("features.16.weight"), "conv3_4.weight is missing"),
        (without("features.0.bias"), "conv1_1.bias is missing"),
        (changed("features.5.weight", torch.ones(8, 4, 5, 5)), r"conv2_1.weight has shape \(8, 4"),
        (changed("features.0.weight", torch.ones(3)), "there is no filter bank"),
        (changed("features.36.weight", torch.ones(3)), "pool5.weight does not belong"),
        (changed("features.52.weight", torch.ones(3)), "features.52.weight does not belong"),
        (changed("extra", torch.ones(3)), "extra does not belong"),
    ],
)
def test_weights_of_another_network(as_file, change, sentence):
    path = as_file("safetensors", change(state_dict()))
    with pytest.raises(ValueError, match=sentence) as caught:
        load_vgg19(path, device="cpu")
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("configuration", ["A", "B", "D"])
def test_weights_of_the_other_vggs(as_file, configuration):
    state = state_dict([entry if entry == "M" else entry // 16 for entry in cfgs[configuration]])
    with pytest.raises(ValueError, match="are not of VGG-19"):
        load_vgg19(as_file("zip", state), device="cpu")


class Malicious:
    def __init__(self, witness):
        self.witness = witness

    def __reduce__(self):
        return os.mkdir, (self.witness,)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", ["zip", "legacy", "pickle"])
def test_code_in_a_checkpoint_never_runs(tmp_path, as_file, kind):
    witness = tmp_path / "it ran"
    evil = {"conv1_1.weight": Malicious(str(witness))}
    if kind == "pickle":
        path = tmp_path / "plain.pth"
        path.write_bytes(pickle.dumps(evil))
    else:
        path = as_file(kind, evil)
    with pytest.raises(ValueError, match="has code in it that must not run"):
        load_vgg19(path, device="cpu")
    assert not witness.exists()
    if kind != "pickle":
        torch.load(path, weights_only=False)
        assert witness.exists(), "the file does carry code"


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
@pytest.mark.parametrize(
    "content", [b"", b"not weights", b"\x89PNG\r\n", b"PK\x03\x04", b"\x80\x02"]
)
def test_files_that_are_not_weights(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not a weights file") as caught:
        load_vgg19(path, device="cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_give_a_sentence_or_a_network(as_file, kind):
    """Truncated anywhere, or bytes overwritten anywhere: never another exception."""
    path = as_file(kind, state_dict([e if e == "M" else 1 for e in TINY]))
    data = path.read_bytes()
    chance = random.Random(0)
    sentences = []
    for _ in range(60):
        broken = bytearray(data)
        if chance.random() < 0.5:
            del broken[chance.randrange(len(data)) :]
        else:
            start = chance.randrange(min(len(data), 2000))
            broken[start : start + 8] = chance.randbytes(8)
        path.write_bytes(broken)
        try:
            read_weights(path)
        except ValueError as error:
            sentences.append(str(error))
    assert len(sentences) > 20
    assert not any("\n" in sentence for sentence in sentences)


def test_not_a_state_dict(tmp_path):
    path = tmp_path / "weights.pth"
    for something in (torch.ones(3), {"state_dict": state_dict()}, [torch.ones(3)]):
        torch.save(something, path)
        with pytest.raises(ValueError, match="is not a state dict"):
            load_vgg19(path, device="cpu")


@pytest.mark.parametrize("name", ["imagnet", "nowhere/weights.pth", "."])
def test_no_such_file(name):
    with pytest.raises(FileNotFoundError, match='"compact", "imagenet", "random" or the path'):
        load_vgg19(name)


@pytest.mark.parametrize("kind", KINDS)
def test_unreadable_file(as_file, monkeypatch, kind):
    path = as_file(kind, state_dict())

    def refuse(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PermissionError, match=path.name):
        load_vgg19(path, device="cpu")


@pytest.mark.slow
def test_the_full_network_from_the_server_equals_torchvision(monkeypatch):
    state = state_dict(cfgs["E"])
    with Server(pth_bytes(state)) as server:
        monkeypatch.setitem(fetch_imagenet.__kwdefaults__, "url", server.url)
        path = fetch_imagenet()
        vgg = load_vgg19("imagenet", pooling="max", device="cpu")
    assert 80.0e6 < path.stat().st_size < 80.2e6
    features = make_layers(cfgs["E"])
    features.load_state_dict({k[9:]: v for k, v in state.items() if k.startswith("features.")})
    # In float64: in float32 the two differ by rounding, theirs being laid out in another order.
    features, vgg = features.double(), vgg.double()
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(2)).double()
    with torch.no_grad():
        expected = features((image - vgg.mean) / vgg.std)
    assert expected.std() > 0
    torch.testing.assert_close(vgg(image, ["pool5"])["pool5"], expected)
