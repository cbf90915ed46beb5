"""Worked arithmetic as a LaTeX document: sums and derivatives in aligned formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from shoal.charts.worked_math import latex, latex_equation, latex_number, latex_text
from shoal.charts.worked_sheet import Block, Cell, Ledger, Section, sections
from shoal.network.worked import (
    Equation,
    Formula,
    Neg,
    Num,
    Prod,
    Sum,
    Trace,
    without_sign,
)

LONG: Final = 70
"""Letters of a formula beyond which it takes a line for each step."""
HEAD: Final = r"""\documentclass[10pt]{article}
\usepackage[margin=20mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{amsmath,booktabs}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\allowdisplaybreaks
\begin{document}
"""


def to_latex(trace: Trace, *, in_full: bool = False) -> str:
    """Return a trace as a LaTeX document, for pdflatex with amsmath and booktabs."""
    parts = [HEAD, f"\\section*{{{latex_text(trace.source.title)}}}\n"]
    parts += [f"{latex_text(note)}\n\n" for note in trace.source.notes]
    sums = _sums(trace)
    for section in sections(trace, in_full=in_full):
        parts += _section(section, sums)
    return "".join([*parts, "\\end{document}\n"])


def _sums(trace: Trace) -> dict[str, Equation]:
    """Return the weighted sums by their names, to stand below their tables."""
    found = [unit.z for layer in trace.layers for unit in layer.units]
    for layer in trace.backward.layers if trace.backward else ():
        found += [unit.dl_da for unit in layer.units if unit.terms and unit.dl_da]
    return {latex(each.name): each for each in found}


def _section(section: Section, sums: dict[str, Equation]) -> Iterator[str]:
    yield f"\\subsection*{{{latex_text(section.title)}}}\n"
    yield from (f"{latex_text(line)}\n\n" for line in section.lines)
    for block in section.blocks:
        yield from _block(block, sums)
        for inner in block.inner:
            yield from _block(inner, sums)


def _block(block: Block, sums: dict[str, Equation]) -> Iterator[str]:
    if block.title:
        yield f"\\paragraph{{{latex_text(block.title)}}}\n"
    yield from (f"{latex_text(line)}\n\n" for line in block.lines)
    yield from _equations(block.before)
    for ledger in block.ledgers:
        yield from _ledger(ledger, sums)
    yield from _equations(block.after)
    for ledger in block.below:
        yield from _ledger(ledger, sums)


def _ledger(ledger: Ledger, sums: dict[str, Equation]) -> Iterator[str]:
    if ledger.total is not None:
        name, _ = ledger.total
        made = sums.get(latex(name))
        if made is not None:
            yield from _equations([made])
            return
    columns = "l" + "r" * (len(ledger.head) - 1)
    yield f"\\begin{{center}}\\begin{{tabular}}{{{columns}}}\n\\toprule\n"
    yield " & ".join(latex_text(each) for each in ledger.head) + " \\\\\n\\midrule\n"
    for row in ledger.rows:
        yield " & ".join(_cell(each) for each in row) + " \\\\\n"
    yield "\\bottomrule\n\\end{tabular}\\end{center}\n"


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"${latex_number(cell)}$" if isinstance(cell, float) else latex_text(cell)


def _equations(equations: Sequence[Equation]) -> Iterator[str]:
    if not equations:
        return
    lines = [line for each in equations for line in _lines(each)]
    yield "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"
    for each in equations:
        if each.note:
            yield f"{{\\small ${latex(each.name)}$: {latex_text(each.note)}}}\n\n"


def _lines(equation: Equation) -> Iterator[str]:
    """Yield an equation on one line, or a step on each where it is long."""
    whole = latex_equation(equation)
    name = latex(equation.name)
    if len(whole) <= LONG:
        yield name + " &= " + whole.removeprefix(f"{name} = ")
        return
    steps = [each for each in (equation.formula, equation.numbers) if each is not None]
    for place, step in enumerate(steps):
        lead = f"{name} &= " if place == 0 else "&= "
        told = list(_broken(step))
        yield lead + told[0]
        yield from (f"&\\quad {part}" for part in told[1:])
    if not isinstance(equation.numbers, Num):
        yield f"&= {latex_number(equation.value)}"


def _broken(step: Formula) -> Iterator[str]:
    """Yield a long sum a few terms at a time, each line beginning with its sign."""
    whole = latex(step)
    if not isinstance(step, Sum) or len(whole) <= LONG:
        yield whole
        return
    line = ""
    for place, term in enumerate(step.terms):
        is_minus, bare = without_sign(term)
        told = latex(Prod((bare,))) if isinstance(bare, Sum | Neg) else latex(bare)
        sign = "-" if is_minus else "+" if place else ""
        part = f"{sign} {told}".strip()
        if line and len(line) + len(part) > LONG:
            yield line
            line = part
        else:
            line = f"{line} {part}".strip()
    yield line


__all__ = ["to_latex"]
