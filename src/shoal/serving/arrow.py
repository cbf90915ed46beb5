"""Arrow streams of a stranger to rows, and answers as Arrow; pyarrow loads on first use.

A stream can say that a few bytes are billions of cells: compressed buffers, views and
dictionaries of long texts are refused, and offsets are checked before anything follows them.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from shoal.data.dataset import Feature
from shoal.data.frames import from_frame
from shoal.data.table import RawColumn, Table, Unreadable
from shoal.data.wording import show
from shoal.serving.refusals import RequestError
from shoal.serving.rows import MAX_NAMES, Asked, check_n_rows

ARROW_TYPE: Final = b"application/vnd.apache.arrow.stream"
LONGEST_NAME: Final = 10_000
"""Bytes of the longest category that a column may hold."""
_RECORD_BATCH, _DICTIONARY_BATCH = 3, 2


def of_arrow(wanted: Sequence[Feature], body: bytes, *, max_rows: int) -> Asked:
    """Return the rows of an Arrow stream.

    Args:
        wanted: the columns that are needed.
        body: the whole stream.
        max_rows: more are refused.

    Raises:
        RequestError: pyarrow is not there, or the stream is damaged, compressed or too long.
    """
    arrow = _pyarrow()
    try:
        _refuse_compressed(arrow, body)
        with arrow.ipc.open_stream(io.BytesIO(body)) as reader:
            frame = _taken(arrow, reader, wanted, max_rows)
        frame.validate(full=True)
    except (arrow.ArrowException, OSError, ValueError, struct.error, IndexError) as error:
        if isinstance(error, RequestError):
            raise
        told = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        raise RequestError(400, f"the body is no Arrow stream: {told[:200]}.") from None
    check_n_rows(frame.num_rows, max_rows)
    read = frame.select([column.name for column in wanted if column.name in frame.column_names])
    columns: dict[str, RawColumn | Unreadable] = {
        name: Unreadable(what="not needed") for name in frame.column_names[:MAX_NAMES]
    }
    if read.num_columns:
        _check_types(arrow, read)
        table = from_frame(read, source="")
        columns |= dict(zip(table.names, table.columns, strict=True))
    lines = np.arange(1, frame.num_rows + 1)
    whole = Table(
        names=tuple(columns), columns=tuple(columns.values()), n_rows=frame.num_rows, lines=lines
    )
    return Asked(table=whole)


def to_arrow(columns: Mapping[str, Sequence[Any]]) -> bytes:
    """Return columns as an Arrow stream.

    Raises:
        RequestError: pyarrow is not there.
    """
    arrow = _pyarrow()
    table = arrow.table(dict(columns))
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _pyarrow() -> Any:
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.ipc
    except ImportError:
        told = "Arrow needs pyarrow where the models are served: pip install 'shoal[parquet]'."
        raise RequestError(415, f"{told} Send JSON or CSV.") from None
    return pyarrow


def _taken(arrow: Any, reader: Any, wanted: Sequence[Feature], max_rows: int) -> Any:
    """Return the stream as a table; one row too many ends the reading."""
    names = reader.schema.names
    for column in wanted:
        if names.count(column.name) > 1:
            told = f"column {show(column.name)}: is there twice. Send it once."
            raise RequestError(422, told, column=column.name)
    batches, n_rows = [], 0
    for batch in reader:
        batches.append(batch)
        n_rows += batch.num_rows
        check_n_rows(max(n_rows, 1), max_rows)
    return arrow.Table.from_batches(batches, reader.schema)


def _check_types(arrow: Any, frame: Any) -> None:
    """Refuse columns that could be much larger in memory than in the stream."""
    kinds = arrow.types
    for name, column in zip(frame.column_names, frame.columns, strict=True):
        kind = column.type
        if kinds.is_dictionary(kind):
            values = [chunk.dictionary for chunk in column.chunks]
            kind = kind.value_type
        else:
            values = column.chunks
        text = kinds.is_string(kind) or kinds.is_large_string(kind)
        number = kinds.is_integer(kind) or kinds.is_floating(kind)
        if not (text or number or kinds.is_boolean(kind) or kinds.is_null(kind)):
            told = f"column {show(name)}: values of type {kind} are neither text nor numbers."
            raise RequestError(422, told, column=name)
        if text and any(_longest(arrow, texts) > LONGEST_NAME for texts in values):
            told = f"column {show(name)}: a text is longer than {LONGEST_NAME:,} bytes."
            raise RequestError(422, told, column=name)


def _longest(arrow: Any, texts: Any) -> int:
    return arrow.compute.max(arrow.compute.binary_length(texts)).as_py() or 0


def _refuse_compressed(arrow: Any, body: bytes) -> None:
    """Refuse compressed buffers by what each message says before any of it is unpacked."""
    stream = arrow.py_buffer(body)
    for message in arrow.ipc.MessageReader.open_stream(stream):
        if _is_compressed(message.metadata.to_pybytes()):
            told = "the Arrow stream is compressed. Send it without compression."
            raise RequestError(415, told)


def _is_compressed(metadata: bytes) -> bool:
    """Read from a message's metadata, a flatbuffer, whether its batch names a compression.

    Source:
        Apache Arrow, format/Message.fbs: Message has version, header_type, header, bodyLength;
        RecordBatch length, nodes, buffers, compression; DictionaryBatch id, data, isDelta.
    """
    message = _int(metadata, 0)
    kind_at, header_at = _field(metadata, message, 1), _field(metadata, message, 2)
    kind = metadata[kind_at] if kind_at else 0
    if kind not in (_RECORD_BATCH, _DICTIONARY_BATCH) or not header_at:
        return False
    batch = header_at + _int(metadata, header_at)
    if kind == _DICTIONARY_BATCH:
        data_at = _field(metadata, batch, 1)
        if not data_at:
            return False
        batch = data_at + _int(metadata, data_at)
    return _field(metadata, batch, 3) != 0


def _field(metadata: bytes, table: int, number: int) -> int:
    """Return where a field of a flatbuffer's table stands, 0 if it is not there."""
    vtable = table - _int(metadata, table)
    (size,) = struct.unpack_from("<H", metadata, vtable)
    slot = 4 + 2 * number
    if slot + 2 > size:
        return 0
    (offset,) = struct.unpack_from("<H", metadata, vtable + slot)
    return table + int(offset) if offset else 0


def _int(metadata: bytes, place: int) -> int:
    if not 0 <= place <= len(metadata) - 4:
        raise ValueError("its metadata points outside of itself")
    return int(struct.unpack_from("<i", metadata, place)[0])
