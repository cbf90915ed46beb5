"""Formulas as MathML, which browsers draw themselves: nothing is loaded for it."""

from __future__ import annotations

from typing import Any

from docutils import nodes


def inline(translator: Any, node: nodes.Element) -> None:
    """Write a formula in a line."""
    translator.body.append(written(node.astext(), "inline"))
    raise nodes.SkipNode


def block(translator: Any, node: nodes.Element) -> None:
    """Write a formula on a line of its own."""
    translator.body.append(f'<div class="formula">{written(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def written(latex: str, display: str) -> str:
    """Return LaTeX as MathML."""
    from latex2mathml.converter import convert

    return str(convert(latex.strip(), display=display))
