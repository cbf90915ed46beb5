"""Settings for all tests."""

import atexit
import os
import shutil
import signal
import tempfile

import pytest
from hypothesis import settings

# Where tests are started with SIGINT ignored (nohup, a script in the background), the tests of
# Ctrl-C and the programs they start would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A shared machine is slow at times: how long an example takes proves nothing.
settings.register_profile("shoal", deadline=None)
settings.load_profile("shoal")

# Commands store what they make: never in the home of who runs the tests.
os.environ["SHOAL_HOME"] = tempfile.mkdtemp(prefix="shoal-tests-")
os.environ.pop("SHOAL_NO_STORE", None)
_OWNER = os.getpid()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is done in a real browser: `make test-wide` runs it."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@atexit.register
def _tidy() -> None:
    if os.getpid() == _OWNER:  # and not a process that a test forked
        shutil.rmtree(os.environ["SHOAL_HOME"], ignore_errors=True)
