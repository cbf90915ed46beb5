"""Options that are about one of two classes: what they need, and how they are refused."""

from __future__ import annotations

from shoal.data.dataset import Schema
from shoal.data.wording import listing, show
from shoal.errors import InputError, did_you_mean


def check_two_classes(schema: Schema, option: str) -> None:
    """Refuse an option that is for two classes.

    Raises:
        InputError: there are more classes, or labels, or numbers.
    """
    if len(schema.classes) != 2:
        raise InputError(
            f"{option}: is for a target of two classes; {told_kind(schema)}.", code="U107"
        )


def positive_class(schema: Schema, given: str | None) -> int:
    """Return the place of the class that is looked for: of two the second unless given.

    Raises:
        InputError: there is no such class.
    """
    if given is None:
        return 1
    if given not in schema.classes:
        told = f"--positive: must be {' or '.join(map(show, schema.classes))}"
        near = did_you_mean(given, schema.classes)
        raise InputError(f"{told}; got {show(given)}.{' ' if near else ''}{near}", code="U103")
    return schema.classes.index(given)


def told_kind(schema: Schema) -> str:
    """Return what a target is: ``'species' has 3``, ``'price' is a number``."""
    if schema.kind == "classification":
        return f"{show(schema.target)} has {len(schema.classes)}"
    what = "label" if schema.kind == "multilabel" else "number"
    if len(schema.targets) == 1:
        return f"{show(schema.target)} is a {what}"
    return f"{listing(schema.targets, 3)} are {what}s"
