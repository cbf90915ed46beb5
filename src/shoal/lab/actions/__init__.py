"""What a page can ask for beside looks: one entry a message, one module a capability.

An action runs in a thread of the studio, tells how far it is, and looks whether it is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from shoal.lab.actions.base import Action, Dropped, Outcome, Surroundings

HOMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "preview": "previewing:preview",
        "compare": "comparing:compare",
        "diagnose": "diagnosing:diagnose",
        "inspect": "inspecting:inspect",
        "traces": "tracing:traces",
        "take": "taking:take",
    }
)
"""Where the function of each kind of message is: a module of this folder, and its name."""


def _lazy(home: str) -> Action:
    """Return an action whose module is loaded when it is first asked for."""
    module, _, name = home.partition(":")

    def act(surroundings: Surroundings, message: Any) -> Outcome:
        found: Action = getattr(import_module(f"{__name__}.{module}"), name)
        return found(surroundings, message)

    return act


def _is_there(home: str) -> bool:
    return Path(__file__).with_name(f"{home.partition(':')[0]}.py").exists()


ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {kind: _lazy(home) for kind, home in HOMES.items() if _is_there(home)}
)
"""What carries a message out, by its type."""

__all__ = ["ACTIONS", "Action", "Dropped", "Outcome", "Surroundings"]
