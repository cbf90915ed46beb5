"""The pages of highlighted source, and the role ``:source:`path#line``` that links to a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes

ROOT = Path(__file__).parents[3]


def source_role(
    role: str, rawtext: str, text: str, lineno: int, inliner: Any, *_: Any
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Link to a line of a source file: ``:source:`src/shoal/streams.py#12```."""
    path, _, line = text.partition("#")
    env = inliner.document.settings.env
    wanted = env.metadata.setdefault(env.docname, {})
    wanted["sources"] = " ".join(sorted({*wanted.get("sources", "").split(), path}))
    up = "../" * env.docname.count("/")
    anchor = f"#line-{line}" if line and line != "0" else ""
    said = f"{path}, line {line}" if anchor else path
    link = nodes.reference(rawtext, said, refuri=f"{up}sources/{path}.html{anchor}", internal=True)
    link["classes"].append("source-line")
    return [link], []


def source_pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for every source file that a page links to."""
    wanted = {
        path for told in app.env.metadata.values() for path in str(told.get("sources", "")).split()
    }
    for path in sorted(wanted):
        text = (ROOT / path).read_text("utf-8")
        yield f"sources/{path}", {"title": path, "body": page(app, path, text)}, "page.html"


def page(app: Any, path: str, text: str) -> str:
    """Return a source file as HTML, an anchor before every line."""
    highlighted = app.builder.highlighter.highlight_block(text, "python", linenos=False)
    before, start, rest = highlighted.partition("<pre>")
    code, end, after = rest.rpartition("</pre>")
    lines = code.removeprefix("<span></span>").rstrip("\n").split("\n")
    numbered = (
        f'<span class="source-row" id="line-{number}">'
        f'<a class="number" href="#line-{number}">{number}</a>{line}</span>'
        for number, line in enumerate(lines, 1)
    )
    return f"<h1>{path}</h1>{before}{start}" + "\n".join(numbered) + f"\n{end}{after}"
