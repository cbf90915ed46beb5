r"""Text tables (CSV and its kin) to `Table`, whole or in chunks of rows.

The standard library's parser does the cutting, strictly; this module keeps the true line
of every row and turns each fault into a sentence that says where it is.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import itertools
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Literal

import numpy as np

from shoal.data.decode import decode_blocks
from shoal.data.separator import check_separator, guess_separator
from shoal.data.table import BadRow, Decimal, Table, check_names
from shoal.data.wording import count, show
from shoal.errors import DataError

OnError = Literal["stop", "skip"]

SAMPLE_LINES = 100
SAMPLE_CHARACTERS = 1 << 16
LONGEST_LINE = 1 << 26


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TextFormat:
    """How a text table is written.

    Attributes:
        encoding: a text encoding of Python; None: byte-order mark, else UTF-8.
        separator: one character or its name; None: recognised from header and rows.
        decimal: the decimal mark of numbers.
    """

    encoding: str | None = None
    separator: str | None = None
    decimal: Decimal = "."


def read_delimited(
    stream: BinaryIO, *, source: str, form: TextFormat | None = None, head: bytes = b""
) -> Table:
    """Read a whole text table.

    Args:
        stream: the file's bytes.
        source: its name as given, for messages.
        form: encoding, separator and decimal mark.
        head: bytes that were already taken from the stream.

    Raises:
        DataError: the file is empty, has no rows, is ragged, or is not a text table.
    """
    (table,) = read_chunks(stream, source=source, form=form, head=head, rows=None)
    return table


def read_chunks(
    stream: BinaryIO,
    *,
    source: str,
    form: TextFormat | None = None,
    head: bytes = b"",
    rows: int | None = 50_000,
    on_error: OnError = "stop",
) -> Iterator[Table]:
    """Read a text table in chunks of at most `rows` rows, in constant memory.

    Args:
        stream: the file's bytes.
        source: its name as given, for messages.
        form: encoding, separator and decimal mark.
        head: bytes that were already taken from the stream.
        rows: rows of a chunk; None: all in one.
        on_error: what to do about a ragged row: ``"skip"`` puts it into `Table.bad`.

    Returns:
        At least one table, each with the header's names.

    Raises:
        DataError: the file is empty, has no rows, is ragged, or is not a text table.
    """
    form = form or TextFormat()
    if form.separator is not None:
        check_separator(form.separator, source=source)
    lines = _lines(decode_blocks(stream, source=source, encoding=form.encoding, head=head), source)
    sample, lines, whole = _sample(lines)
    fallback = ";" if form.decimal == "," else ","
    guessed = guess_separator(sample, whole=whole, fallback=fallback)
    separator = check_separator(form.separator or guessed)
    records = _records(lines, separator, source)
    names = _header(records, source)
    settled = dataclasses.replace(form, separator=separator)
    yield from _tables(records, names, source, settled, rows=rows, on_error=on_error)


def _lines(blocks: Iterable[str], source: str) -> Iterator[str]:
    r"""Cut blocks of text into lines, ends kept; ``\n``, ``\r\n`` and ``\r`` end a line."""
    carry: list[str] = []
    held = ""
    number = 1
    for block in blocks:
        text = held + block
        held = "\r" if text.endswith("\r") else ""  # its "\n" may come with the next block
        for line in io.StringIO(text.removesuffix("\r"), newline=""):
            if line[-1] in "\r\n":
                yield "".join((*carry, line)) if carry else line
                carry.clear()
                number += 1
            else:
                carry.append(line)
        if sum(map(len, carry)) > LONGEST_LINE:
            reason = f"the line is longer than {LONGEST_LINE:,} characters."
            raise DataError(
                reason, source=source, line=number, cure="Is this a text table?", code="D107"
            )
    if carry or held:
        yield "".join((*carry, held))


def _sample(lines: Iterator[str]) -> tuple[list[str], Iterator[str], bool]:
    """Return the first lines, all lines again, and whether the first are all."""
    sample: list[str] = []
    size = 0
    for line in lines:
        sample.append(line)
        size += len(line)
        if len(sample) >= SAMPLE_LINES or size >= SAMPLE_CHARACTERS:
            return sample, itertools.chain(sample, lines), False
    return sample, iter(sample), True


def _records(lines: Iterator[str], separator: str, source: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every row that is not blank with the line where it starts."""
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for line in lines:
            taken.append(line)
            yield line

    reader = csv.reader(
        noted(), delimiter=separator, strict=True, skipinitialspace=separator != " "
    )
    start = 1
    while True:
        taken.clear()
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise _syntax_error(str(error), taken, start, separator, source) from None
        if row is None:
            return
        if row:
            yield start, row
        start = reader.line_num + 1


