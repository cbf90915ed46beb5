"""References in docstrings: a name in backticks links to its entry, if it has one."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx import addnodes


def name_role(
    role: str, rawtext: str, text: str, lineno: int, inliner: Any, *_: Any
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Write a name as code; it becomes a link where a public name is called so."""
    code = nodes.literal(rawtext, text, classes=["name"])
    target = text.strip("()").removeprefix("shoal.")
    made = addnodes.pending_xref(
        rawtext, code, refdomain="", reftype="shoalname", reftarget=target, refexplicit=False
    )
    made["refdoc"] = inliner.document.settings.env.docname
    return [made], []


def claim(app: Any, doctree: Any) -> None:
    """Take over the references that signatures and fields of docstrings make.

    They name types by their last parts, of which there may be several: see `resolve`.
    """
    for node in doctree.findall(addnodes.pending_xref):
        written = node.get("reftype") in ("mod", "obj") and node["reftarget"].startswith("shoal.")
        if node.get("refdomain") == "py" and not written:
            node["refdomain"], node["reftype"] = "", "shoalname"


def resolve(app: Any, env: Any, node: Any, content: nodes.Node) -> nodes.Node | None:
    """Return a link to a public name, or the plain text where it is none of ours.

    Of several that are called so, the one on the same page counts. What is written as a link
    and is wrong stays wrong, and the build says so.
    """
    if node["reftype"] != "shoalname":
        return None
    objects = env.domains["py"].objects
    target = node["reftarget"].strip(".~")
    known = names_of(env)
    found = known.get(target) or known.get(target.rsplit(".", 1)[-1]) or []
    beside = [full for full in found if objects[full].docname == node["refdoc"]]
    chosen = beside if len(found) > 1 else found
    if len(chosen) != 1:
        return content
    entry = objects[chosen[0]]
    place = app.builder.get_relative_uri(node["refdoc"], entry.docname)
    return nodes.reference(
        "", "", content, internal=True, refuri=f"{place}#{entry.node_id}", reftitle=chosen[0]
    )


def names_of(env: Any) -> dict[str, list[str]]:
    """Return the public names by what they may be called: alone, or behind their class."""
    kept = getattr(env, "shoal_names", None)
    if kept is not None and kept[0] == len(env.domains["py"].objects):
        return kept[1]
    known: dict[str, list[str]] = {}
    for full, entry in env.domains["py"].objects.items():
        parts = full.split(".")
        if entry.objtype in ("class", "function", "exception", "data"):
            known.setdefault(parts[-1], []).append(full)
        elif entry.objtype in ("method", "property"):
            known.setdefault(".".join(parts[-2:]), []).append(full)
    env.shoal_names = (len(env.domains["py"].objects), known)
    return known
