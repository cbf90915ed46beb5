"""A disk that is full, without one."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Callable, Iterator

import pytest


@contextlib.contextmanager
def _full_disk(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def full_disk() -> Callable[[int], contextlib.AbstractContextManager[None]]:
    """Return what lets no file become longer than so many bytes, as if there were no room."""
    return _full_disk
