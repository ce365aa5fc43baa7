"""Paint on the page: style transfer live in the browser, without a kernel.

The folder `page/` is a static page that computes with the compact network in the browser itself.
Any web server can show it: `copy_page` puts all that it needs into one folder, and `page_server` shows
it on this machine.
"""

import os
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = Path(__file__).parent / "page"
WEIGHTS = {"weights/compact.safetensors": Path(__file__).parents[1] / "data/compact.safetensors"}
HOST, PORT = "127.0.0.1", 8300


def copy_page(to: str | Path) -> Path:
    """Copy the page and the weights of its network into a folder, for any web server.

    Args:
        to: The folder. It is made if it is not there; other files in it stay as they are.

    Returns:
        The folder.

    Raises:
        OSError: If something there is in the way, or the disk refuses.
    """
    folder = Path(to)
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{to} is a file; name a folder for the page.")
    shutil.copytree(PAGE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
    for name, source in WEIGHTS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(source, folder / name)
    return folder


def page_server(port: int = PORT) -> ThreadingHTTPServer:
    """Return a server of the page that listens on 127.0.0.1; `serve_forever` makes it answer.

    Its headers allow the page to compute with several threads, which browsers otherwise forbid.

    Args:
        port: Where it listens; 0 is any free port, which is `server_port` then.

    Raises:
        ValueError: For a number that is no port.
        OSError: If the port is in use, or belongs to the system.
    """
    if not 0 <= port <= 65535:
        raise ValueError(f"A port is a number from 0 to 65535, not {port}.")
    try:
        return _Server((HOST, port), partial(_Handler, directory=str(PAGE)))
    except OSError as error:
        reason = "is not free" if not isinstance(error, PermissionError) else "is not allowed"
        raise OSError(
            f"Port {port} {reason}; choose another one with --port, or --port 0 for any that is."
        ) from error


class _Server(ThreadingHTTPServer):
    allow_reuse_address = os.name == "posix"  # on Windows two servers would share the port


class _Handler(SimpleHTTPRequestHandler):
    """The files of the page, and the weights as if they were beside it."""

    # Windows takes these from its registry, where other programs may have changed them.
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".webp": "image/webp",
        ".svg": "image/svg+xml",
        ".safetensors": "application/octet-stream",
    }

    def translate_path(self, path: str) -> str:
        """Return the file that a URL means."""
        weights = WEIGHTS.get(path.split("?")[0].split("#")[0].lstrip("/"))
        return str(weights) if weights else super().translate_path(path)

    def end_headers(self) -> None:
        """Add what makes the page isolated from others, so that it may share memory between threads."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, path: str) -> None:
        """Refuse: a folder without a page has nothing to show."""
        self.send_error(404)

    def log_message(self, format: str, *args) -> None:
        """Say nothing; the shell shows the address only."""
