"""The key of a browser's session: one for each port, in a file that outlives a crash.

A page that is open when its server is killed holds a cookie that stands for the key. The next
server on the same port takes the key up, and the page goes on by itself. A clean end takes the
file away, so that every server that is started after one has a key of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from shoal.errors import StoreError
from shoal.serving.access import new_token
from shoal.store.home import HOME, home_folder

OLDEST_SECONDS: Final = 7 * 24 * 3600
"""A key that was left behind is taken up no later than this after its server started."""
_CONTENT: Final = re.compile(rb"shoal lab ([0-9]{1,5}) ([A-Za-z0-9_-]{43})\n")
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserKey:
    """The key of a server.

    Attributes:
        token: 256 random bits.
        is_taken_up: it is that of a server on this port that did not end cleanly.
        note: why it is in no file, or nothing.
    """

    token: str = field(repr=False)
    is_taken_up: bool = False
    note: str = ""


def key_folder() -> Path:
    """Return where the files of keys are: ``$SHOAL_HOME/lab``, or among the user's states.

    Raises:
        StoreError: it is said to be in the home of a user who has none.
    """
    if os.environ.get(HOME):
        return home_folder() / "lab"
    state = os.environ.get("XDG_STATE_HOME")
    if state and os.path.isabs(state):
        return Path(state) / "shoal" / "lab"
    try:
        return Path.home() / ".local" / "state" / "shoal" / "lab"
    except RuntimeError:
        told = f"Set {HOME} to a folder for the lab."
        raise StoreError("~", "the home folder is not known.", told, code="S105") from None


@contextlib.contextmanager
def browser_key(port: int, folder: Path | None = None) -> Iterator[BrowserKey]:
    """Hold the key of the server on a port; its file goes at the end, not after a crash.

    A file that could have been read or written by others, or is none of these, is never used:
    it is replaced. Where no file can be had the key is in memory alone, and its note says why.

    Args:
        port: that this process listens on already.
        folder: of the keys; None: `key_folder`.
    """
    with contextlib.ExitStack() as held:
        try:
            folder = folder or key_folder()
            _check_folder(folder)
            path = folder / f"{port}.key"
            file = held.enter_context(_own_file(path))
        except (OSError, StoreError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            told = f"pages will not reconnect after a crash: no key is kept: {reason}"
            key = BrowserKey(token=new_token(), note=told)
        else:
            key = _key_in(file, port)
            # before the lock is let go of: nobody takes up a key that has ended
            held.callback(_remove, path, file)
        yield key


def left_behind(ports: range, folder: Path | None = None) -> list[int]:
    """Return the ports whose servers seem to have crashed: there is a key that nobody holds."""
    found = []
    for port in ports:
        with contextlib.suppress(OSError, StoreError):
            path = (folder or key_folder()) / f"{port}.key"
            file = os.open(path, _FLAGS & ~os.O_CREAT)
            try:
                _lock(file)
                if _is_private(file) and _read(file, port) is not None:
                    found.append(port)
            finally:
                os.close(file)
    return found


def _check_folder(folder: Path) -> None:
    """Make the folder, or see that it is the user's alone.

    Raises:
        OSError: it is not, or cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid():
        raise PermissionError(0, f"{folder} belongs to somebody else.")
    if state.st_mode & 0o077:
        folder.chmod(0o700)


@contextlib.contextmanager
def _own_file(path: Path) -> Iterator[int]:
    """Open and lock a file that only this user could read; any other is replaced.

    Raises:
        OSError: another server holds it, or it cannot be replaced.
    """
    file = _opened(path)
    try:
        yield file
    finally:
        os.close(file)  # and the lock with it


def _opened(path: Path) -> int:
    try:
        file = os.open(path, _FLAGS, 0o600)
    except OSError:  # a link, a folder, somebody else's
        return _replaced(path)
    if not _is_private(file):
        os.close(file)
        return _replaced(path)
    try:
        _lock(file)
    except BlockingIOError:
        os.close(file)
        raise BlockingIOError(0, f"another server holds {path}.") from None
    except OSError:
        os.close(file)
        raise
    return file


def _replaced(path: Path) -> int:
    """Put a new file in the place of whatever is there."""
    file, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # of mode 0600
    try:
        _lock(file)
        os.replace(name, path)
    except OSError:
        os.close(file)
        Path(name).unlink(missing_ok=True)
        raise
    return file


def _remove(path: Path, file: int) -> None:
    """Take a file away, unless another stands in its place by now."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.lstat(path), os.fstat(file)):
            path.unlink()


def _lock(file: int) -> None:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_private(file: int) -> bool:
    state = os.fstat(file)
    is_own = stat.S_ISREG(state.st_mode) and state.st_uid == os.geteuid()
    return is_own and not state.st_mode & 0o077 and state.st_nlink == 1


def _read(file: int, port: int) -> str | None:
    """Return the token that a file holds, None if it holds none that is still good."""
    found = _CONTENT.fullmatch(os.pread(file, 256, 0))
    is_old = time.time() - os.fstat(file).st_mtime > OLDEST_SECONDS
    if found is None or int(found[1]) != port or is_old:
        return None
    return found[2].decode()


def _key_in(file: int, port: int) -> BrowserKey:
    """Return the key that a file holds, or write a new one to it."""
    found = _read(file, port)
    token = found or new_token()
    os.ftruncate(file, 0)
    os.pwrite(file, f"shoal lab {port} {token}\n".encode(), 0)
    return BrowserKey(token=token, is_taken_up=found is not None)
