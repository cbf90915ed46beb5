"""Markdown of lessons as HTML that loads nothing, formulas as MathML, programs in colour.

What is written there is ours, so it is no hostile text; still nothing in it can run, since a page
allows no script but its own.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Any, Final

from shoal.charts.html import Markup, tag
from shoal.errors import InternalError, MissingExtraError

NAMES: Final = r"<mi>(?:log|ln|exp|sin|cos|tan|tanh|max|min)</mi>"
"""Names of functions in MathML, which stand apart from what is before and after them."""
AROUND: Final = re.compile(rf"(?<=</mi>)(?={NAMES})|(?<=</mn>)(?={NAMES})|({NAMES})(?=<m[inf])")
SPACE: Final = '<mspace width="0.17em" />'
LEFT: Final = re.compile(r"<mi>&</mi>|<mi>\\")
"""What stands in MathML where a command of LaTeX was not understood."""


def prose_html(markdown: str) -> Markup:
    """Return Markdown as HTML, formulas between dollar signs as MathML.

    Example:
        >>> prose_html("the *loss*").strip()
        '<p>the <em>loss</em></p>'
    """
    return Markup(_parser().render(markdown))


def formula(latex: str, *, is_block: bool = False) -> str:
    """Return a formula as MathML.

    Args:
        latex: as it stands between dollar signs.
        is_block: whether it has lines of its own.

    Raises:
        InternalError: it has commands that MathML is not made of here.
        MissingExtraError: what draws formulas is not installed.

    Example:
        >>> "<msup>" in formula("x^2")
        True
    """
    try:
        from latex2mathml.converter import convert
    except ImportError:
        raise MissingExtraError("a page of a lesson", "latex2mathml", "lessons") from None

    # what stands between double dollar signs for KaTeX is the outer one for this converter
    text = html.unescape(latex).replace("{aligned}", "{align}")
    made = convert(text, display="block" if is_block else "inline")
    if LEFT.search(made):
        raise InternalError(f"the formula {latex} has commands that pages do not know.")
    return AROUND.sub(lambda found: (found[1] or "") + SPACE, made)


def coloured(text: str, language: str) -> Markup:
    """Return a program as the inside of ``<code>``, its parts marked where Pygments is there."""
    try:
        from pygments import highlight  # type: ignore[import-untyped]
        from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
        from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
        from pygments.util import ClassNotFound  # type: ignore[import-untyped]
    except ImportError:
        return Markup(html.escape(text))
    try:
        lexer = get_lexer_by_name({"sh": "bash"}.get(language, language), stripnl=False)
    except ClassNotFound:
        return Markup(html.escape(text))
    return Markup(highlight(text, lexer, HtmlFormatter(nowrap=True)).rstrip("\n"))


def program_html(text: str, language: str) -> Markup:
    """Return lines of a program, in colour."""
    inside = tag("code", coloured(text.strip("\n"), language))
    return tag("pre", inside, class_="sl-program", tabindex="0")


@lru_cache(maxsize=1)
def _parser() -> Any:
    try:
        from markdown_it import MarkdownIt
        from mdit_py_plugins.admon import admon_plugin
        from mdit_py_plugins.dollarmath import dollarmath_plugin
    except ImportError as error:
        package = {"markdown_it": "markdown-it-py"}.get(str(error.name), "mdit-py-plugins")
        raise MissingExtraError("a page of a lesson", package, "lessons") from None

    parser = MarkdownIt("commonmark", {"html": False, "typographer": False})
    parser.enable("table").use(admon_plugin)
    parser.use(dollarmath_plugin, renderer=_drawn, allow_space=False, double_inline=True)
    parser.add_render_rule("fence", _fence)
    parser.core.ruler.push("shoal", _without_styles)
    return parser


def _drawn(latex: str, how: dict[str, Any]) -> str:
    return formula(latex, is_block=bool(how.get("display_mode")))


def _fence(parser: Any, tokens: Any, at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    return program_html(token.content, token.info.strip() or "text")


def _without_styles(state: Any) -> None:
    """Turn alignment into a class: a page allows no style on an element."""
    for token in state.tokens:
        style = token.attrGet("style")
        if style:
            token.attrs.pop("style")
            if "right" in style:
                token.attrJoin("class", "sl-number")


__all__ = ["coloured", "formula", "program_html", "prose_html"]
