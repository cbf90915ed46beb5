"""Files of strangers: opened without waiting, bounded before memory is taken."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from shoal.data.wording import show
from shoal.errors import MissingFileError, ModelFileError

MAX_BYTES: Final = 2**30
"""The largest file that is read: 10**8 parameters of 8 bytes, and more."""


def open_file(source: str) -> BinaryIO:
    """Open a regular file that is not too large.

    Raises:
        MissingFileError: there is no such file; near names are told.
        ModelFileError: it is a folder, a pipe, a device, too large, or may not be read.
    """
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise MissingFileError(source, _nearby(source)) from None
    except ValueError as error:  # a zero byte, or half a character
        raise ModelFileError(show(source), f"is not a file name: {error}.", code="O108") from None
    except OSError as error:
        raise ModelFileError(source, f"cannot be read: {error.strerror}.", code="O105") from None
    status = os.fstat(handle)
    if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_BYTES:
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(status.st_mode):
        raise ModelFileError(source, "is a folder.", "Name a file.", code="O106")
    if stat.S_ISREG(status.st_mode):
        told = f"has {status.st_size:,} bytes, more than the {MAX_BYTES:,} of any network here."
        raise ModelFileError(source, told, code="M102")
    raise ModelFileError(source, "is not a regular file.", code="O110")


def _nearby(source: str) -> list[str]:
    try:
        return sorted(str(Path(source).with_name(f.name)) for f in Path(source).parent.iterdir())
    except (OSError, ValueError):
        return []
