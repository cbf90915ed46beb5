"""The browser of the tests of the lab, for lessons too."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from shoal.lessons.carrying import Carried, carry_out

_FILE = Path(__file__).parents[1] / "lab" / "browser.py"
_SPEC = importlib.util.spec_from_file_location("lab_browser", _FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
browser = sys.modules.get("lab_browser") or importlib.util.module_from_spec(_SPEC)
if "lab_browser" not in sys.modules:
    sys.modules["lab_browser"] = browser
    _SPEC.loader.exec_module(browser)


@pytest.fixture(scope="session")
def carried() -> Carried:
    """Return lesson 1 carried out, in Japanese and with settings of one's own."""
    return carry_out("or", language="ja", epochs=1, rate=0.1)


chromium = browser.chromium
new_page = browser.new_page
