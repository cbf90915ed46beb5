"""The JSON header of a model file: everything but the weights, as one strict record."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from shoal.data.dataset import Schema
from shoal.data.scaling import Scaler
from shoal.data.wording import show
from shoal.fields import NUMBER, reason
from shoal.models.document import (
    DocumentError,
    one_line,
    plain_document,
    read_document,
    write_document,
)
from shoal.models.summary import Summary, summary_problem
from shoal.network import MAX_UNITS, Network
from shoal.records import Record
from shoal.streams import MAX_SEED

SCHEMA_VERSION: Final = 3
"""The version of the header; a file with a larger one was made by a newer shoal."""
WITHOUT_DERIVED: Final = 2
"""What a model without derived features is written as, so that an older shoal can read it."""

PER_NETWORK: Final = ("seeds", "scalers", "target_scalers")
"""What grows with the population."""
MAX_DESCRIPTION: Final = 2**18
"""The most values of everything else: four for each of 65,536 columns."""

_Number = Annotated[float, Field(strict=True), NUMBER]
_Seed = Annotated[int, Field(strict=True, ge=0, le=MAX_SEED), NUMBER]
_Word = Annotated[str, Field(strict=True, max_length=100)]
_Scalers = Annotated[tuple[Scaler, ...], Field(min_length=1, fail_fast=True)]


class NewerVersionError(DocumentError):
    """The header is of a version that this shoal does not know."""


class Header(Record):
    """What a model file says beside its weights.

    Attributes:
        schema_version: the version of this record.
        network: layers and inputs.
        data_schema: columns, target and classes; ``schema`` in the file.
        scalers: one for all networks, or one for each.
        target_scalers: likewise, for numeric targets.
        multiply: the data recipe's factor.
        add: the data recipe's summand.
        threshold: what an output decides at; files of before do not have it.
        seeds: of every network.
        best: which network is the best.
        experiment: the document that the model came from.
        arithmetic: the version of the arithmetic that trained it.
        version: the shoal that wrote it.
        summary: of the training rows; files of version 1 do not have it.
        digest: SHA-256 of the weights, as `Parameters.digest` gives it.
    """

    model_config = ConfigDict(populate_by_name=True)

    schema_version: Literal[1, 2, 3] = WITHOUT_DERIVED
    network: Network
    data_schema: Schema = Field(alias="schema")
    scalers: _Scalers
    target_scalers: _Scalers
    multiply: _Number = 1.0
    add: _Number = 0.0
    threshold: _Number = 0.5
    seeds: Annotated[tuple[_Seed, ...], Field(min_length=1, fail_fast=True)]
    best: Annotated[int, Field(strict=True, ge=0), NUMBER]
    experiment: dict[str, Any]
    arithmetic: _Word
    version: _Word
    summary: Summary | None = None
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    @field_validator("experiment")
    @classmethod
    def _is_a_document(cls, value: dict[str, Any]) -> dict[str, Any]:
        return plain_document(value)

    @model_validator(mode="after")
    def _counts_agree(self) -> Self:
        n_networks = len(self.seeds)
        if self.best >= n_networks:
            raise reason("out_of_bounds", f"best must be below {n_networks}; got {self.best}")
        if self.network.n_inputs is None:
            raise reason("not_given", "the network must know its inputs")
        if self.data_schema.derived and self.schema_version < SCHEMA_VERSION:
            raise reason("conflict", f"derived features need `schema_version` {SCHEMA_VERSION}")
        if self.summary is not None:
            wrong = summary_problem(self.summary, self.data_schema)
            if wrong is not None:
                raise reason("conflict", f"the summary {wrong}")
        return self

    def to_json(self) -> str:
        """Return the header's text: the same for equal headers."""
        return write_document(self.model_dump(mode="json", by_alias=True))


def version_for(schema: Schema) -> Literal[2, 3]:
    """Return the version of the header that a model with this schema is written with."""
    return 3 if schema.derived else 2


def read_header(text: str) -> Header:
    """Return the header that `text` holds.

    Raises:
        NewerVersionError: it was made by a newer shoal.
        DocumentError: it is damaged; says what and where.
    """
    document = read_document(text)
    version = document.get("schema_version")
    if type(version) is not int or version < 1:
        raise DocumentError("has no `schema_version`, a whole number from 1")
    if version > SCHEMA_VERSION:
        raise NewerVersionError(
            f"its format has version {version}, and this shoal reads up to {SCHEMA_VERSION}"
        )
    _check_sizes(document)
    try:
        return Header.model_validate(document)
    except ValidationError as error:
        raise DocumentError(_first_problem(error)) from None


def _check_sizes(document: dict[str, Any]) -> None:
    """Check how much there is to validate: every value that is wrong costs a kilobyte."""
    rest = {name: part for name, part in document.items() if name not in PER_NETWORK}
    if write_document(rest).count(",") > MAX_DESCRIPTION:
        raise DocumentError(f"has more than {MAX_DESCRIPTION:,} values beside seeds and scalers")
    for name in ("scalers", "target_scalers"):
        scalers = document.get(name)
        for scaler in scalers if isinstance(scalers, list) else ():
            columns = scaler.values() if isinstance(scaler, dict) else ()
            if any(isinstance(each, list) and len(each) > MAX_UNITS for each in columns):
                raise DocumentError(f"has more than {MAX_UNITS:,} columns in its {name}")


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    message = one_line(first["msg"].rstrip("."))
    return f"says at {show(path)}: {message}" if path else f"says: {message}"
