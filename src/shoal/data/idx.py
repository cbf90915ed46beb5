"""IDX files, as MNIST comes in: one array of small numbers, plain or compressed by gzip.

A file is two zero bytes, a type, a number of axes, a size for each axis (all big-endian) and
the values. What the sizes promise is held against the size of the file before memory is taken.
"""

from __future__ import annotations

import gzip
import io
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from shoal.data.opening import open_file, source_name
from shoal.data.recipe import MAX_NUMBERS
from shoal.errors import DataError, InputError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""The type byte of the header, and NumPy's name of the values."""
GZIP_MAGIC = b"\x1f\x8b"
MOST_PACKED = 1032
"""Deflate packs at most 1,032 bytes into one."""
CHUNK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    dtype: np.dtype[Any]
    sizes: tuple[int, ...]

    @property
    def n_header(self) -> int:
        return 4 + 4 * len(self.sizes)

    @property
    def n_bytes(self) -> int:
        return math.prod(self.sizes) * self.dtype.itemsize


def read_idx(file: str, folder: Path | None = None) -> NDArray[Any]:
    """Read an IDX file.

    Args:
        file: its name, relative to `folder` or absolute; gzip is told by its first bytes.
        folder: where relative names start; None: the working folder.

    Shapes:
        as the header says, with at least one axis

    Raises:
        MissingFileError: there is no such file.
        DataError: it is no IDX file, cut off, too long, damaged or too large.

    Source:
        Yann LeCun, "The MNIST database", section "The IDX file format".
    """
    source = source_name(file)
    with open_file(file, folder) as opened:
        try:
            return _read(opened, source)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            told = str(error).rstrip(".") or type(error).__name__
            raise _damaged(source, f"its gzip data cannot be unpacked ({told})") from None
        except InputError:
            raise
        except OSError as error:
            raise InputError(
                f"{source}: cannot be read: {error.strerror or error}.", code="O105"
            ) from error


def _read(opened: BinaryIO, source: str) -> NDArray[Any]:
    n_file = opened.seek(0, io.SEEK_END)
    opened.seek(0)
    is_packed = opened.read(2) == GZIP_MAGIC
    opened.seek(0)
    if not is_packed:
        header = _read_header(opened, source)
        _check_size(source, header, n_file)
        return _values(opened, header, source)
    with gzip.GzipFile(fileobj=opened) as unpacked:
        header = _read_header(unpacked, source)
        if header.n_bytes > MOST_PACKED * n_file:
            told = f"its header promises {header.n_bytes:,} bytes"
            raise _damaged(source, f"{told}, more than {n_file:,} compressed ones can hold")
        values = _values(unpacked, header, source)
        if unpacked.read(1):
            raise _damaged(source, f"more follows the {header.n_bytes:,} bytes of its values")
        return values


def _read_header(stream: Any, source: str) -> _Header:
    start = stream.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES or start[3] == 0:
        cure = "Its first bytes are 0, 0, a type from 8 to 14 and the number of axes."
        raise DataError("is not an IDX file.", source=source, cure=cure, code="D118")
    n_axes = start[3]
    sizes = stream.read(4 * n_axes)
    if len(sizes) < 4 * n_axes:
        raise _damaged(source, "it ends within its header")
    header = _Header(
        dtype=np.dtype(TYPES[start[2]]),
        sizes=tuple(int.from_bytes(sizes[4 * k : 4 * k + 4], "big") for k in range(n_axes)),
    )
    if math.prod(header.sizes) > MAX_NUMBERS:
        told = f"holds {' x '.join(map(str, header.sizes))} numbers, more than {MAX_NUMBERS:,}."
        raise DataError(told, source=source, cure="Give fewer rows.", code="D112")
    return header


def _check_size(source: str, header: _Header, n_file: int) -> None:
    n_found = n_file - header.n_header
    if n_found == header.n_bytes:
        return
    what = "it is cut off" if n_found < header.n_bytes else "it is too long"
    told = f"its header promises {header.n_bytes:,} bytes of values; got {n_found:,}"
    raise _damaged(source, f"{what}, {told}")


def _values(stream: Any, header: _Header, source: str) -> NDArray[Any]:
    """Read the values, chunk by chunk: memory grows with what is there, not with promises."""
    content = bytearray()
    while len(content) < header.n_bytes:
        chunk = stream.read(min(CHUNK, header.n_bytes - len(content)))
        if not chunk:
            told = f"its header promises {header.n_bytes:,} bytes of values; got {len(content):,}"
            raise _damaged(source, f"it is cut off, {told}")
        content += chunk
    values = np.frombuffer(content, header.dtype).reshape(header.sizes)
    return values.astype(header.dtype.newbyteorder("="), copy=False)


def _damaged(source: str, told: str) -> DataError:
    cure = "Is the file damaged or not downloaded whole?"
    return DataError(f"is damaged: {told}.", source=source, cure=cure, code="D118")
