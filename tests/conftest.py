"""The fixtures `browser`, `lab_server`, `lab` and `voila` are in browser.py."""

pytest_plugins = ["browser"]
