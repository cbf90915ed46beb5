"""Worked arithmetic in the terminal: aligned numbers, legible in 80 columns and without colours."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from shoal.charts.html import legible
from shoal.charts.worked_sheet import Block, Cell, Ledger, Section, sections, told
from shoal.network.worked import (
    PRINTED,
    Equation,
    Num,
    Trace,
    name_text,
    text,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDTH: Final = 80
GAP: Final = "  "
LEAST_NAME: Final = 10
"""Cells of a name, however wide the numbers are."""
QUIET, STRONG, HEAD = "dim", "bold", "bold cyan"


def to_text(trace: Trace, *, width: int = WIDTH, in_full: bool = False) -> str:
    """Return a trace as text without colours."""
    from rich.console import Console

    stream = io.StringIO()
    console = Console(
        file=stream, width=width, no_color=True, highlight=False, markup=False, emoji=False,
        soft_wrap=True, force_terminal=False, legacy_windows=False,
    )  # fmt: skip
    print_trace(trace, console, in_full=in_full, width=width)
    return stream.getvalue()


def print_trace(
    trace: Trace, console: Console, *, in_full: bool = False, width: int | None = None
) -> None:
    """Print a trace; a terminal that is wider than 100 columns is not filled."""
    columns = min(width or console.width, 100)
    for line in _lines(trace, columns, in_full):
        console.print(line)


def _lines(trace: Trace, width: int, in_full: bool) -> Iterator[Text]:
    yield from _sentence(trace.source.title, width, STRONG)
    part = f"a {trace.source.part} row, " if trace.source.part else ""
    yield from _sentence(f"{part}worked in {trace.dtype}", width, QUIET)
    for note in trace.source.notes:
        yield from _sentence(note, width, "")
    for section in sections(trace, in_full=in_full):
        yield from _section(section, width)


def _section(section: Section, width: int) -> Iterator[Text]:
    yield _styled("")
    rule = "─" * max(0, width - len(section.title) - 4)
    yield _styled(("── ", QUIET), (section.title, HEAD), (f" {rule}", QUIET))
    for line in section.lines:
        yield from _sentence(line, width, QUIET)
    for block in section.blocks:
        yield from _block(block, width)
        for inner in block.inner:
            yield from _block(inner, width)


def _block(block: Block, width: int) -> Iterator[Text]:
    yield _styled("")
    if block.title:
        yield from _sentence(block.title, width, STRONG)
    for line in block.lines:
        yield from _sentence(line, width, QUIET, GAP)
    yield from (line for each in block.before for line in _equation(each, width))
    yield from (line for ledger in block.ledgers for line in _ledger(ledger, width))
    yield from (line for each in block.after for line in _equation(each, width))
    yield from (line for ledger in block.below for line in _ledger(ledger, width))


def _equation(equation: Equation, width: int) -> Iterator[Text]:
    """Yield ``name = letters = numbers = value``, broken at signs where it is too long."""
    name = name_text(equation.name)
    parts = [text(each, PRINTED) for each in (equation.formula, equation.numbers) if each]
    is_given = isinstance(equation.numbers, Num) or equation.numbers is None
    if equation.numbers is None:
        parts.append(told(equation.value))
    if not is_given:
        parts.append(told(equation.value))
    whole = f"{name} = {' = '.join(parts)}"
    if len(GAP) + len(whole) <= width:
        *others, last = parts
        start = f"{GAP}{name} = " + "".join(f"{each} = " for each in others)
        yield _styled(start, (last, STRONG))
    else:
        indent = GAP + " " * len(name)
        for place, part in enumerate(parts):
            lead = f"{GAP}{name} = " if place == 0 else f"{indent} = "
            style = STRONG if place == len(parts) - 1 else ""
            yield from _broken(part, lead, " " * len(lead), width, style)
    if equation.note:
        yield from _sentence(equation.note, width, QUIET, GAP + " " * (len(name) + 3))


def _broken(part: str, lead: str, indent: str, width: int, style: str) -> Iterator[Text]:
    """Yield a formula on as many lines as it takes, each beginning with a sign."""
    words, line = part.split(" "), ""
    for word in words:
        if line and len(lead) + len(line) + 1 + len(word) > width:
            yield _styled(lead, (line, style))
            lead, line = indent, word
        else:
            line = f"{line} {word}" if line else word
    yield _styled(lead, (line, style))


def _ledger(ledger: Ledger, width: int) -> Iterator[Text]:
    columns = len(ledger.head)
    cells = [[_cell(cell) for cell in row] for row in ledger.rows]
    every = [list(ledger.head), *cells]
    if ledger.total is not None:
        name, value = ledger.total
        every.append([*([""] * (columns - 2)), f"{name_text(name)} =", told(value)])
    sizes = [max(_length(row[k]) for row in every) for k in range(columns)]
    sizes[0] = min(sizes[0], max(LEAST_NAME, width - len(GAP) * columns - sum(sizes[1:])))
    for line in _row(ledger.head, sizes, width):
        yield _styled(line, style=QUIET)
    for row in cells:
        yield from (_styled(line) for line in _row(row, sizes, width))
    if ledger.total is not None:
        yield from (_styled(line, style=STRONG) for line in _row(every[-1], sizes, width))


def _row(cells: Sequence[str], sizes: Sequence[int], width: int) -> Iterator[str]:
    """Yield a row on one line, or on a second where numbers of 17 digits do not fit."""
    parts = [_fitted(cells[0], sizes[0])]
    parts += [
        " " * (size - _length(cell)) + cell for cell, size in zip(cells[1:], sizes[1:], strict=True)
    ]
    line, widest = GAP + parts[0], 0
    for part, size in zip(parts[1:], sizes[1:], strict=True):
        if _length(line) + len(GAP) + size > width:
            yield line.rstrip()
            widest, line = max(widest, _length(line)), ""
        line += GAP + part
    yield (" " * max(0, widest - _length(line)) + line).rstrip()


def _fitted(name: str, size: int) -> str:
    if _length(name) > size:
        while _length(name) > size - 1:
            name = name[:-1]
        name += "…"
    return name + " " * (size - _length(name))


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    return told(cell) if isinstance(cell, float) else legible(cell)


def _length(cell: str) -> int:
    from rich.cells import cell_len

    return cell_len(cell)


def _sentence(words: str, width: int, style: str, indent: str = "") -> Iterator[Text]:
    import textwrap

    wrapped = textwrap.wrap(
        legible(words), width, initial_indent=indent, subsequent_indent=indent,
        break_on_hyphens=False,
    )  # fmt: skip
    for line in wrapped or [""]:
        yield _styled(line, style=style)


def _styled(*parts: str | tuple[str, str], style: str = "") -> Text:
    from rich.text import Text

    return Text.assemble(*parts, style=style, no_wrap=True, overflow="ignore")


__all__ = ["print_trace", "to_text"]
