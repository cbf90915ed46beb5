"""The controls of lessons: marimo's where marimo runs the notebook, fixed ones elsewhere.

`choosing` says what the fixed ones are set to, so that a test or a page can have other values than
the first ones.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Final

from shoal.errors import InputError, did_you_mean
from shoal.lessons.contents import Fixed, Quiz
from shoal.lessons.shelf import LANGUAGES

LANGUAGE: Final = "language"
"""The key of the control for the language."""
_chosen: ContextVar[Mapping[str, Any]] = ContextVar("chosen", default=MappingProxyType({}))


@contextlib.contextmanager
def choosing(chosen: Mapping[str, Any]) -> Iterator[None]:
    """Set controls, by key, in all notebooks that are carried out meanwhile."""
    token = _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(token)


def languages() -> Any:
    """Return the control for the language."""
    marimo = _marimo()
    names = {name: code for code, name in LANGUAGES.items()}
    if marimo is None:
        return _fixed(LANGUAGE, "", "en", tuple(LANGUAGES), tuple(LANGUAGES.values()), "choice")
    asked = marimo.query_params().get(LANGUAGE)
    first = LANGUAGES.get(str(asked), LANGUAGES["en"])
    return marimo.ui.dropdown(options=names, value=first)


def slider(key: str, label: str, steps: tuple[float, ...], value: float) -> Any:
    """Return a slider over some numbers."""
    marimo = _marimo()
    if marimo is None:
        return _fixed(key, label, value, steps, tuple(f"{each:g}" for each in steps), "slider")
    return marimo.ui.slider(steps=list(steps), value=value, label=label, show_value=True)


def choice(key: str, label: str, options: Mapping[str, str], value: str) -> Any:
    """Return a choice among names, which are said in words."""
    marimo = _marimo()
    if marimo is None:
        return _fixed(key, label, value, tuple(options), tuple(options.values()), "choice")
    said = {told: name for name, told in options.items()}
    return marimo.ui.radio(options=said, value=options[value], label=label, inline=True)


def prediction(key: str, label: str, options: Mapping[str, str]) -> Any:
    """Return a choice that nothing is set to yet."""
    marimo = _marimo()
    if marimo is None:
        return _fixed(key, label, None, tuple(options), tuple(options.values()), "prediction")
    said = {told: name for name, told in options.items()}
    return marimo.ui.radio(options=said, label=label)


def number(key: str, label: str, low: float, high: float, step: float | None) -> Any:
    """Return a number that is not given yet."""
    marimo = _marimo()
    if marimo is None:
        return _fixed(key, label, None, (), (), "number")
    return marimo.ui.number(start=low, stop=high, step=step, value=None, label=label)


def quiz(asked: Mapping[str, tuple[str, Mapping[str, str]]]) -> Any:
    """Return several questions as one control."""
    made = {
        key: prediction(key, label, options) if options else number(key, label, -1e9, 1e9, None)
        for key, (label, options) in asked.items()
    }
    marimo = _marimo()
    return Quiz(controls=made) if marimo is None else marimo.ui.dictionary(made)


def _fixed(
    key: str, label: str, value: Any, options: Sequence[Any], texts: Sequence[str], kind: str
) -> Fixed:
    """Return a control that is set to what `choosing` says, or to its first value."""
    found = _chosen.get().get(key, value)
    if options and found is not None and found not in options:
        near = did_you_mean(str(found), map(str, options))
        told = ", ".join(map(str, options))
        raise InputError(f"{key}: must be one of {told}; got {found}. {near}".rstrip())
    return Fixed(
        key=key, label=label, value=found, options=tuple(options), texts=tuple(texts), kind=kind
    )


def _marimo() -> Any:
    """Return marimo where it runs the notebook, None elsewhere; it is not loaded for that."""
    marimo = sys.modules.get("marimo")
    return marimo if marimo is not None and marimo.running_in_notebook() else None
