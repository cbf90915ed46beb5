"""A sweep as a tidy table: one row for each network, its cell's values beside its figures."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.errors import MissingExtraError

if TYPE_CHECKING:
    from shoal.experiments.sweep.swept import Swept


def tidy_columns(swept: Swept) -> dict[str, np.ndarray]:
    """Return the columns of the table: values of the swept keys by their key paths, then all
    columns with one entry for each network; digests as 16 hexadecimal digits.

    A key that is called like a column, as ``seed`` is, becomes ``sweep.seed``.
    """
    found = {
        f"sweep.{key}" if key in swept.columns else key: swept.values(key) for key in swept.keys
    }
    found |= {name: values for name, values in swept.columns.items() if values.ndim == 1}
    if "digest" in found:
        found["digest"] = np.array([f"{number:016x}" for number in found["digest"].tolist()])
    first = {name: found[name] for name in ("cell", "network") if name in found}
    return first | found


def csv_of(swept: Swept) -> bytes:
    """Return the table as CSV, in UTF-8; what is not known is an empty field."""
    columns = tidy_columns(swept)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    plain = [_plain(values) for values in columns.values()]
    writer.writerows(zip(*plain, strict=True))
    return text.getvalue().encode()


def _plain(values: np.ndarray) -> list[Any]:
    if values.dtype.kind == "f":
        return [repr(v) if np.isfinite(v) else "" for v in values.tolist()]
    if values.dtype.kind == "b":
        return ["true" if v else "false" for v in values.tolist()]
    return list(values.tolist())


def parquet_of(swept: Swept) -> bytes:
    """Return the table as Parquet; what is not known is null.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    pyarrow, parquet = arrow()
    columns = {
        name: pyarrow.array(values, mask=~np.isfinite(values) if values.dtype.kind == "f" else None)
        for name, values in tidy_columns(swept).items()
    }
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


def arrow() -> tuple[Any, Any]:
    """Return pyarrow and its module for Parquet.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("writing Parquet files", "pyarrow", "parquet") from None
    return pyarrow, parquet
