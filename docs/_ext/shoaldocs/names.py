"""The pages of the public names: one for each public module."""

from __future__ import annotations

import importlib
import inspect
import textwrap
from typing import Any

import shoal
from shoaldocs import rst
from shoaldocs.public import (
    MODULES,
    Entry,
    entries,
    members_of,
    missing_parameters,
    signature_of,
)


def pages() -> dict[str, str]:
    """Return the pages by their path."""
    found = entries()
    made = {f"names/{module}": module_page(module, found[module]) for module in MODULES}
    return {"names/index": overview(found), **made}


def overview(found: dict[str, list[Entry]]) -> str:
    """Return the page of the names at the top: a table, and the few that live there alone."""
    by_name = {each.name: each for page in found.values() for each in page}
    rows = []
    for name in sorted(shoal.__all__, key=str.lower):
        value = getattr(shoal, name)
        if inspect.ismodule(value):
            rows.append((f":py:mod:`shoal.{name}`", line_of(value.__doc__)))
        elif f"shoal.{name}" in by_name:
            told = line_of(by_name[f"shoal.{name}"].told)
            rows.append((f":py:obj:`shoal.{name}`", told))
    version = rst.directive("py:data", "shoal.__version__", "The version, as text.")
    parts = [
        rst.title("Names"),
        f"{line_of(shoal.__doc__)}\n",
        "Everything below is a name of ``shoal``; each is loaded on first use.",
        "A name's page says its arguments, shapes, units and errors, and where it is written.\n",
        rst.toctree(MODULES, hidden=True),
        rst.directive("py:module", "shoal") + rst.directive("py:currentmodule", "None"),
        rst.listing(("name", "what it is"), rows),
        version,
        *(entry_text(each) for each in found[""]),
    ]
    return "\n".join(parts)


def module_page(module: str, listed: list[Entry]) -> str:
    """Return the page of a public module."""
    found = importlib.import_module(f"shoal.{module}")
    name = f"shoal.{module}"
    listed = sorted(listed, key=order)
    rows = [(f":py:obj:`~{each.name}`", line_of(each.told)) for each in listed]
    parts = [
        rst.title(name),
        rst.directive("py:module", name) + rst.directive("py:currentmodule", "None"),
        rst.docstring(found.__doc__) + "\n",
        rst.listing(("name", "what it is"), rows) if rows else "",
        *(entry_text(each) for each in listed),
    ]
    return "\n".join(parts)


def order(each: Entry) -> tuple[int, str]:
    """Return the place of a name on its page: classes, functions, constants, by the alphabet."""
    kind = 0 if each.is_class else 1 if each.is_function else 2
    return kind, each.name.rpartition(".")[2].lower()


def line_of(told: str | None) -> str:
    """Return the first line of a docstring, fit for a cell of a table."""
    return rst.first_line(told).replace("|", "\\|").removesuffix("::").strip() or "..."


def entry_text(each: Entry) -> str:
    """Return a name with everything that is known of it."""
    if each.is_class:
        return class_text(each)
    body = rst.docstring(each.told) + "\n\n" + defined(each)
    if each.is_function:
        return rst.directive("py:function", each.name + signature_of(each.value), body)
    return rst.directive("py:data", each.name, body)


def class_text(each: Entry) -> str:
    """Return a class: its docstring, then its methods and properties."""
    kind = "py:exception" if issubclass(each.value, BaseException) else "py:class"
    told = rst.docstring(each.told) + "\n\n" + missing_parameters(each.value)
    parts = [told, defined(each)]
    for name, member, how in members_of(each.value):
        parts.append(member_text(f"{each.name}.{name}", member, how))
    return rst.directive(kind, each.name + signature_of(each.value), "\n\n".join(parts))


def member_text(name: str, member: Any, kind: str) -> str:
    """Return a method or a property of a class."""
    options = []
    function = getattr(member, "__func__", member)
    if isinstance(member, classmethod):
        options.append(":classmethod:")
    if isinstance(member, staticmethod):
        options.append(":staticmethod:")
    text = rst.docstring(inspect.getdoc(function))
    if kind == "property":
        return rst.directive("py:property", name, text, options)
    return rst.directive("py:method", name + signature_of(function), text, options)


def defined(each: Entry) -> str:
    """Return where a name is written, as a link to the line."""
    path = "src/" + each.home.replace(".", "/")
    module = importlib.import_module(each.home)
    path += "/__init__.py" if hasattr(module, "__path__") else ".py"
    return textwrap.dedent(f":Written in: :source:`{path}#{each.line}`\n")
