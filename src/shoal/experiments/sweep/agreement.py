"""Workers have the shoal that made a chunk, or say that they have not."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import cache

import shoal
from shoal.errors import InputError
from shoal.kernels import ARITHMETIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What decides the bits beside the document.

    Attributes:
        version: of shoal.
        arithmetic: its number.
        machine: the family of the CPU.
    """

    version: str
    arithmetic: str
    machine: str

    def __str__(self) -> str:
        return f"shoal {self.version}, arithmetic {self.arithmetic}, {self.machine}"


@cache
def own_maker() -> Maker:
    """Return that of this process."""
    return Maker(version=shoal.__version__, arithmetic=ARITHMETIC, machine=platform.machine())


def check_agreement(made_by: Maker) -> None:
    """Raise unless a chunk was made by the shoal that is to train it.

    Raises:
        InputError: it was not, and the results might have other bits.
    """
    if made_by != own_maker():
        raise InputError(
            f"worker {platform.node()} has {own_maker()}, the sweep {made_by}: results might "
            "differ. Install the same shoal on every host, on CPUs of one family.",
            code="W104",
        )
