"""Where the store is: ``SHOAL_HOME``, or ``shoal`` in the folder for data of the user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from shoal.errors import StoreError

HOME: Final = "SHOAL_HOME"
OFF: Final = "SHOAL_NO_STORE"
"""Variables of the environment: where the store is, and that nothing is to be stored."""


def home_folder() -> Path:
    """Return the folder of the store; it need not be there.

    Raises:
        StoreError: it is said to be in the home of a user who has none.
    """
    own = os.environ.get(HOME)
    if own:
        return _expanded(own).absolute()
    data = os.environ.get("XDG_DATA_HOME")
    # the specification: a path that is not absolute is to be ignored
    base = Path(data) if data and os.path.isabs(data) else _expanded("~/.local/share")
    return base.absolute() / "shoal"


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        cure = f"Set {HOME} to a folder for the store."
        raise StoreError(path, "the home folder is not known.", cure, code="S105") from None


def is_off() -> bool:
    """Return whether the environment says that nothing is to be stored."""
    return os.environ.get(OFF, "") not in ("", "0")
