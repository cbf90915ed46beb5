"""The notebooks and the comms of this folder, for its tests."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _load(name: str) -> ModuleType:
    """Load a module beside this one: pytest imports tests one by one, by no common name."""
    place = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"lab_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[f"lab_{name}"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


notebooks = _load("notebooks")
comms = _load("comms")
wires = comms.wires
