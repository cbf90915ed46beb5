"""A program while it is being put together, and how it becomes text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from shoal.experiments.programs.text import folded, wrapped


@dataclass(slots=True, kw_only=True)
class Source:
    """The parts of a program.

    Attributes:
        imports: lines, in their order.
        constants: lines at the top.
        functions: source of functions, and of what else stands below, in their order.
        notes: sentences about what the program does otherwise.
        expressed: keys of the document that the program heeds, beside those that all do.
    """

    imports: list[str] = field(default_factory=list)
    constants: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    expressed: frozenset[str] = frozenset()


def assembled(source: Source, title: str, about: str, notes: list[str]) -> str:
    """Return the text of a program.

    Args:
        source: its parts.
        title: its first line.
        about: where it comes from.
        notes: what it does otherwise.
    """
    paragraphs = [wrapped(title), wrapped(about)]
    if notes:
        told = "\n".join(wrapped(note, indent="- ", rest="  ") for note in notes)
        paragraphs.append(f"Not as in shoal:\n{told}")
    body = "\n".join([*source.constants, *source.functions])
    imports = [line for line in source.imports if _is_used(line, body)]
    parts = [f'"""{chr(10).join(_spaced(paragraphs))}\n"""', _imports(imports)]
    if source.constants:
        parts.append("\n".join(source.constants))
    head = "\n\n".join(parts)
    return folded("\n\n\n".join([head, *source.functions])) + "\n"


def _is_used(line: str, body: str) -> bool:
    """Return whether a program names what a line imports."""
    return re.search(rf"\b{line.split()[-1]}\b", body) is not None


def _spaced(paragraphs: list[str]) -> list[str]:
    return "\n\n".join(paragraphs).split("\n")


def _imports(lines: list[str]) -> str:
    """Return imports in two groups: Python's own, and the others."""
    own = [line for line in lines if line.split()[1].split(".")[0] in _STANDARD]
    others = [line for line in lines if line not in own]
    plain = sorted(line for line in own if line.startswith("import"))
    more = sorted(line for line in own if line.startswith("from"))
    first = [line for line in others if line.startswith("import")]
    second = [line for line in others if line.startswith("from")]
    groups = [[*plain, *more], [*sorted(first), *sorted(second)]]
    return "\n\n".join("\n".join(group) for group in groups if group)


_STANDARD = ("copy", "csv", "functools", "gzip", "math", "os", "pathlib", "time")
