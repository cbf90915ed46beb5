"""Which names are public, where each is at home, and how its entry reads."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

import shoal
from shoal.records import Record, arguments_of, meanings
from shoaldocs import rst

SOURCES = Path(shoal.__file__).parent
MODULES = (
    "experiments", "experiments.sweep", "experiments.comparison", "experiments.doctor",
    "experiments.search", "experiments.programs", "network", "training", "data", "tasks",
    "models", "exports", "exports.importing", "charts", "metrics", "store", "sklearn", "kernels",
    "streams", "errors",
)  # fmt: skip
"""The public modules, in the order of the pages."""
AFTER = {"experiments": "the experiment, its run and what is asked of it"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A public name.

    Attributes:
        name: how it is reached, such as ``shoal.Adam``.
        module: the public module whose page it stands on, without ``shoal.``; "" for the top.
        value: what it is.
        home: the module that defines it.
        line: where, counted from 1; 0 if that cannot be told.
        told: its docstring, or the text below the assignment.
    """

    name: str
    module: str
    value: Any
    home: str
    line: int
    told: str

    @property
    def is_class(self) -> bool:
        """Whether it is a class."""
        return inspect.isclass(self.value)

    @property
    def is_function(self) -> bool:
        """Whether it is a function."""
        return inspect.isroutine(self.value)


def names_of(module: ModuleType) -> list[str]:
    """Return the public names of a module: `__all__`, or what it defines itself."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]


@cache
def entries() -> dict[str, list[Entry]]:
    """Return all public names by the page they stand on; each has one home."""
    top = {id(getattr(shoal, name)): name for name in shoal.__all__}
    found: dict[str, list[Entry]] = {"": []}
    placed = set()
    for module in MODULES:
        public = importlib.import_module(f"shoal.{module}")
        for name in names_of(public):
            value = getattr(public, name)
            if inspect.ismodule(value) or (named(value) and id(value) in placed):
                continue
            placed.add(id(value))
            own = top.get(id(value)) if named(value) else None
            full = f"shoal.{own}" if own else f"shoal.{module}.{name}"
            found.setdefault(module, []).append(entry(full, module, value, public, name))
    for name in shoal.__all__:
        value = getattr(shoal, name)
        if not inspect.ismodule(value) and id(value) not in placed and name != "__version__":
            home = importlib.import_module(value.__module__)
            found[""].append(entry(f"shoal.{name}", "", value, home, value.__name__))
    return found


def named(value: Any) -> bool:
    """Return whether something carries its own name: a class or a function."""
    return inspect.isclass(value) or inspect.isfunction(value)


def entry(full: str, module: str, value: Any, public: ModuleType, name: str) -> Entry:
    """Return the entry of a name that a public module gives."""
    if named(value):
        home, line = value.__module__, _line_of(value)
        told = value.__doc__ if inspect.isclass(value) else inspect.getdoc(value)
    else:
        lazy = getattr(public, "LAZY", {}).get(name)
        module_name = f"{public.__name__}.{lazy}" if lazy else public.__name__
        home, line, told = assignment(module_name, name)
    return Entry(name=full, module=module, value=value, home=home, line=line, told=told or "")


def _line_of(value: Any) -> int:
    try:
        return inspect.getsourcelines(inspect.unwrap(value))[1]
    except (OSError, TypeError):
        return 0


@cache
def tree_of(module: str) -> ast.Module:
    """Return a module's source as a tree."""
    found = importlib.import_module(module)
    return ast.parse(Path(found.__file__ or "").read_text("utf-8"))


def assignment(module: str, name: str) -> tuple[str, int, str]:
    """Return where a constant is assigned: module, line, and the text below it."""
    body = tree_of(module).body
    for statement in body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            for each in statement.names:
                if (each.asname or each.name) == name:
                    return assignment(statement.module, each.name)
    for place, statement in enumerate(body):
        if name in _targets(statement):
            after = body[place + 1] if place + 1 < len(body) else None
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            return module, statement.lineno, str(after.value.value) if is_text else ""
    return module, 0, ""


def _targets(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    if isinstance(statement, ast.Assign):
        return [each.id for each in statement.targets if isinstance(each, ast.Name)]
    return []


class Written:
    """An annotation as it is written: its repr is what a signature shows."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def signature_of(value: Any) -> str:
    """Return the signature as it is written, without self; "" where it cannot be told."""
    try:
        found = inspect.signature(value)
    except (ValueError, TypeError):
        return ""
    fields = _annotations(value) if is_record(value) else {}
    kept = [
        each.replace(
            annotation=_written(fields.get(name, each.annotation)), default=_default(each.default)
        )
        for name, each in found.parameters.items()
        if name not in ("self", "cls")
    ]
    returned = inspect.Signature.empty if inspect.isclass(value) else found.return_annotation
    return str(found.replace(parameters=kept, return_annotation=_written(returned)))


def _annotations(record: type) -> dict[str, Any]:
    """Return the types of a record's fields as its source writes them."""
    found: dict[str, Any] = {}
    for each in reversed(record.__mro__):
        found |= vars(each).get("__annotations__", {})
    return found


def _written(annotation: Any) -> Any:
    if not isinstance(annotation, str):
        return annotation
    tree = _Bare().visit(ast.parse(annotation, mode="eval"))
    return Written(ast.unparse(tree).replace("_core.", ""))


ALIASES = {"_Name": "str", "_NamedInput": "Input"}
"""What private names of types stand for: with bounds, which are told among the keys."""


class _Bare(ast.NodeTransformer):
    """Takes from ``Annotated[int, ...]`` the int: bounds are told among the keys."""

    def visit_Name(self, node: ast.Name) -> Any:
        return ast.Name(ALIASES.get(node.id, node.id))

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        if isinstance(node.value, ast.Name) and node.value.id == "Annotated":
            assert isinstance(node.slice, ast.Tuple)
            return self.visit(node.slice.elts[0])
        return self.generic_visit(node)


def _default(value: Any) -> Any:
    """Return a default as a reader would write it; objects by dots."""
    plain = (str, int, float, bool, tuple, type(None), type(Ellipsis))
    if value is inspect.Parameter.empty or isinstance(value, plain):
        return Written("...") if value is Ellipsis else value
    return Written("...")


def members_of(value: type) -> Iterator[tuple[str, Any, str]]:
    """Yield a class's public methods and properties: name, what it is, kind.

    Those of pydantic, of exceptions and of other libraries are left to their own pages.
    """
    seen = set()
    for each in value.__mro__:
        if not each.__module__.startswith("shoal"):
            continue
        for name, member in vars(each).items():
            if name.startswith("_") or name in seen:
                continue
            seen.add(name)
            kind = _kind_of(member)
            if kind and inspect.getdoc(getattr(member, "__func__", member)):
                yield name, member, kind


def _kind_of(member: Any) -> str:
    if isinstance(member, classmethod | staticmethod) or inspect.isfunction(member):
        return "method"
    if isinstance(member, property) or type(member).__name__ == "cached_property":
        return "property"
    return ""


def missing_parameters(value: Any) -> str:
    """Return the fields of a record that its docstring does not tell, as parameters."""
    if not (inspect.isclass(value) and issubclass(value, BaseModel)):
        return ""
    written = arguments_of(value.__doc__ or "")
    known = {*written, "name", "task"}  # which member it is, its own name says
    told = {name: text for name, text in meanings(value).items() if name not in known}
    return "".join(f":param {name}: {rst.prose(text)}\n" for name, text in told.items())


def is_record(value: Any) -> bool:
    """Return whether something is a class of documents."""
    return inspect.isclass(value) and issubclass(value, Record)
