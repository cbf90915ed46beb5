"""Header and weights as one safetensors file, with every bound checked before memory is taken.

A file is 8 bytes with the length of its JSON header, the header, and the tensors without
gaps. What the header promises is held against what the network needs and against the size
of the file; only then are the tensors read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from shoal import files
from shoal.data.wording import show
from shoal.errors import InputError, MissingFileError, ModelFileError
from shoal.models.document import DocumentError, one_line, read_document
from shoal.models.header import Header, NewerVersionError, read_header
from shoal.network import FloatArray, Layout, Parameters

KEY = "shoal"
"""The key of the metadata that holds the header."""
MAX_HEADER_BYTES = 16 * 2**20
"""The longest header of a file; a million seeds, or half a million scaled features."""
DTYPES: Mapping[str, str] = {"F32": "float32", "F64": "float64"}
"""The names of the precisions in files and in NumPy."""

_Path = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One tensor as it must stand in the file."""

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int


def write_model(
    path: _Path, header: Header, parameters: Parameters, *, force: bool = False
) -> None:
    """Write a model file, which appears whole or not at all.

    Raises:
        OutputExistsError: the file is there and `force` is false.
        InputError: it cannot be written, or its header would be too large.
    """
    target = files.check_output(path, force=force)
    files.write_bytes(target, to_bytes(str(target), header, parameters), force=force)


def to_bytes(source: str, header: Header, parameters: Parameters) -> bytes:
    """Return the bytes of a model file: the same for equal models.

    Raises:
        InputError: the header would be longer than a reader accepts.
    """
    flat = np.ascontiguousarray(parameters.flat)
    tensors = {
        place.name: np.ascontiguousarray(flat[:, place.start : place.stop]).reshape(place.shape)
        for place in _places(header, parameters.layout)
    }
    content = save(tensors, metadata={KEY: header.to_json()})
    n_header = int.from_bytes(content[:8], "little")
    try:
        if n_header > MAX_HEADER_BYTES:
            raise DocumentError(f"would have {n_header:,} bytes")
        # what is written can be read: the reader's own checks say so
        read_header(read_document(content[8 : 8 + n_header])["__metadata__"][KEY])
    except DocumentError as error:
        cure = "Save fewer networks: model[i].save(...)."
        told = f"is more than a model file can hold: its header {error}."
        raise InputError(f"{source}: {told} {cure}", code="M100") from None
    return content


def read_model(path: _Path) -> tuple[Header, Parameters]:
    """Read and check a model file.

    Raises:
        MissingFileError: there is no such file; near names are told.
        ModelFileError: it is damaged, hostile or not a shoal model.
    """
    source = os.fspath(path)
    try:
        with _open(source) as file:
            return _read(source, file)
    except FileNotFoundError:
        raise MissingFileError(source, _nearby(source)) from None
    except OSError as error:
        raise ModelFileError(
            source, f"cannot be read: {error.strerror or error}.", code="O105"
        ) from None
    except MemoryError:
        raise ModelFileError(source, "needs more memory than there is.", code="M104") from None


def _open(source: str) -> BinaryIO:
    try:
        # without O_NONBLOCK a pipe would wait for a writer before we see that it is one
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except ValueError as error:  # a zero byte, or half a character
        raise ModelFileError(show(source), f"is not a file name: {error}.", code="O108") from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        if stat.S_ISDIR(mode):
            raise ModelFileError(source, "is a folder.", "Name a file in it.", code="O106")
        raise ModelFileError(source, "is not a regular file.", code="O110")
    return os.fdopen(handle, "rb")


def _read(source: str, file: BinaryIO) -> tuple[Header, Parameters]:
    size = os.fstat(file.fileno()).st_size
    head = _read_head(source, file, size)
    declared = _document(source, "its header", head[8:])
    header = _shoal_header(source, declared.pop("__metadata__", None))
    n_inputs = header.network.n_inputs
    assert n_inputs is not None  # the header has checked it
    layout = header.network.layout(n_inputs)
    dtype = _check_tensors(source, declared, _places(header, layout))
    n_data = len(header.seeds) * layout.n_parameters * np.dtype(dtype).itemsize
    if size - len(head) != n_data:
        what = "cut off" if size - len(head) < n_data else "too long"
        told = f"is {what}: its tensors need {n_data:,} bytes; got {size - len(head):,}."
        raise ModelFileError(source, told, code="M102")
    content = head + file.read(n_data)
    return header, _parameters(source, content, header, layout, dtype)


