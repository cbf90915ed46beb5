"""HTML pages in one file that load nothing: elements with everything escaped, and a strict policy.

Text becomes markup only through `tag`, which escapes it; a page allows its own style and script
by their hashes and pictures that it holds itself, nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from typing import Any, Final

VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})
"""Elements without content."""


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | None | Iterable["Content"]
Value = str | int | float | bool | None


def tag(element: str, /, *content: Content, **attributes: Value) -> Markup:
    """Return an element; text in it and in its attributes is escaped.

    A trailing underscore of an attribute's name goes (``class_``), others become hyphens; None
    and False leave it out.

    Example:
        >>> tag("p", "a < b", class_="note")
        '<p class="note">a &lt; b</p>'
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if element in VOID:
        return Markup(f"<{element}{told}>")
    return Markup(f"<{element}{told}>{markup(content)}</{element}>")


def sentence(text: str) -> Markup:
    """Return a sentence escaped, whose numbers keep their per cent sign at the end of a line.

    Example:
        >>> sentence("right on 84.0 %")
        'right on 84.0&nbsp;%'
    """
    return Markup(markup(text).replace(" %", "&nbsp;%").replace("p &lt; ", "p&nbsp;&lt;&nbsp;"))


def markup(content: Content) -> Markup:
    """Return text escaped, markup as it is, and of several all after each other.

    Example:
        >>> markup(["<b>", tag("b", "x")])
        '&lt;b&gt;<b>x</b>'
    """
    if content is None:
        return Markup("")
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(html.escape(legible(content)))
    return Markup("".join(markup(each) for each in content))


def legible(text: str) -> str:
    """Return text with control characters, and those that turn its direction, written out.

    Example:
        >>> legible("a\\x00b\\u202ec"), legible("two\\nlines")
        ('a\\\\x00b\\\\u202ec', 'two\\nlines')
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text
    )


def _attribute(name: str, value: Value) -> str:
    key = name.removesuffix("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {key}"
    return f' {key}="{html.escape(legible(str(value)), quote=True)}"'


def data_uri(content: bytes, kind: str) -> str:
    """Return bytes as an address that holds them."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def data_block(name: str, document: Any) -> Markup:
    """Return a JSON document that a script of the page can read, by its id."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(f'<script type="application/json" id="{html.escape(name)}">{safe}</script>')


def page(
    title: str,
    body: Markup,
    *,
    style: str,
    script: str = "",
    scheme: str = "light dark",
    language: str = "en",
) -> bytes:
    """Return a whole page as UTF-8.

    Args:
        title: of the window.
        body: what stands in it.
        style: its style sheet.
        script: run when the body is there.
        scheme: "light dark", "light" or "dark".
        language: of its text.
    """
    allowed = _hash(script) if script else "'none'"
    policy = "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"style-src {_hash(style)}",
            f"script-src {allowed}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    head = [
        tag("meta", charset="utf-8"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content=scheme),
        tag("title", title),
        Markup(f"<style>{style}</style>"),
    ]
    run = [Markup(f"<script>{script}</script>")] if script else []
    whole = tag("html", tag("head", head), "\n", tag("body", body, run), lang=language)
    return f"<!doctype html>\n{whole}\n".encode()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


__all__ = ["Content", "Markup", "data_block", "data_uri", "legible", "markup", "page", "tag"]
