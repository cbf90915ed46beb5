"""What a command prints with ``--json``: its documents as tables, from their JSON Schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shoaldocs import rst

SHORT = {
    "integer": "whole number", "boolean": "true, false", "object": "object", "array": "list",
    "string": "text", "null": "null", "number": "number",
}  # fmt: skip
FEW = 8
"""Names that are all listed; of more, only that it is a text is told."""
Row = tuple[str, str, str]


def section(name: str) -> str:
    """Return what a command prints, below a title of its own."""
    from shoal.cli.documents import DOCUMENTS
    from shoal.cli.documents.assembling import schema_of

    document, schema = DOCUMENTS[name], schema_of(name)
    parts = [rst.title("JSON", "-"), rst.code(document.example)]
    parts.append("A document a line: see :doc:`/json`.\n" if document.lines else "")
    for each in schema.get("anyOf", [schema]):
        parts.append(f"{rst.prose(sentence(each.get('description', '')))}\n")
        rows = list(members(each, schema.get("$defs", {})))
        if rows:
            parts.append(rst.listing(("member", "is", "meaning"), rows, "35 20 45"))
    return "\n".join(part for part in parts if part)


def members(schema: dict[str, Any], defs: dict[str, Any], path: str = "") -> Iterator[Row]:
    """Yield a row for every member below a schema: its path, what it is, what it means."""
    from shoal.cli.documents.parts import FIGURE

    schema = found(schema, defs)
    if schema.get("type") == "array":
        yield from members(schema.get("items", {}), defs, f"{path}[]")
    each = schema.get("additionalProperties")
    if isinstance(each, dict) and "properties" not in schema:
        yield from members(each, defs, f"{path}{{}}")
    for name, member in schema.get("patternProperties", {}).items():
        if "properties" in schema:
            shown = "FIGURE" if name == FIGURE else f"{name.strip('^$')}..."
            yield row(f"{path}.{shown}?".lstrip("."), member, defs)
        else:
            yield from members(member, defs, f"{path}{{}}")
    for name, member in schema.get("properties", {}).items():
        here = f"{path}.{name}".lstrip(".")
        yield row(here if name in schema.get("required", ()) else f"{here}?", member, defs)
        if not is_experiment(member):
            for inner in choices(member):
                yield from members(inner, defs, here)


def row(path: str, schema: dict[str, Any], defs: dict[str, Any]) -> Row:
    """Return the row of a member."""
    from shoal.cli.documents.parts import as_json

    kinds = [kind(each, defs) for each in choices(schema)]
    meaning = as_json(str(schema.get("description", "")))
    return (
        rst.literal(path), " or ".join(dict.fromkeys(kinds)), rst.prose(" ".join(meaning.split()))
    )  # fmt: skip


def kind(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    """Return in words what a value is.

    Example:
        >>> kind({"type": ["number", "null"]}, {}), kind({"enum": ["mean", "sum"]}, {})
        ('number or null', '``mean``, ``sum``')
    """
    if is_experiment(schema):
        return ":doc:`experiment </reference/keys>`"
    schema = found(schema, defs)
    if "enum" in schema:
        few = len(schema["enum"]) <= FEW
        return ", ".join(rst.literal(name) for name in schema["enum"]) if few else "text"
    if "const" in schema:
        return rst.literal(schema["const"])
    known = schema.get("type", "anything")
    known = known if isinstance(known, list) else [known]
    return " or ".join(SHORT.get(str(each), str(each)) for each in known)


def is_experiment(schema: dict[str, Any]) -> bool:
    """Return whether it is the experiment's own schema, which has a page of its own."""
    return str(schema.get("$ref", "")).endswith("/Experiment")


def choices(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas that a value may have."""
    return list(schema.get("anyOf", [schema]))


def found(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """Return a schema, looked up where it is a reference."""
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    return defs[name] if name else schema


def sentence(told: str) -> str:
    """Return what is told as a sentence."""
    told = " ".join(told.split())
    told = told[:1].upper() + told[1:]
    return told if not told or told.endswith(".") else f"{told}."
