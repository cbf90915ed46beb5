"""Data frames of any library and Parquet files to `Table`, through narwhals.

Numbers stay numbers, everything that writes as text becomes text; values that are neither
(lists, structures, bytes) are an error only if their column is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from shoal.data.dataset import FloatArray
from shoal.data.table import RawColumn, Table, Unreadable, check_names
from shoal.errors import ArgumentError, DataError, MissingExtraError

if TYPE_CHECKING:
    import narwhals as nw

PARQUET_MAGIC = b"PAR1"


def from_frame(frame: Any, *, source: str = "data frame", first_row: int = 0) -> Table:
    """Read a data frame (pandas, polars, pyarrow, or another that narwhals takes).

    Args:
        frame: the frame; a lazy one is collected.
        source: what to call it in messages.
        first_row: rows that came before, if it is a part of something.

    Raises:
        ArgumentError: it is not a data frame.
        DataError: it has no columns or rows, or columns without a name of their own.
    """
    eager = _eager(frame, source)
    names = tuple(str(name) for name in eager.columns)
    if not names:
        raise DataError("has no columns.", source=source, code="D101")
    check_names(names, source=source)
    if not len(eager):
        raise DataError("has columns but no rows.", source=source, code="D109")
    columns = tuple(_column(series) for series in eager.iter_columns())
    return Table(
        names=names, columns=columns, n_rows=len(eager), source=source, first_row=first_row
    )


def read_parquet(file: BinaryIO, *, source: str) -> Table:
    """Read a whole Parquet file.

    Raises:
        MissingExtraError: pyarrow is not installed.
        DataError: the file is damaged, or as for `from_frame`.
    """
    (table,) = read_parquet_chunks(file, source=source, rows=None)
    return table


def read_parquet_chunks(
    file: BinaryIO, *, source: str, rows: int | None = 50_000
) -> Iterator[Table]:
    """Read a Parquet file in chunks of at most `rows` rows; None: all in one.

    Args:
        file: a file that can be moved about in.
        source: its name as given, for messages.
        rows: rows of a chunk.

    Raises:
        MissingExtraError: pyarrow is not installed.
        DataError: the file is damaged, or as for `from_frame`.
    """
    n_before = 0
    for part in _arrow_parts(file, source, rows):
        table = from_frame(part, source=source, first_row=n_before)
        yield table
        n_before += table.n_rows


def _arrow_parts(file: BinaryIO, source: str, rows: int | None) -> Iterator[Any]:
    try:
        import pyarrow  # type: ignore[import-untyped, unused-ignore]
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError("reading Parquet files", "pyarrow", "parquet") from error
    try:
        opened = parquet.ParquetFile(file)
        if rows is None or not opened.metadata.num_rows:
            yield opened.read()
            return
        for batch in opened.iter_batches(batch_size=rows):
            yield pyarrow.Table.from_batches([batch])
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        reason = f"cannot be read as Parquet: {told[0].rstrip('.')}."
        raise DataError(
            reason, source=source, cure="Is the file damaged or cut off?", code="D118"
        ) from None


def _eager(frame: Any, source: str) -> nw.DataFrame[Any]:
    import narwhals as nw

    try:
        wrapped = nw.from_native(frame)
    except TypeError:
        raise ArgumentError(
            "load_frame",
            "frame",
            "must be a data frame of pandas, polars, pyarrow or another that narwhals takes",
            got=f"{type(frame).__module__}.{type(frame).__qualname__}",
            code="A101",
        ) from None
    except ValueError as error:
        first = str(error).strip().splitlines()[0].rstrip(".,: ")
        raise DataError(
            f"cannot be used: {first}.",
            source=source,
            cure="Give every column its own name.",
            code="D110",
        ) from None
    return wrapped.collect() if isinstance(wrapped, nw.LazyFrame) else wrapped


def _column(series: nw.Series[Any]) -> RawColumn | Unreadable:
    import narwhals as nw

    if series.dtype.is_numeric():
        return _numbers(series)
    if series.dtype == nw.Boolean:
        return tuple("" if v is None else str(v).lower() for v in _values(series))
    writes_as_text = (nw.String, nw.Categorical, nw.Enum, nw.Date, nw.Datetime, nw.Time)
    if any(series.dtype == kind for kind in (*writes_as_text, nw.Duration)):
        return tuple("" if v is None else str(v) for v in _values(series))
    if series.dtype in (nw.Object, nw.Unknown):
        return _objects(_values(series))
    return Unreadable(what=f"of type {series.dtype}")


def _numbers(series: nw.Series[Any]) -> FloatArray:
    import narwhals as nw

    try:
        values = series.cast(nw.Float64).fill_null(float("nan")).to_numpy()
        return np.array(values, dtype=np.float64)
    except ValueError:  # pyarrow refuses whole numbers that float64 must round
        return np.array([np.nan if v is None else float(v) for v in _values(series)])


def _values(series: nw.Series[Any]) -> list[Any]:
    """Return the values with None for every gap, whatever the library calls it."""
    gaps = series.is_null().to_list()
    return [None if gap else v for gap, v in zip(gaps, series.to_list(), strict=True)]


def _objects(values: list[Any]) -> RawColumn | Unreadable:
    cells = []
    for value in values:
        if value is None:
            cells.append("")
        elif isinstance(value, bool | np.bool_):
            cells.append(str(value).lower())
        elif isinstance(value, str) or _is_scalar(value):
            cells.append(str(value))
        else:
            return Unreadable(what=f"of type {type(value).__name__}")
    return tuple(cells)


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, bytes | dict | set | complex) and np.ndim(value) == 0
