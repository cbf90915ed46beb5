"""Every library that an experiment can be written for; modules are loaded when they are asked."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, cast

from shoal.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from shoal.experiments.programs.outline import Outline
    from shoal.experiments.programs.source import Source


class TargetModule(Protocol):
    """What the module of a library has."""

    def write(self, outline: Outline) -> Source:
        """Return the program in its parts.

        Raises:
            InputError: something that the library cannot be told; says what can.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramTarget:
    """A library.

    Attributes:
        name: as it is asked for.
        title: as it is called.
        module: of `shoal.experiments.programs`.
        help: what the program is, in a line.
    """

    name: str
    title: str
    module: str
    help: str

    @property
    def writer(self) -> TargetModule:
        """The module, loaded."""
        found = importlib.import_module(f"shoal.experiments.programs.{self.module}")
        return cast("TargetModule", found)


TARGETS: Final[Mapping[str, ProgramTarget]] = MappingProxyType(
    {
        each.name: each
        for each in (
            ProgramTarget(
                name="python", title="shoal", module="to_python",
                help="shoal itself: the same bits, to be changed in Python.",
            ),
            ProgramTarget(
                name="numpy", title="NumPy", module="to_numpy",
                help="A network from nothing: every formula written out.",
            ),
            ProgramTarget(
                name="jax", title="JAX", module="to_jax",
                help="The same with grad, jit and scan.",
            ),
            ProgramTarget(
                name="pytorch", title="PyTorch", module="to_pytorch",
                help="torch.nn.Sequential, torch.optim and a loop.",
            ),
            ProgramTarget(
                name="keras", title="Keras", module="to_keras",
                help="keras.Sequential, compile and fit.",
            ),
        )
    }
)  # fmt: skip
"""Every target, by name."""


def target_of(name: str) -> ProgramTarget:
    """Return a target.

    Raises:
        InputError: there is none of this name.

    Example:
        >>> target_of("jax").title
        'JAX'
    """
    if name in TARGETS:
        return TARGETS[name]
    known = ", ".join(TARGETS)
    cure = did_you_mean(name, TARGETS)
    told = f"code: there is no program for '{name}'; there are {known}."
    raise InputError(f"{told} {cure}" if cure else told, code="T103")
