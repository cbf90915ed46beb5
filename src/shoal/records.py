"""The base of every document record: frozen, strict about keys, plain data there and back.

A record *is* the document: the same class validates TOML and JSON, is built by hand in
Python, and gives the JSON Schema.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen pydantic model that refuses unknown keys, NaN and infinity."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True
    )
