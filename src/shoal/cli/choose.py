"""Choose one network of a model by its name on the command line."""

from __future__ import annotations

from shoal.errors import InputError
from shoal.models import Model


def chosen_network(model: Model, which: str | None) -> Model:
    """Return the whole model, its best network, or network number `which`.

    Raises:
        InputError: `which` is neither "best" nor an index of the population.
    """
    index = chosen_index(model, which)
    return model if index is None else model[index]


def chosen_index(model: Model, which: str | None) -> int | None:
    """Return the number of the network that `which` names, or None for all.

    Raises:
        InputError: `which` is neither "best" nor an index of the population.
    """
    if which is None:
        return None
    if which == "best":
        return model.best
    # no more digits than a population has: Python refuses to read thousands of them
    if which.isascii() and which.isdigit() and len(which) < 10 and int(which) < len(model):
        return int(which)
    wanted = f"best or 0 to {len(model) - 1}" if len(model) > 1 else "best or 0"
    raise InputError(f"--network: must be {wanted}; got {which}.", code="U103")
