"""Which of a model's outputs is asked about: a class, a label or a number, by name."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.data.dataset import Schema
from shoal.errors import ArgumentError, did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One figure that a model says of a row.

    Attributes:
        place: its place among the model's figures: of the class, label or number.
        name: of the class, or of the target's column.
        words: what it is, such as ``probability of 'setosa'``.
    """

    place: int
    name: str
    words: str


def asked_of(
    where: str,
    schema: Schema,
    output: str | int | None,
    default: int = 0,
    *,
    argument: str = "output",
) -> Asked:
    """Return the figure that is asked about.

    Args:
        where: the public function, for messages.
        schema: of the model.
        output: a class by name, a target by name, or its place; None: `default`.
        default: the place that stands for None.
        argument: what it is called there, for messages.

    Raises:
        ArgumentError: there is no such class, label or target.

    Example:
        >>> schema = Schema(columns=(), target="y", kind="classification", classes=("no", "yes"))
        >>> asked_of("f", schema, "yes").place, asked_of("f", schema, None).words
        (1, "probability of 'no'")
    """
    names = schema.classes or schema.targets
    place = _place(where, argument, names, default if output is None else output)
    name = names[place]
    if schema.kind == "classification":
        words = f"probability of '{name}'"
    elif schema.kind == "multilabel":
        words = f"probability of '{schema.label_classes[place][1]}' for '{name}'"
    else:
        words = f"value of '{name}'"
    return Asked(place=place, name=name, words=words)


def _place(where: str, argument: str, names: tuple[str, ...], output: str | int) -> int:
    if isinstance(output, str) and output in names:
        return names.index(output)
    is_number = isinstance(output, int) and not isinstance(output, bool)
    if is_number and 0 <= int(output) < len(names):
        return int(output)
    told = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
    cure = did_you_mean(output, names) if isinstance(output, str) else ""
    raise ArgumentError(
        where, argument, f"must be one of {told}", got=repr(output), cure=cure, code="A103"
    )
