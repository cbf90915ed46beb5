"""Data frames and Parquet files to tables and datasets."""

from __future__ import annotations

import builtins
import datetime as dt
import decimal
import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shoal.data.file_recipe import load_frame
from shoal.data.frames import from_frame, read_parquet, read_parquet_chunks
from shoal.data.opening import tables_of
from shoal.errors import ArgumentError, DataError, MissingExtraError

COLUMNS: dict[str, list[Any]] = {
    "身長": [1.5, 2.5, None, 4.5],
    "count": [1, 2, 3, 4],
    "is_wet": [True, False, True, None],
    "colour": ["red", "blue", None, "red"],
}


@pytest.mark.parametrize("make", [pd.DataFrame, pa.table], ids=["pandas", "pyarrow"])
def test_columns_of_a_frame(make: Any) -> None:
    table = from_frame(make(COLUMNS))
    assert table.names == ("身長", "count", "is_wet", "colour")
    assert table.n_rows == 4
    np.testing.assert_array_equal(table.column("身長"), [1.5, 2.5, np.nan, 4.5])
    np.testing.assert_array_equal(table.column("count"), [1.0, 2.0, 3.0, 4.0])
    assert table.column("is_wet") == ("true", "false", "true", "")
    assert table.column("colour") == ("red", "blue", "", "red")
    assert table.lines is None


def test_types_of_pandas() -> None:
    frame = pd.DataFrame(
        {
            "int": pd.array([1, None], dtype="Int64"),
            "boolean": pd.array([True, None], dtype="boolean"),
            "category": pd.Categorical(["a", None]),
            "object": pd.Series([1.5, "x"], dtype=object),
            "date": [pd.Timestamp("2020-01-02"), pd.NaT],
            "decimal": [decimal.Decimal("1.5"), None],
            7: [1, 2],
        }
    )
    table = from_frame(frame)
    np.testing.assert_array_equal(table.column("int"), [1.0, np.nan])
    assert table.column("boolean") == ("true", "")
    assert table.column("category") == ("a", "")
    assert table.column("object") == ("1.5", "x")
    assert table.column("date") == ("2020-01-02 00:00:00", "")
    assert table.column("decimal") == ("1.5", "")
    np.testing.assert_array_equal(table.column("7"), [1.0, 2.0])


def test_types_of_pyarrow() -> None:
    table = from_frame(
        pa.table(
            {
                "date": [dt.date(2020, 1, 2)],
                "decimal": [decimal.Decimal("1.50")],
                "dictionary": pa.array(["a"]).dictionary_encode(),
                "nothing": pa.nulls(1, pa.float64()),
            }
        )
    )
    assert table.column("date") == ("2020-01-02",)
    np.testing.assert_array_equal(table.column("decimal"), [1.5])
    assert table.column("dictionary") == ("a",)
    np.testing.assert_array_equal(table.column("nothing"), [np.nan])


def test_whole_numbers_beyond_float64_are_rounded() -> None:
    table = from_frame(pa.table({"x": pa.array([1, 2**60 + 1, None])}))
    np.testing.assert_array_equal(table.column("x"), [1.0, 2.0**60, np.nan])


def test_complex_numbers_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        from_frame(pd.DataFrame({"x": [1 + 2j]})).column("x")
    assert str(caught.value) == (
        "data frame, column 'x': its values are of type complex, neither text nor numbers. "
        "Leave it out: --drop x."
    )


def test_values_that_are_no_values_matter_only_if_used() -> None:
    frame = pa.table({"a": [1.0, 2.0], "b": [[1], [2]], "y": ["u", "v"]})
    assert load_frame(frame, target="y", features=["a"]).n_rows == 2
    with pytest.raises(DataError) as caught:
        load_frame(frame, target="y")
    assert str(caught.value) == (
        "data frame, column 'b': its values are of type List(Int64), neither text nor numbers. "
        "Leave it out: --drop b."
    )


def test_rows_are_named_by_number() -> None:
    frame = pd.DataFrame({"a": [1.0, float("inf")], "y": ["u", "v"]})
    with pytest.raises(DataError) as caught:
        load_frame(frame, target="y", source="people")
    assert str(caught.value) == (
        "people, row 2, column 'a': 'inf' is not a finite number. "
        "Correct it, or leave the column out: --drop a."
    )


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            pd.DataFrame(),
            "data frame: has no columns."
            " Look at the names in the first line of the table, or rename the column.",
        ),
        (
            pd.DataFrame({"a": []}),
            "data frame: has columns but no rows. Add rows below the column names.",
        ),
        (
            pd.DataFrame([[1, 2]], columns=["a", ""]),
            "data frame: column 2 of 2 has no name. "
            "Name it, or remove it (pandas writes one unless index=False is given).",
        ),
        (
            pd.DataFrame([[1, 2]], columns=[1, "1"]),
            "data frame: columns 1 and 2 have the same name '1'. "
            "Give every column a name of its own.",
        ),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "data frame: cannot be used: Expected unique column names, got. "
            "Give every column its own name.",
        ),
    ],
)
def test_errors(frame: Any, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        from_frame(frame)
    assert str(caught.value) == expected


def test_not_a_frame() -> None:
    with pytest.raises(ArgumentError) as caught:
        from_frame([[1, 2]])
    assert str(caught.value) == (
        "load_frame: `frame` must be a data frame of pandas, polars, pyarrow or another that "
        "narwhals takes; got builtins.list."
        " Give a value of that kind."
    )


class Pipe(io.BytesIO):
    """A stream that cannot be moved about in."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise io.UnsupportedOperation


def parquet_bytes() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({**COLUMNS, "y": [1, 2, 3, 4]}), out)
    return out.getvalue()


def test_parquet() -> None:
    table = read_parquet(io.BytesIO(parquet_bytes()), source="a.parquet")
    assert table.names == ("身長", "count", "is_wet", "colour", "y")
    assert table.column("colour") == ("red", "blue", "", "red")


def test_parquet_in_chunks_and_from_a_pipe() -> None:
    chunks = list(read_parquet_chunks(io.BytesIO(parquet_bytes()), source="a.parquet", rows=3))
    assert [(c.n_rows, c.first_row) for c in chunks] == [(3, 0), (1, 3)]
    assert chunks[1].place(0) == {"source": "a.parquet, row 4", "line": None}
    for stream in (io.BytesIO(parquet_bytes()), Pipe(parquet_bytes())):
        (table,) = tables_of(stream, "standard input")
        assert table.n_rows == 4


def test_a_damaged_parquet_file() -> None:
    with pytest.raises(DataError) as caught:
        read_parquet(io.BytesIO(parquet_bytes()[:-9]), source="a.parquet")
    assert str(caught.value).startswith("a.parquet: cannot be read as Parquet: ")
    assert str(caught.value).endswith(". Is the file damaged or cut off?")


def test_parquet_needs_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtraError) as caught:
        read_parquet(io.BytesIO(b"PAR1"), source="a.parquet")
    assert str(caught.value) == (
        "reading Parquet files needs the pyarrow package: pip install 'shoal[parquet]'."
    )
