"""The fixtures of `browser.py`, for all tests of the lab."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _load(name: str) -> ModuleType:
    """Load a module beside this one: pytest imports tests one by one, by no common name."""
    spec = importlib.util.spec_from_file_location(
        f"lab_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[f"lab_{name}"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


browser = _load("browser")
recorded = _load("recorded")

chromium = browser.chromium
lab_server = browser.lab_server
new_page = browser.new_page
studio = recorded.studio
client = recorded.client
