"""The part of the documentation that is made of the code: its reference, gallery and pictures."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from shoaldocs import (
    commands,
    gallery,
    keys,
    mathml,
    names,
    references,
    registries,
    rst,
    sources,
)

INDEX = """\
Reference
=========

Everything here is made of the code at build time, so it says what the code does.

.. toctree::
   :maxdepth: 1

   names/index
   commands/index
   keys
   registries/index
"""


def reference_pages() -> dict[str, str]:
    """Return every page of the reference by its path."""
    made: dict[str, str] = {"index": INDEX}
    for part in (names, commands, keys, registries):
        made |= part.pages()
    return made


def write_pages(app: Any) -> None:
    """Write the reference beside the pages, where it is not kept."""
    folder = Path(app.srcdir) / "reference"
    made = {folder / f"{path}.rst": text for path, text in reference_pages().items()}
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
    for old in set(folder.rglob("*.rst")) - made.keys():
        old.unlink()


def setup(app: Any) -> dict[str, Any]:
    """Add what the pages need to Sphinx."""
    app.add_role("shoalname", references.name_role)
    app.add_role("source", sources.source_role)
    app.add_object_type("key", "key", "pair: %s; key", objname="key")
    app.add_object_type("member", "member", "pair: %s; member", objname="member")
    app.add_html_math_renderer("mathml", (mathml.inline, None), (mathml.block, None))
    app.connect("builder-inited", write_pages)
    app.connect("builder-inited", gallery.draw)
    app.connect("source-read", gallery.with_pictures)
    app.connect("html-collect-pages", sources.source_pages)
    app.connect("doctree-read", references.claim)
    app.connect("missing-reference", references.resolve, 400)
    return {
        "version": "1",
        "env_version": own_version(),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }


def own_version() -> int:
    """Return a number that changes with this extension: pages are then read again."""
    sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return zlib.crc32(sources)


__all__ = ["reference_pages", "rst", "setup"]
