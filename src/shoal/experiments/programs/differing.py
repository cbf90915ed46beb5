"""What of a document is not as by default, key by key, so that nothing is left out silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from shoal.experiments.document import Experiment


def differing(experiment: Experiment) -> dict[str, Any]:
    """Return the values that differ from the defaults, by key path.

    Example:
        >>> differing(Experiment(seed=3, population=1))
        {'seed': 3, 'population.size': 1}
    """
    return dict(_leaves(experiment, ""))


def _leaves(record: BaseModel, path: str) -> Iterator[tuple[str, Any]]:
    for name, field in type(record).model_fields.items():
        value = getattr(record, name)
        key = f"{path}.{name}" if path else name
        default = field.get_default(call_default_factory=True, validated_data={})
        if isinstance(value, BaseModel) and type(value) is type(default):
            if value != default:
                yield from _against(value, default, key)
        elif isinstance(value, BaseModel):
            yield from _leaves(value, key)
        elif value != default:
            yield key, value


def _against(value: BaseModel, default: BaseModel, path: str) -> Iterator[tuple[str, Any]]:
    for name in type(value).model_fields:
        one, other, key = getattr(value, name), getattr(default, name), f"{path}.{name}"
        if isinstance(one, BaseModel) and type(one) is type(other) and one != other:
            yield from _against(one, other, key)
        elif isinstance(one, BaseModel) and one != other:
            yield from _leaves(one, key)
        elif one != other:
            yield key, one


def shown(value: object) -> str:
    """Return a value as a note shows it, shortened."""
    if isinstance(value, BaseModel):
        value = value.model_dump(exclude_defaults=True)
    if isinstance(value, tuple | list):
        text = f"[{', '.join(shown(each) for each in value)}]"
    elif isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key} = {shown(each)}" for key, each in value.items()) + "}"
    else:
        text = f"'{value}'" if isinstance(value, str) else str(value).lower()
    return text if len(text) <= 60 else text[:59] + "…"
