"""Whatever the bytes are: a table, a dataset, or an error of ours; nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shoal.data.cells import parse_number, read_cells
from shoal.data.delimited import TextFormat, read_chunks, read_delimited
from shoal.data.encode import encode_rows
from shoal.data.file_recipe import FileData, load_file
from shoal.data.opening import tables_of
from shoal.data.table import Table
from shoal.errors import InputError, ShoalError

ENCODINGS = st.sampled_from(
    [None, "utf-8", "utf-16", "cp932", "cp949", "iso2022_jp", "utf-7", "hz"]
)
CHARACTERS = st.sampled_from([*',;\t"\r\n .-+0123456789eE_naAb?\0', "あ", "가", "\ufeff", "\u2028"])
TABLES = st.text(CHARACTERS, max_size=200).map(str.encode)
BYTES = st.binary(max_size=300) | TABLES | st.binary(max_size=50).map(lambda b: b"a,b\n1," + b)


@settings(max_examples=400)
@given(data=BYTES, encoding=ENCODINGS, separator=st.none() | st.characters())
def test_any_bytes_are_a_table_or_our_error(
    data: bytes, encoding: str | None, separator: str | None
) -> None:
    form = TextFormat(encoding=encoding, separator=separator)
    try:
        table = read_delimited(io.BytesIO(data), source="a.csv", form=form)
    except ShoalError:
        return
    assert isinstance(table, Table)
    assert table.n_rows >= 1
    assert all(len(column) == table.n_rows for column in table.columns)  # type: ignore[arg-type]


@settings(max_examples=200)
@given(data=BYTES, rows=st.integers(1, 4))
def test_chunks_agree_with_the_whole(data: bytes, rows: int) -> None:
    def attempt(size: int | None) -> list[object] | str:
        try:
            chunks = list(read_chunks(io.BytesIO(data), source="a.csv", rows=size))
        except InputError as error:
            return str(error)
        return [cell for c in chunks for row in zip(*c.columns, strict=True) for cell in row]

    assert attempt(rows) == attempt(None)


ROWS = st.lists(
    st.lists(st.sampled_from(["1", "2", "0.5", "x", "y", "", "NA", "inf", "true", "1,5", "é"])),
    max_size=30,
)


@settings(max_examples=300)
@given(
    rows=ROWS,
    recipe=st.fixed_dictionaries(
        {
            "missing": st.sampled_from(["error", "drop", "mean"]),
            "kind": st.sampled_from([None, "classification", "regression"]),
            "decimal": st.sampled_from([".", ","]),
        }
    ),
)
def test_any_table_is_a_dataset_or_our_error(
    rows: list[list[str]], recipe: dict[str, object]
) -> None:
    text = "a;b;c\n" + "".join(";".join((row * 3)[:3]) + "\n" for row in rows)
    data = FileData.model_validate({"file": "-", "target": "c", "separator": ";", **recipe})
    try:
        dataset = load_file(data, Path(), io.BytesIO(text.encode()))
    except ShoalError:
        return
    assert dataset.x.shape == (dataset.n_rows, len(dataset.schema.feature_names))
    assert dataset.y.shape == (dataset.n_rows, dataset.schema.n_outputs)
    assert np.isfinite(dataset.y).all()
    if recipe["missing"] == "mean":
        return
    assert np.isfinite(dataset.x).all()
    (table,) = tables_of(io.BytesIO(text.encode()), "a.csv", form=data.form, rows=None)
    encoded = encode_rows(dataset.schema, table, on_error="skip")
    assert table.lines is not None
    assert dataset.lines is not None
    kept = np.isin(table.lines[encoded.rows], dataset.lines)
    assert int(kept.sum()) == dataset.n_rows


@given(cells=st.lists(st.text(max_size=8) | st.floats().map(repr) | st.integers().map(str)))
def test_the_fast_path_reads_what_the_careful_one_does(cells: list[str]) -> None:
    fast = read_cells(tuple(cells))
    for cell, value in zip(cells, fast.values.tolist(), strict=True):
        number = parse_number(cell)
        expected = np.nan if number is None or not np.isfinite(number) else number
        np.testing.assert_equal(value, expected)