def _read_head(source: str, file: BinaryIO, size: int) -> bytes:
    """Return the first 8 bytes and the header that they announce."""
    start = file.read(8)
    n_header = int.from_bytes(start, "little")
    if len(start) < 8 or n_header > MAX_HEADER_BYTES:
        raise ModelFileError(
            source, "is not a model file, or its beginning is damaged.", code="M101"
        )
    if n_header > size - 8:
        told = f"its header should have {n_header:,} bytes; got {max(size - 8, 0):,}."
        raise ModelFileError(source, f"is cut off, or not a model file: {told}", code="M101")
    return start + file.read(n_header)


def _document(source: str, what: str, text: bytes) -> dict[str, Any]:
    try:
        return read_document(text)
    except DocumentError as error:
        raise ModelFileError(
            source, f"is not a model file, or damaged: {what} {error}.", code="M101"
        ) from None


def _shoal_header(source: str, metadata: object) -> Header:
    if not isinstance(metadata, dict) or not isinstance(metadata.get(KEY), str):
        told = "is a file of tensors, but not a shoal model: it has no shoal header."
        raise ModelFileError(source, told, code="M102")
    if len(metadata) > 1:
        extra = next(key for key in metadata if key != KEY)
        raise ModelFileError(source, f"has metadata that is not ours, {show(extra)}.", code="M101")
    try:
        return read_header(metadata[KEY])
    except NewerVersionError as error:
        raise ModelFileError(
            source, f"was made by a newer shoal: {error}.", "Update it.", code="M103"
        ) from None
    except DocumentError as error:
        raise ModelFileError(
            source, f"is damaged: its shoal header {error}.", code="M102"
        ) from None


def _places(header: Header, layout: Layout) -> list[_Place]:
    """Return every tensor that the network asks for, and its numbers in the flat row."""
    p = len(header.seeds)
    places: list[_Place] = []
    for i, at in enumerate(layout.layers):
        shape = (p, at.n_inputs, at.n_outputs)
        places.append(_Place(name=f"weights.{i}", shape=shape, start=at.start, stop=at.bias_start))
        if at.has_bias:
            shape_b = (p, at.n_outputs)
            places.append(
                _Place(name=f"bias.{i}", shape=shape_b, start=at.bias_start, stop=at.stop)
            )
    return places


def _check_tensors(source: str, declared: dict[str, Any], places: list[_Place]) -> str:
    """Check names, shapes and precision of the tensors; return the precision for NumPy."""
    wanted = {place.name: place for place in places}
    foreign = next((name for name in declared if name not in wanted), None)
    if foreign is not None:
        raise ModelFileError(
            source, f"has a tensor that is not ours, {show(foreign)}.", code="M101"
        )
    dtypes = set()
    for name, place in wanted.items():
        if name not in declared:
            raise ModelFileError(
                source, f"is damaged: the tensor '{name}' is missing.", code="M102"
            )
        told = declared[name] if isinstance(declared[name], dict) else {}
        if told.get("shape") != list(place.shape):
            got = str(told.get("shape"))
            needs = f"the tensor '{name}' must have shape {place.shape}"
            raise ModelFileError(
                source, f"is damaged: {needs}; got {one_line(got, 40)}.", code="M102"
            )
        dtypes.add(str(told.get("dtype")))
    if len(dtypes) != 1 or not dtypes <= DTYPES.keys():
        got = ", ".join(show(dtype) for dtype in sorted(dtypes))
        raise ModelFileError(
            source, f"is damaged: its tensors must all be F32 or F64; got {got}.", code="M102"
        )
    return DTYPES[dtypes.pop()]


def _parameters(
    source: str, content: bytes, header: Header, layout: Layout, dtype: str
) -> Parameters:
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        told = one_line(str(error).strip().rstrip("."))
        raise ModelFileError(
            source, f"is damaged, says safetensors: {told}.", code="M102"
        ) from None
    flat: FloatArray = np.empty((len(header.seeds), layout.n_parameters), dtype=dtype)
    for place in _places(header, layout):
        tensor = tensors[place.name]
        if not np.isfinite(tensor).all():
            told = f"the tensor '{place.name}' holds NaN or infinity."
            raise ModelFileError(source, f"is damaged: {told}", code="M102")
        flat[:, place.start : place.stop] = tensor.reshape(len(flat), -1)
    parameters = Parameters.from_flat(layout, flat)
    if parameters.digest != header.digest:
        raise ModelFileError(
            source, "is damaged: its weights are not those that were saved.", code="M102"
        )
    return parameters


def _nearby(source: str) -> list[str]:
    try:
        return sorted(str(Path(source).with_name(f.name)) for f in Path(source).parent.iterdir())
    except (OSError, ValueError):
        return []
