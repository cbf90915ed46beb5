"""The store: an SQLite index and a folder for each run; it sees records, never training.

Names are loaded on first use, so that the command line stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shoal.store.entry import Entry
    from shoal.store.ledger import Ledger
    from shoal.store.store import Store

_HOMES = {"Entry": "entry", "Ledger": "ledger", "Store": "store"}

__all__ = ["Entry", "Ledger", "Store"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shoal.store' has no attribute '{name}'")
    return getattr(import_module(f"shoal.store.{_HOMES[name]}"), name)
