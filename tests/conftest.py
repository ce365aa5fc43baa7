"""The fixtures `browser`, `lab_server`, `lab` and `voila` are in browser.py."""

import pytest
import torch

pytest_plugins = ["browser"]


def pytest_collection_modifyitems(items):
    """Skip what needs a GPU where there is none."""
    if not torch.cuda.is_available():
        for item in items:
            if "gpu" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="there is no CUDA GPU here"))