def _syntax_error(
    reason: str, taken: list[str], start: int, separator: str, source: str
) -> DataError:
    opened = start + _open_quote(taken, separator)
    if "unexpected end of data" in reason:
        return DataError(
            "the quote that opens on this line is never closed.",
            source=source,
            line=opened,
            cure='Close it, or write a quote that belongs to a value as """".',
            code="D104",
        )
    if "field larger" in reason:
        limit = f"{csv.field_size_limit():,}"
        cure = "Is a closing quote missing?"
        return DataError(
            f"a value is longer than {limit} characters.",
            source=source,
            line=opened,
            cure=cure,
            code="D108",
        )
    if "expected after" in reason:
        return DataError(
            "text follows a closing quote.",
            source=source,
            line=start + len(taken) - 1,
            cure='Write a quote inside a quoted value twice: "".',
            code="D108",
        )
    return DataError(f"cannot be read: {reason}.", source=source, line=start, code="D108")


def _open_quote(taken: list[str], separator: str) -> int:
    """Return on which of a record's lines the value starts that is still open at its end."""
    state, opened = "start", 0
    for number, line in enumerate(taken):
        for character in line:
            if state == "start":
                opened = number
            state = _next_state(state, character, separator)
    return opened


def _next_state(state: str, character: str, separator: str) -> str:
    if state == "quoted":
        return "after" if character == '"' else "quoted"
    if character == separator or (state == "start" and character == " "):
        return "start"
    if character == '"' and state != "plain":
        return "quoted"
    return "plain"


def _header(records: Iterator[tuple[int, list[str]]], source: str) -> tuple[str, ...]:
    found = next(records, None)
    if found is None:
        cure = "A table starts with a line of column names."
        raise DataError("is empty.", source=source, cure=cure, code="D109")
    line, cells = found
    names = tuple(cell.strip() for cell in cells)
    check_names(names, source=source, line=line)
    return names


def _tables(
    records: Iterator[tuple[int, list[str]]],
    names: tuple[str, ...],
    source: str,
    form: TextFormat,
    *,
    rows: int | None,
    on_error: OnError,
) -> Iterator[Table]:
    separator = form.separator or ","
    notes = () if separator == "," else (f"the values are separated by {show(separator)}",)
    n_before = 0
    while True:
        chunk = records if rows is None else itertools.islice(records, rows)
        cells, starts, bad = _gather(chunk, len(names), separator, source, on_error)
        if not starts and not bad:
            break
        yield Table(
            names=names,
            columns=tuple(zip(*cells, strict=True)) if cells else ((),) * len(names),
            n_rows=len(starts),
            lines=np.array(starts, dtype=np.int64),
            source=source,
            decimal=form.decimal,
            first_row=n_before,
            bad=bad,
            notes=notes,
        )
        n_before += len(starts) + len(bad)
    if not n_before:
        raise DataError(
            "has a header but no rows.",
            source=source,
            cure="Add rows below the column names.",
            code="D109",
        )


def _gather(
    records: Iterable[tuple[int, list[str]]],
    n_columns: int,
    separator: str,
    source: str,
    on_error: OnError,
) -> tuple[list[list[str]], list[int], tuple[BadRow, ...]]:
    cells: list[list[str]] = []
    starts: list[int] = []
    bad: list[BadRow] = []
    for start, row in records:
        if len(row) == n_columns:
            cells.append(row)
            starts.append(start)
            continue
        found = count(len(row), "value")
        reason = f"the row has {found}; the header has {count(n_columns, 'column')}."
        cure = f"Put quotes around values that contain the separator {show(separator)}."
        if len(row) < n_columns:
            cure = "Complete the row, or remove it; a cell may be empty."
        error = DataError(reason, source=source, line=start, cure=cure, code="D108")
        if on_error == "stop":
            raise error
        bad.append(BadRow(row=-1, line=start, reason=f"{reason} {cure}"))
    return cells, starts, tuple(bad)
