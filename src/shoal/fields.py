"""Building blocks for document records: names from a table, whole numbers, numbers.

A registry (a table from name to entry) becomes a pydantic type here: a document may give the
bare name or a table with settings, an unknown name is met with the nearest known one, and
the JSON Schema lists the names for editors.
"""

from __future__ import annotations

import functools
import inspect
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shoal.errors import did_you_mean
from shoal.records import Record

Init = TypeVar("Init", bound=Callable[..., None])


Reason = Literal[
    "wrong_kind", "out_of_bounds", "unknown_name", "not_given", "conflict", "too_large"
]
"""Kinds of mistakes that validators find beyond those of pydantic."""


class HasRecord(Protocol):
    """An entry of a registry whose members have settings of their own."""

    @property
    def record(self) -> type[BaseModel]:
        """The class that holds the settings."""
        ...


class NamedRecord(Record):
    """The base of records that are told apart by their `name`, which is never left out.

    Without this, writing only what differs from the defaults would drop the name too.

    Args:
        name: which member of its registry it is.
    """

    name: str

    @model_serializer(mode="wrap")
    def _keep_the_name(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"name": self.name, **write(self)}


@dataclass(frozen=True, slots=True, eq=False)
class NameIn:
    """Mark a string field as a name of `table`: ``Annotated[str, NameIn("loss", LOSSES)]``."""

    kind: str
    table: Mapping[str, object]

    def check(self, name: str) -> str:
        """Return `name` if the table has it; raise with the nearest known name if not."""
        if name in self.table:
            return name
        raise reason("unknown_name", unknown_name(self.kind, name, self.table))

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "enum": list(self.table)}


@dataclass(frozen=True, slots=True, eq=False)
class RecordIn:
    """Mark a union of records as the entries of `table`, chosen by their `name`.

    A document may say ``"adam"`` or ``{ name = "adam", learning_rate = 0.03 }``. Errors
    keep the key path of the document: the name of the chosen record is not put into it.
    """

    kind: str
    table: Mapping[str, HasRecord]

    def choose(self, value: object) -> BaseModel:
        """Return the record that `value` (a record, a name or a table) stands for."""
        if isinstance(value, BaseModel):
            value = value if self._is_known(value) else repr(value)
            if isinstance(value, BaseModel):
                return value
        table = {"name": value} if isinstance(value, str) else value
        if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
            raise reason(
                "wrong_kind", f"{self.kind} must be a name or a table with a name; got {value!r}"
            )
        if table["name"] not in self.table:
            raise reason("unknown_name", unknown_name(self.kind, table["name"], self.table))
        return self.table[table["name"]].record.model_validate(table)

    def _is_known(self, record: BaseModel) -> bool:
        return any(type(record) is entry.record for entry in self.table.values())

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(
            lambda value, _union: self.choose(value), handler(source)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "enum": list(self.table)}, handler(schema)]}


def unknown_name(kind: str, name: str, known: Mapping[str, object]) -> str:
    """Return the sentence for a name that a table does not have.

    Example:
        >>> unknown_name("loss", "squared_eror", {"squared_error": 1})
        "unknown loss 'squared_eror'. Did you mean 'squared_error'?"
    """
    cure = did_you_mean(name, known) or f"Known names: {', '.join(known)}."
    return f"unknown {kind} '{name}'. {cure}"


def reason(kind: Reason, message: str) -> PydanticCustomError:
    """Return the error that a validator raises to have `message` shown as it stands.

    Args:
        kind: of mistake, which decides the code and the cure.
        message: what is wrong; a second sentence is a cure of its own.
    """
    whole = message.encode("utf-8", "backslashreplace").decode()  # half characters cannot be shown
    return PydanticCustomError(kind, "{message}", {"message": whole})


def positional(init: Init) -> Init:
    """Let a record be built with the arguments of an ``__init__`` that has no body.

    The arguments given become fields; what is left out takes the field's default, which the
    signature repeats for readers. Pydantic would call an ``__init__`` of one's own for
    documents too, where an unknown key becomes a TypeError: the mark at the end (the one that
    pydantic's RootModel carries) keeps it from that.
    """
    signature = inspect.signature(init)

    @functools.wraps(init)
    def build(record: BaseModel, *args: Any, **settings: Any) -> None:
        try:
            given = signature.bind(record, *args, **settings).arguments
        except TypeError as error:
            raise TypeError(f"{type(record).__name__}: {error}.") from None
        BaseModel.__init__(record, **{k: v for k, v in given.items() if k != "self"})

    build.__dict__["__pydantic_base_init__"] = True
    return cast(Init, build)


def plain_number(value: object) -> object:
    """Turn NumPy's scalars into Python's; leave the rest to the strict check that follows."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return value
    return int(value) if isinstance(value, numbers.Integral) else float(value)


NUMBER = BeforeValidator(plain_number)
"""Put last in ``Annotated[float, Field(strict=True, ...), NUMBER]``: NumPy's scalars count as
numbers; text and booleans do not."""
