"""A run on its way as one file: the arrays of its state, and all that is needed to go on.

The file is laid out as safetensors are: 8 bytes with the length of the JSON header, the header,
the arrays without gaps. What is read is checked before memory is taken, and against a digest.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

import shoal
from shoal import files
from shoal.data.wording import show
from shoal.errors import CheckpointError, MissingFileError
from shoal.experiments.memory import PREFIX, Memory, from_plain
from shoal.experiments.prepare import Prepared
from shoal.kernels import ARITHMETIC, RowSet, State
from shoal.models.document import DocumentError, read_document, write_document

SCHEMA: Final = 1
"""Version of the header; a reader refuses a newer one."""
KEY, DIGEST, START, MEMORY = "shoal_checkpoint", "digest", "start", "memory"
MAX_HEADER_BYTES: Final = 64 * 2**20
DTYPES: Final = {
    "F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8", "U64": "<u8",
    "BOOL": "|b1", "F16": "<f2", "I8": "|i1", "I16": "<i2", "U8": "|u1", "U16": "<u2",
    "U32": "<u4",
}  # fmt: skip
_CODES: Final = {np.dtype(dtype): code for code, dtype in DTYPES.items()}
NOT_ONE: Final = "is not a checkpoint of shoal, or its beginning is damaged."

Path_ = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a file says.

    Attributes:
        source: the file's name as it was given.
        document: the experiment.
        folder: of the experiment, seen from the folder of the file.
        seconds: of training so far.
        fingerprint: of the rows, see `data_fingerprint`.
        arithmetic, version: of the shoal that made it.
        start: the initial weights, (P, K).
        arrays: the state.
        memory: what a rule in Python remembers of each network, empty for other rules.
    """

    source: str
    document: dict[str, Any]
    folder: str
    seconds: float
    fingerprint: str
    arithmetic: str
    version: str
    start: np.ndarray
    arrays: dict[str, np.ndarray]
    memory: Memory

    def same_data(self, fingerprint: str) -> None:
        """Raise unless the rows have this fingerprint.

        Raises:
            CheckpointError: they have another one.
        """
        if fingerprint == self.fingerprint:
            return
        told = (
            f"was made from other data: its fingerprint is {self.fingerprint[:12]}…, that of the "
            f"rows now {fingerprint[:12]}…."
        )
        raise CheckpointError(
            self.source, told, "Bring the rows back that it was made from.", code="C104"
        )

    def same_arithmetic(self) -> None:
        """Raise unless this shoal computes with the same bits.

        Raises:
            CheckpointError: it does not.
        """
        if self.arithmetic == ARITHMETIC:
            return
        told = (
            f"was made with arithmetic {show(self.arithmetic)}; this shoal has '{ARITHMETIC}', "
            "whose bits differ."
        )
        cure = f"Resume it with shoal {self.version}, or run the experiment again."
        raise CheckpointError(self.source, told, cure, code="C104")


