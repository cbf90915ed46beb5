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
SMALL: Final = 0.01
"""Below it marimo's sliders show 0.003 as 3.0e-3, whatever the text beside them says."""
ENDLESS: Final = 1e9
"""A bound that nothing comes near."""
_chosen: ContextVar[Mapping[str, Any]] = ContextVar("chosen", default=MappingProxyType({}))


@contextlib.contextmanager
def choosing(chosen: Mapping[str, Any]) -> Iterator[None]:
    """Set controls, by key, in all notebooks that are carried out meanwhile."""
    token = _chosen.set(chosen)
    try:
        yield
    finally:
        _chosen.reset(token)


def languages(first: str = "en") -> Any:
    """Return the control for the language."""
    marimo = marimo_here()
    names = {name: code for code, name in LANGUAGES.items()}
    if marimo is None:
        return _fixed(LANGUAGE, "", first, tuple(LANGUAGES), tuple(LANGUAGES.values()), "choice")
    asked = marimo.query_params().get(LANGUAGE)
    name = LANGUAGES.get(str(asked), LANGUAGES[first])
    return marimo.ui.dropdown(options=names, value=name)


def slider(key: str, label: str, steps: tuple[float, ...], value: float) -> Any:
    """Return a slider over some numbers, or a choice among them where some are small."""
    marimo = marimo_here()
    texts = tuple(f"{each:.12f}".rstrip("0").rstrip(".") for each in steps)
    if marimo is None:
        return _fixed(key, label, value, steps, texts, "slider")
    if any(0 < abs(each) < SMALL for each in steps):
        numbers = dict(zip(texts, steps, strict=True))
        first = texts[steps.index(value)]
        return marimo.ui.radio(options=numbers, value=first, label=label, inline=True)
    return marimo.ui.slider(steps=list(steps), value=value, label=label, show_value=True)


def choice(key: str, label: str, options: Mapping[str, str], value: str) -> Any:
    """Return a choice among names, which are said in words."""
    marimo = marimo_here()
    if marimo is None:
        return _fixed(key, label, value, tuple(options), tuple(options.values()), "choice")
    said = {told: name for name, told in options.items()}
    return marimo.ui.radio(options=said, value=options[value], label=label, inline=True)


def prediction(
    key: str, label: str, options: Mapping[str, str], given: float | str | None = None
) -> Any:
    """Return a choice that nothing is set to yet."""
    marimo = marimo_here()
    if marimo is None:
        return _fixed(key, label, given, tuple(options), tuple(options.values()), "prediction")
    said = {told: name for name, told in options.items()}
    first = None if given is None else options[str(given)]
    return marimo.ui.radio(options=said, label=label, value=first)


def number(
    key: str,
    label: str,
    low: float,
    high: float,
    step: float | None,
    given: float | str | None = None,
) -> Any:
    """Return a number that is not given yet."""
    marimo = marimo_here()
    if marimo is None:
        return _fixed(key, label, given, (), (), "number", (low, high))
    # with bounds of its own it would begin at one of them, and nothing would be asked any more
    told = f"{label} ({low:g} – {high:g})" if max(abs(low), abs(high)) < ENDLESS else label
    return marimo.ui.number(step=step, value=given, label=told)


def quiz(asked: Mapping[str, tuple[str, Mapping[str, str]]]) -> Any:
    """Return several questions as one control."""
    made = {
        key: prediction(key, label, options)
        if options
        else number(key, label, -ENDLESS, ENDLESS, None)
        for key, (label, options) in asked.items()
    }
    marimo = marimo_here()
    if marimo is None:
        return Quiz(controls=made)
    places = "".join(f"<li>{{{key}}}</li>" for key in made)
    return marimo.Html(f'<ol class="sl-quiz">{places}</ol>').batch(**made)


def _fixed(
    key: str,
    label: str,
    value: Any,
    options: Sequence[Any],
    texts: Sequence[str],
    kind: str,
    bounds: tuple[float, float] | None = None,
) -> Fixed:
    """Return a control that is set to what `choosing` says, or to its first value."""
    found = _chosen.get().get(key, value)
    if options and found is not None and found not in options:
        is_name = isinstance(found, str)
        near = did_you_mean(found, map(str, options)) if is_name else ""
        told = f"{key}: must be one of {', '.join(map(str, options))}; got {found}."
        raise InputError(f"{told} {near or 'Give one of these.'}", code="A103")
    if options and found is not None:
        found = next(each for each in options if each == found)  # 16 rather than 16.0
    if bounds is not None and found is not None:
        _check_bounds(key, found, bounds)
    return Fixed(
        key=key, label=label, value=found, options=tuple(options), texts=tuple(texts), kind=kind,
        bounds=bounds,
    )  # fmt: skip


def _check_bounds(key: str, found: Any, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if isinstance(found, bool | str) or not low <= found <= high:
        raise InputError(
            f"{key}: must be a number from {low:g} to {high:g}; got {found}.", code="A102"
        )


def marimo_here() -> Any:
    """Return marimo where it runs the notebook, None elsewhere; it is not loaded for that."""
    marimo = sys.modules.get("marimo")
    return marimo if marimo is not None and marimo.running_in_notebook() else None
