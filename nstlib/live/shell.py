"""The command `python -m nstlib live`."""

import argparse
import contextlib
import sys
import webbrowser

from nstlib.live import copy_page, page_server


def live(options: argparse.Namespace) -> int:
    """Show the page that paints in the browser until Ctrl-C, or copy it to a folder."""
    if options.to:
        folder = copy_page(options.to).resolve()
        print(f"The page is in {folder}")
        print(f"Any web server can show it: {sys.executable} -m http.server --directory {folder}")
        return 0
    with page_server(options.port) as server:
        address = f"http://{server.server_address[0]}:{server.server_port}/"
        print(f"The page is at {address} until you press Ctrl-C.", flush=True)
        if not options.no_browser:
            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0
