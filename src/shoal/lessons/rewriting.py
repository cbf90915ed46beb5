"""Small changes to the code of a lesson's cells: what controls are set to, and its language.

What a reader gets is the notebook's own code, comments and all; only the values change.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any, Final

CONTROLS: Final = ("slider", "choice", "predict")
"""Methods of a lesson that make one control, whose key is their first argument."""


def rewritten(
    code: str, *, language: str = "en", chosen: Mapping[str, Any] | None = None,
    with_given: bool = False,
) -> str:  # fmt: skip
    """Return the code of a cell or a notebook with controls set.

    Args:
        code: its lines.
        language: of the lesson.
        chosen: values by the keys of controls.
        with_given: whether predictions show where theirs is to be written.

    Example:
        >>> rewritten('r = lesson.slider("rate", [0.1, 0.2], value=0.1)', chosen={"rate": 0.2})
        'r = lesson.slider("rate", [0.1, 0.2], value=0.2)'
        >>> rewritten('g = lesson.predict("guess", ["a", "b"])', with_given=True)
        'g = lesson.predict("guess", ["a", "b"], given=None)'
    """
    edits: list[tuple[int, int, str]] = []
    lines = _starts(code)
    for call, name in _calls(code):
        if name == "languages" and language != "en":
            at = _place(lines, call.end_lineno, call.end_col_offset, code)
            edits.append((at - 1, at - 1, repr(language).replace("'", '"')))
        if name in CONTROLS:
            edits += _set(code, lines, call, name, chosen or {}, with_given)
    for start, end, text in sorted(edits, reverse=True):
        code = code[:start] + text + code[end:]
    return code


def _set(
    code: str, lines: list[int], call: ast.Call, name: str, chosen: Mapping[str, Any],
    with_given: bool,
) -> Iterator[tuple[int, int, str]]:  # fmt: skip
    """Yield what is to be changed in the call of one control."""
    named = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
    key = named if isinstance(named, str) else ""
    keyword = "given" if name == "predict" else "value"
    found = next((each.value for each in call.keywords if each.arg == keyword), None)
    if key not in chosen and not (with_given and keyword == "given" and found is None):
        return
    told = repr(chosen.get(key))
    if isinstance(chosen.get(key), str):  # as the rest of the notebook writes its strings
        told = '"' + told[1:-1].replace('"', '\\"') + '"'
    if found is not None:
        start = _place(lines, found.lineno, found.col_offset, code)
        yield start, _place(lines, found.end_lineno, found.end_col_offset, code), told
        return
    last = [*call.args, *(each.value for each in call.keywords)][-1]
    at = _place(lines, last.end_lineno, last.end_col_offset, code)
    yield at, at, f", {keyword}={told}"


def _calls(code: str) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id in ("lesson", "Lesson"):
            yield node, node.func.attr


def _starts(code: str) -> list[int]:
    """Return where each line begins."""
    starts = [0]
    for line in code.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _place(lines: list[int], line: int | None, column: int | None, code: str) -> int:
    """Return the place of a line and a column, which Python counts in bytes."""
    assert line is not None
    assert column is not None
    start = lines[line - 1]
    return start + len(code[start : lines[line]].encode()[:column].decode())