def write_checkpoint(path: Path_, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint, which appears whole and replaces the one before.

    Only one process may write to `path` at a time: see `locked`.

    Args:
        path: the file.
        header: `header_of` a run, and the seconds.
        arrays: of the state, and `START`.

    Raises:
        InputError: it cannot be written.
    """
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    said = write_document(header)
    tensors = _tensors(plain)
    metadata = {KEY: said, DIGEST: _digest(said, tensors, plain.values())}
    text = json.dumps({"__metadata__": metadata, **tensors}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    # one name for what is being written: what a killed process left is written over
    part = f".{Path(path).name}.part"
    with files.whole_file(path, force=True, part=part) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in plain.values():
            file.write(array.reshape(-1).view(np.uint8).data)


def header_of(prepared: Prepared, path: Path_) -> dict[str, Any]:
    """Return what a checkpoint says of a run; the seconds are still to be added."""
    experiment = prepared.experiment
    return {
        "schema": SCHEMA,
        "document": experiment.document(),
        "folder": os.path.relpath(experiment.folder, Path(path).parent),
        "fingerprint": data_fingerprint(prepared),
        "arithmetic": ARITHMETIC,
        "version": shoal.__version__,
    }


def read_checkpoint(path: Path_) -> Checkpoint:
    """Read and check a checkpoint.

    Raises:
        MissingFileError: there is no such file; near names are told.
        CheckpointError: it is damaged, cut off, made by a newer shoal, or no checkpoint.
    """
    source = os.fspath(path)
    try:
        if Path(source).is_dir():
            raise CheckpointError(source, "is a folder.", "Name a file in it.", code="O106")
        if not Path(source).is_file() and Path(source).exists():
            raise CheckpointError(source, "is not a regular file.", code="O110")
        with open(source, "rb") as file:
            return _read(source, file)
    except FileNotFoundError as error:
        if isinstance(error, MissingFileError):
            raise
        raise MissingFileError(source, _nearby(source)) from None
    except OSError as error:
        raise CheckpointError(
            source, f"cannot be read: {error.strerror or error}.", code="O105"
        ) from None
    except MemoryError:
        raise CheckpointError(source, "needs more memory than there is.", code="M104") from None


def data_fingerprint(prepared: Prepared) -> str:
    """Return a SHA-256 of all rows that training sees, as it sees them, and of who sees which."""
    found = hashlib.sha256(np.ascontiguousarray(prepared.part_of).tobytes())
    for part in prepared.parts:
        for rows in (part.train, part.validation, part.test):
            for array in () if rows is None else _of_rows(rows):
                found.update(f"{array.dtype.str}{array.shape}".encode())
                found.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def _of_rows(rows: RowSet) -> Iterator[np.ndarray]:
    for field in dataclasses.fields(rows):
        array = getattr(rows, field.name)
        if array is not None:
            yield array


def _tensors(arrays: Mapping[str, np.ndarray]) -> dict[str, dict[str, Any]]:
    """Return what the header says of each array, in the order of the file."""
    found, start = {}, 0
    for name, array in arrays.items():
        stop = start + array.nbytes
        code = _CODES[array.dtype.newbyteorder("<")]
        found[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [start, stop]}
        start = stop
    return found


def _digest(said: str, tensors: Mapping[str, Any], arrays: Any) -> str:
    found = hashlib.sha256(said.encode())
    found.update(write_document(tensors).encode())
    for array in arrays:
        found.update(array.reshape(-1).view(np.uint8).data)
    return found.hexdigest()


def _read(source: str, file: BinaryIO) -> Checkpoint:
    size = os.fstat(file.fileno()).st_size
    n_header = int.from_bytes(file.read(8), "little")
    if size < 8 or not 2 <= n_header <= MAX_HEADER_BYTES:
        raise CheckpointError(source, NOT_ONE, code="C101")
    if n_header > size - 8:
        told = f"its header should have {n_header:,} bytes; got {size - 8:,}."
        raise CheckpointError(source, f"is cut off, or not a checkpoint: {told}", code="C101")
    try:
        tensors = read_document(file.read(n_header))
    except DocumentError:
        raise CheckpointError(source, NOT_ONE, code="C101") from None
    metadata = tensors.pop("__metadata__", None)
    if not isinstance(metadata, dict) or not isinstance(metadata.get(KEY), str):
        told = "is a file of tensors, but not a checkpoint of shoal."
        cure = "See: shoal show." if isinstance(metadata, dict) and "shoal" in metadata else ""
        raise CheckpointError(source, told, cure, code="C101")
    header = _header(source, metadata[KEY])
    arrays = _arrays(source, file, tensors, size - 8 - n_header)
    if metadata.get(DIGEST) != _digest(metadata[KEY], tensors, arrays.values()):
        raise CheckpointError(source, "is damaged: it does not hold what was written.", code="C102")
    try:
        start = arrays.pop(START)
        own = {name: arrays.pop(name) for name in list(arrays) if name.startswith(PREFIX)}
        plain = header.pop(MEMORY, None)
        memory = [] if plain is None else from_plain(plain, own)
        _check_names(arrays)
        return Checkpoint(source=source, start=start, arrays=arrays, memory=memory, **header)
    except (KeyError, TypeError, ValueError, IndexError, RecursionError):
        told = "is damaged, or of another version: it does not hold a whole state."
        raise CheckpointError(source, told, code="C101") from None


def _header(source: str, text: str) -> dict[str, Any]:
    try:
        header = read_document(text)
    except DocumentError as error:
        raise CheckpointError(source, f"is damaged: its header {error}.", code="C102") from None
    schema = header.pop("schema", None)
    if isinstance(schema, int) and schema > SCHEMA:
        told = f"was made by a newer shoal: its version is {schema}, this shoal reads {SCHEMA}."
        raise CheckpointError(source, told, "Update shoal.", code="C103")
    if schema != SCHEMA:
        raise CheckpointError(source, "is damaged: its header has no version.", code="C102")
    return header


def _check_names(arrays: Mapping[str, np.ndarray]) -> None:
    """Raise KeyError unless there is one array for each of a state."""
    wanted = {field.name for field in dataclasses.fields(State)}
    if wanted != arrays.keys():
        raise KeyError


def _arrays(
    source: str, file: BinaryIO, tensors: Mapping[str, Any], n_bytes: int
) -> dict[str, np.ndarray]:
    """Read the arrays that the header promises, after it was held against the file's size."""
    told, end = {}, 0
    for name, each in tensors.items():
        try:
            dtype = np.dtype(DTYPES[each["dtype"]])
            shape = tuple(int(n) for n in each["shape"])
            count = int(np.prod(shape, dtype=object))
            fits = each["data_offsets"] == [end, end + count * dtype.itemsize] and count >= 0
        except (KeyError, TypeError, ValueError):
            fits = False
        if not fits:
            told_of = f"is damaged: it says nothing sensible of the array {show(name)}."
            raise CheckpointError(source, told_of, code="C102")
        told[name] = dtype, shape, count
        end += count * dtype.itemsize
    if end != n_bytes:
        what = "cut off" if n_bytes < end else "too long"
        told_of = f"is {what}: its arrays need {end:,} bytes; got {n_bytes:,}."
        raise CheckpointError(source, told_of, code="C102")
    return {
        name: np.fromfile(file, dtype, count).reshape(shape)
        for name, (dtype, shape, count) in told.items()
    }


def _nearby(source: str) -> list[str]:
    try:
        return sorted(str(Path(source).with_name(f.name)) for f in Path(source).parent.iterdir())
    except (OSError, ValueError):
        return []
