"""The base of every document record: frozen, strict about keys, plain data there and back.

A record *is* the document: the same class validates TOML and JSON, is built by hand in
Python, and gives the JSON Schema, with the meaning of every key from the class's docstring.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Record(BaseModel):
    """A frozen pydantic model that refuses unknown keys, NaN and infinity."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        made = handler(schema)
        told = meanings(cls)
        for key, field in handler.resolve_ref_schema(made).get("properties", {}).items():
            if key in told:
                field.setdefault("description", told[key])
        return made


def meanings(record: type[BaseModel]) -> dict[str, str]:
    """Return what every field of a record means, in words.

    They stand in one of three places: the field's own ``description``, the ``Args`` or the
    ``Attributes`` of the class's docstring, or a text below the field; what a class does not
    say, its bases may. Sources are read for the last kind, so this is for schemas and pages,
    not for every start.

    Args:
        record: a class of records.

    Returns:
        meaning by field, in the fields' order; those without one are left out.

    Example:
        >>> class Step(Record):
        ...     '''One step.
        ...
        ...     Args:
        ...         length: how far it goes,
        ...             in metres.
        ...     '''
        ...
        ...     length: float
        >>> meanings(Step)
        {'length': 'how far it goes, in metres.'}
    """
    told: dict[str, str] = {}
    for each in reversed(record.__mro__):
        if issubclass(each, BaseModel) and each not in (BaseModel, Record):
            docstring = each.__dict__.get("__doc__") or ""
            told |= dict(_below_fields(each)) | attributes_of(docstring) | arguments_of(docstring)
    own = {name: field.description for name, field in record.model_fields.items()}
    found = {name: own[name] or told.get(name, "") for name in own}
    return {name: text for name, text in found.items() if text}


def arguments_of(docstring: str) -> dict[str, str]:
    """Return the arguments that a docstring tells, each with its text on one line.

    Example:
        >>> arguments_of("Do it.\\n\\nArgs:\\n    x, y: where.\\n    n: how often,\\n        or 1.")
        {'x': 'where.', 'y': 'where.', 'n': 'how often, or 1.'}
    """
    return _told(docstring, "Args")


def attributes_of(docstring: str) -> dict[str, str]:
    """Return the attributes that a docstring tells, each with its text on one line."""
    return _told(docstring, "Attributes")


def _told(docstring: str, section: str) -> dict[str, str]:
    import inspect

    told = rf"^{section}:\n((?:    .*\n?|\n)+)"
    found = re.search(told, inspect.cleandoc(docstring), re.M)
    entries = re.findall(r"^ {4}(\S[^:]*): (.*\n?(?: {5,}.*\n?)*)", found[1] if found else "", re.M)
    return {
        name.strip(): " ".join(text.split()) for names, text in entries for name in names.split(",")
    }


@functools.cache
def _below_fields(record: type[BaseModel]) -> Mapping[str, str]:
    """Return the texts that stand below fields in the class's source, where that is at hand."""
    import ast
    import inspect
    import textwrap

    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(record))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return {}  # made while the program runs, or by hand in a console
    lines = tree.body if isinstance(tree, ast.ClassDef) else []
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in itertools.pairwise(lines)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
