"""The files of the page: a table that is read once, by name; nothing else is served."""

from __future__ import annotations

import functools
import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from shoal.errors import InputError
from shoal.serving.refusals import Answer, Headers

BUILT: Final = Path(__file__).parents[1] / "static"
"""Where the page is built to."""
OWN: Final = Path(__file__).parent
NEEDED: Final = ("page.js", "lab.js", "lab.css")
KINDS: Final = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.(js|css)")
_ACCEPTED: Final = re.compile(rb"(?:^|[\s,])gzip(?:\s*;\s*q=(?P<q>[0-9.]+))?\s*(?:,|$)")


class Asset:
    """A file of the page as it is sent.

    Args:
        kind: its media type.
        content: its bytes.
    """

    def __init__(self, kind: bytes, content: bytes) -> None:
        self.kind = kind
        self.content = content

    @functools.cached_property
    def compressed(self) -> bytes:
        """The bytes in gzip; made once, when they are first asked for."""
        return gzip.compress(self.content, 9, mtime=0)

    def answer(self, scope: Any) -> Answer:
        """Return the answer to a request, in gzip if it may be."""
        varies: Headers = ((b"vary", b"accept-encoding"),)
        if not _takes_gzip(scope):
            return Answer(kind=self.kind, body=self.content, headers=varies)
        headers = ((b"content-encoding", b"gzip"), *varies)
        return Answer(kind=self.kind, body=self.compressed, headers=headers)


def read_assets(built: Path = BUILT) -> Mapping[str, Asset]:
    """Return every file of the page by the address that it has.

    Args:
        built: the folder that the page was built to.

    Raises:
        InputError: it was not built.
    """
    files = {"/": OWN / "page.html", "/icon.svg": OWN / "icon.svg"}
    if built.is_dir():
        files |= {f"/{path.name}": path for path in sorted(built.iterdir())
                  if _NAME.fullmatch(path.name) and path.is_file()}  # fmt: skip
    for name in NEEDED:
        if f"/{name}" not in files:
            raise InputError(
                f"the lab's page is not built: {name} is missing. Run: make page", code="L104"
            )
    return {
        address: Asset(KINDS[path.suffix], path.read_bytes()) for address, path in files.items()
    }


def _takes_gzip(scope: Any) -> bool:
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            found = _ACCEPTED.search(value)
            return found is not None and (found["q"] is None or float(found["q"] or 0) > 0)
    return False
