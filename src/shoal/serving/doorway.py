"""The two pages of the gate itself: the one that lets in, and the one that says how to come in.

Both are complete in one answer, under a policy of their own that allows their style and their
script by hash: whoever is not let in gets no other file.
"""

from __future__ import annotations

import base64
import hashlib
import html
from typing import Any, Final

from shoal.serving.access import Access
from shoal.serving.refusals import Answer, Headers, RequestError

HOP: Final = 'location.replace((location.search ? "/" : "/?") + location.hash)'
"""Goes on to the page and keeps the fragment, which no server sees.

A redirect would still count as the link of the other page that led here, and a browser leaves
a cookie with SameSite=Strict out of it; a page that goes to itself does not. The address must
differ from the one before, or else only the fragment would be looked at.
"""
STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif;
  color: light-dark(#1c2430, #e6e9ee); background: light-dark(#f4f5f7, #12151a) }
main { max-width: 32rem; margin: 16vh auto 2rem; padding: 2rem 2.25rem; border-radius: 12px;
  background: light-dark(#fff, #1a1e25); border: 1px solid light-dark(#dfe2e7, #2c323c) }
h1 { font-size: 1.35rem; font-weight: 600; margin: 0 0 1rem }
p { margin: 0.75rem 0 0; color: light-dark(#4a5361, #aeb6c2) }
p:first-of-type { color: inherit }
code { font: 0.95em ui-monospace, monospace; padding: 0.15em 0.45em; border-radius: 5px;
  color: light-dark(#1c2430, #e6e9ee); background: light-dark(#edeff2, #262c36) }
a { color: inherit }
body { margin: 0; padding: 0 1rem }
"""


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


POLICY: Final = (
    f"default-src 'none'; script-src {_hash(HOP)}; style-src {_hash(STYLE)}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
).encode()
"""Of these two pages; every other answer has that of `shoal.serving.gate.SECURITY`."""


class Doorway:
    """What stands before a page that a cookie opens.

    Args:
        title: of the page.
        how: paragraphs of HTML that say how to open it.
    """

    def __init__(self, title: str, how: tuple[str, ...]) -> None:
        self._title = html.escape(title)
        self._how = how

    def let_in(self, cookie: tuple[bytes, bytes]) -> Answer:
        """Return the page that brings a cookie and goes on to the real one."""
        more = '<p><a href="/">Go on to the page</a></p>'
        return self._answer(200, (more,), (cookie,), hops=True)

    def refuse(self, scope: Any, error: RequestError) -> Answer:
        """Return the page for somebody who asks for it without its cookie.

        One who came by a link on another page may have the cookie, which a browser keeps back
        then: the page asks once more by itself, and that tells.
        """
        sites = [value for name, value in scope["headers"] if name == b"sec-fetch-site"]
        came_by_link = sites in ([b"cross-site"], [b"same-site"])
        return self._answer(error.status, self._how, error.headers, hops=came_by_link)

    def _answer(
        self, status: int, paragraphs: tuple[str, ...], headers: Headers, *, hops: bool
    ) -> Answer:
        script = f"<script>{HOP}</script>" if hops else ""
        text = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{self._title}</title>'
            f'<meta name="viewport" content="width=device-width">{script}<style>{STYLE}</style>'
            f"<main><h1>{self._title}</h1>{''.join(paragraphs)}</main></html>"
        )
        kind = b"text/html; charset=utf-8"
        return Answer(status=status, kind=kind, body=text.encode(), headers=headers)


def is_refused_page(access: Access, scope: Any, error: RequestError | None) -> bool:
    """Return whether a refusal is for a person who only lacks the cookie."""
    return error is not None and error.status == 401 and access.is_page(scope)
