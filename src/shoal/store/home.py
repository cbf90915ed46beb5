"""Where the store is: ``SHOAL_HOME``, or ``shoal`` in the folder for data of the user."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

HOME: Final = "SHOAL_HOME"
OFF: Final = "SHOAL_NO_STORE"
"""Variables of the environment: where the store is, and that nothing is to be stored."""


def home_folder() -> Path:
    """Return the folder of the store; it need not be there."""
    own = os.environ.get(HOME)
    if own:
        return Path(own).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME")
    # the specification: a path that is not absolute is to be ignored
    base = Path(data) if data and os.path.isabs(data) else Path("~/.local/share").expanduser()
    return base.absolute() / "shoal"


def is_off() -> bool:
    """Return whether the environment says that nothing is to be stored."""
    return os.environ.get(OFF, "") not in ("", "0")
