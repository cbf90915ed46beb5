"""Text to tables: dialects, true lines, and every way a file can be malformed."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data.delimited import TextFormat, read_chunks, read_delimited
from shoal.data.separator import check_separator, guess_separator
from shoal.data.table import Table
from shoal.errors import DataError


def read(text: str | bytes, **options: str) -> Table:
    data = text if isinstance(text, bytes) else text.encode()
    return read_delimited(io.BytesIO(data), source="a.csv", form=TextFormat(**options))  # type: ignore[arg-type]


def message(text: str | bytes, **options: str) -> str:
    with pytest.raises(DataError) as caught:
        read(text, **options)
    return str(caught.value)


def lines(table: Table) -> list[int]:
    assert table.lines is not None
    return [int(line) for line in table.lines]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_line_ends(end: str, separator: str) -> None:
    text = end.join(["x1,x2,name", "1,2,a", "", '3,4,"b,c"', ""]).replace(",", separator)
    table = read(text)
    assert table.names == ("x1", "x2", "name")
    assert table.columns == (("1", "3"), ("2", "4"), ("a", f"b{separator}c"))
    assert lines(table) == [2, 4]


def test_the_separator_is_said_unless_it_is_a_comma() -> None:
    assert read("a;b\n1;2\n").notes == ("the values are separated by ';'",)
    assert read("a,b\n1,2\n").notes == ()


def test_line_breaks_in_quotes_keep_true_lines() -> None:
    table = read('a,b\n"1\n\n2",3\n4,"5\r\n6"\n7,8\n')
    assert table.columns == (("1\n\n2", "4", "7"), ("3", "5\r\n6", "8"))
    assert lines(table) == [2, 5, 7]


def test_a_single_column_of_decimal_commas() -> None:
    assert read("x\n1,5\n2,5\n", decimal=",").columns == (("1,5", "2,5"),)


def test_blanks_after_separators_do_not_hide_quotes() -> None:
    table = read('a, b, c\n1, "x, y", 2\n')
    assert table.names == ("a", "b", "c")
    assert table.columns == (("1",), ("x, y",), ("2",))


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb\n1,5\t2,5\n", "\t"),
        ('"a;x","b;y"\n1,2\n', ","),
        ('"a,x,z";b\n"1,2,3";2\n', ";"),
        ("a,b;c,d\n1,2,3\n4,5,6\n", ","),
        ("only\n1\n2\n", ","),
        ("a,b\n1\n1,2\n", ","),
    ],
)
def test_guess(text: str, separator: str) -> None:
    assert guess_separator(text.splitlines(keepends=True), whole=True) == separator


def test_named_separators() -> None:
    assert [check_separator(name) for name in ("tab", "\\t", "semicolon", "space", "#")] == list(
        "\t\t; #"
    )
    assert read("a b\n1 2\n", separator="space").columns == (("1",), ("2",))
    assert message("a,b\n", separator=",,") == (
        "a.csv: ',,' cannot be a separator. Give one character, such as ',' or ';', or 'tab'."
    )


ERRORS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "a.csv: is empty. A table starts with a line of column names."),
    "blank": ("\n\r\n\n", "a.csv: is empty. A table starts with a line of column names."),
    "mark only": (
        b"\xef\xbb\xbf",
        "a.csv: is empty. A table starts with a line of column names.",
    ),
    "no rows": (
        "a,b\n\n",
        "a.csv: has a header but no rows. Add rows below the column names.",
    ),
    "short": (
        "a,b,c\n1,2,3\n1,2\n",
        "a.csv, line 3: the row has 2 values; the header has 3 columns. "
        "Complete the row, or remove it; a cell may be empty.",
    ),
    "long": (
        "a,b\n1,2\n\n1,2,3\n",
        "a.csv, line 4: the row has 3 values; the header has 2 columns. "
        "Put quotes around values that contain the separator ','.",
    ),
    "twice": (
        "a,b,a\n1,2,3\n",
        "a.csv, line 1: columns 1 and 3 have the same name 'a'. "
        "Give every column a name of its own.",
    ),
    "unnamed": (
        "\n,a\n0,1\n",
        "a.csv, line 2: column 1 of 2 has no name. "
        "Name it, or remove it (pandas writes one unless index=False is given).",
    ),
    "open quote": (
        'a,b\n1,"x\ny","z\n2,3\n',
        "a.csv, line 3: the quote that opens on this line is never closed. "
        'Close it, or write a quote that belongs to a value as """".',
    ),
    "open quote after a doubled one": (
        'a,b\n1,2\n1,"x\ny""z\n2,3\n',
        "a.csv, line 3: the quote that opens on this line is never closed. "
        'Close it, or write a quote that belongs to a value as """".',
    ),
    "text after quote": (
        'a,b\n"x\ny"z,1\n',
        "a.csv, line 3: text follows a closing quote. "
        'Write a quote inside a quoted value twice: "".',
    ),
    "oversized": (
        "a,b\n1," + "x" * 140_000 + "\n",
        "a.csv, line 2: a value is longer than 131,072 characters. Is a closing quote missing?",
    ),
    "oversized by a lost quote": (
        'a,b\n1,2\n1,"x\n' + "1,2\n" * 40_000,
        "a.csv, line 3: a value is longer than 131,072 characters. Is a closing quote missing?",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    text, expected = ERRORS[name]
    assert message(text) == expected


def test_chunks_are_the_whole() -> None:
    text = "a,b\n" + "".join(f'{i},"{i}\n"\n' for i in range(25))
    whole = read(text)
    chunks = list(read_chunks(io.BytesIO(text.encode()), source="a.csv", rows=10))
    assert [c.n_rows for c in chunks] == [10, 10, 5]
    assert [c.first_row for c in chunks] == [0, 10, 20]
    assert np.concatenate([c.lines for c in chunks]).tolist() == lines(whole)
    joined = tuple(tuple(v for c in chunks for v in c.columns[i]) for i in range(2))  # type: ignore[union-attr]
    assert joined == whole.columns


def test_ragged_rows_can_be_skipped() -> None:
    (table,) = read_chunks(io.BytesIO(b"a,b\n1\n2,3\n4,5,6\n"), source="a.csv", on_error="skip")
    assert table.columns == (("2",), ("3",))
    assert lines(table) == [3]
    assert [(b.line, b.reason.split(";")[0]) for b in table.bad] == [
        (2, "the row has 1 value"),
        (4, "the row has 3 values"),
    ]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]))
WIDE = st.integers(2, 4).flatmap(lambda d: st.lists(st.tuples(*[CELL] * d), min_size=1, max_size=6))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@given(rows=WIDE)
def test_round_trip(encoding: str, separator: str, end: str, rows: list[tuple[str, ...]]) -> None:
    names = [f"名{i}" for i in range(len(rows[0]))]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([names, *rows])
    text = out.getvalue()
    table = read(text.encode(encoding), separator=separator)
    assert table.names == tuple(names)
    assert table.columns == tuple(zip(*rows, strict=True))
    starts = [1 + text[: text.index(end) + len(end)].count("\n")]
    assert lines(table)[0] == starts[0]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@given(
    rows=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=1)
)
def test_round_trip_recognises_the_separator(separator: str, rows: list[tuple[float, ...]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([["a", "b", "c"], *rows])
    table = read(out.getvalue())
    values = np.array([[float(c) for c in column] for column in table.columns])  # type: ignore[union-attr]
    np.testing.assert_array_equal(values.T, np.array(rows))
