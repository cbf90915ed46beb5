"""Every format that a model can be exported to, by the suffix of its file.

The table names modules and does not load them, so that a list of formats costs nothing and
a library that only one of them needs is imported there.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, cast

from shoal.errors import InputError

if TYPE_CHECKING:
    from shoal.exports.portable import Portable
    from shoal.exports.proof import Proof


class FormatModule(Protocol):
    """What the module of a format has."""

    def write(self, portable: Portable) -> dict[str, bytes]:
        """Return what each file holds, by suffix; the format's own suffix is the first.

        Raises:
            InputError: the format cannot hold the network; says why, and what to do.
        """
        ...

    def prove(self, paths: Mapping[str, Path], portable: Portable) -> Proof | None:
        """Run the written files on the vectors; None where the runtime is not here."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format.

    Attributes:
        name: what it is called in messages.
        suffix: of its file; the longest that fits a file's name decides.
        module: of `shoal.exports.formats`.
        help: what it is, in a line.
        runtime: what runs it: ``node``.
        self_test: how its receiver runs the self-test; ``{file}`` stands for the file,
            ``{name}`` for the identifier made of its name, ``{NAME}`` for that in capitals.
        more_suffixes: of the files that are written beside it.
    """

    name: str
    suffix: str
    module: str
    help: str
    runtime: str
    self_test: str
    more_suffixes: tuple[str, ...] = ()

    @property
    def writer(self) -> FormatModule:
        """The module, loaded."""
        return cast("FormatModule", importlib.import_module(f"shoal.exports.formats.{self.module}"))


def _table(*formats: Format) -> Mapping[str, Format]:
    return MappingProxyType({each.suffix: each for each in formats})


FORMATS: Final = _table(
    Format(
        name="Python", suffix=".py", module="python", runtime="python",
        help="Python 3.8 or later, standard library only.",
        self_test="python {file}",
    ),
    Format(
        name="JavaScript", suffix=".js", module="javascript", runtime="node",
        help="An ES module without dependencies, for browsers and node.",
        self_test="node {file}",
    ),
    Format(
        name="C", suffix=".c", module="c", runtime="cc",
        help="One C99 file without allocation.",
        self_test="cc -std=c99 -O2 -D{NAME}_SELF_TEST {file} -lm && ./a.out",
    ),
    Format(
        name="web page", suffix=".html", module="page", runtime="node",
        help="One page with sliders that predicts as you move.",
        self_test="open it; its footer says what came of its self-test",
    ),
    Format(
        name="SQL", suffix=".sql", module="sql", runtime="sqlite3",
        help="One SELECT for SQLite, PostgreSQL and others.",
        self_test="(sed -n 's/^--1 //p' {file}; cat {file}; sed -n 's/^--2 //p' {file}) | sqlite3",
    ),
    Format(
        name="JSON", suffix=".json", module="plain_json", runtime="python",
        help="Everything as plain data, for any other language; shoal import reads it.",
        self_test="its key vectors holds rows and what must come out",
    ),
    Format(
        name="ONNX", suffix=".onnx", module="onnx", runtime="onnxruntime",
        help="ONNX, IR 8, opset 17.",
        self_test="its metadata hold rows and what must come out",
    ),
    Format(
        name="PyTorch", suffix=".pt.py", module="pytorch", runtime="torch",
        help="A readable PyTorch module, with its weights as safetensors.",
        self_test="python {file}", more_suffixes=(".pt.safetensors",),
    ),
    Format(
        name="Keras", suffix=".keras.py", module="keras", runtime="keras",
        help="A readable Keras model, with its weights as safetensors.",
        self_test="python {file}", more_suffixes=(".keras.safetensors",),
    ),
)  # fmt: skip
"""Every format, by suffix."""


def format_of(path: str | os.PathLike[str]) -> tuple[Format, str]:
    """Return the format that a file's name asks for, and the name without its suffix.

    Raises:
        InputError: no format has such a suffix; all of them are told.

    Example:
        >>> found, stem = format_of("out/flowers.keras.py")
        >>> found.name, stem
        ('Keras', 'flowers')
    """
    file = Path(path).name
    for suffix in sorted(FORMATS, key=len, reverse=True):
        if file.lower().endswith(suffix) and len(file) > len(suffix):
            return FORMATS[suffix], file[: -len(suffix)]
    *others, last = FORMATS
    raise InputError(f"{os.fspath(path)}: must end in {', '.join(others)} or {last}.", code="O109")
