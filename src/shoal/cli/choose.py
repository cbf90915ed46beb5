"""Choose one network of a model by its name on the command line."""

from __future__ import annotations

from shoal.errors import InputError
from shoal.models import Model


def chosen_network(model: Model, which: str | None) -> Model:
    """Return the whole model, its best network, or network number `which`.

    Raises:
        InputError: `which` is neither "best" nor an index of the population.
    """
    if which is None:
        return model
    if which == "best":
        return model.best_network
    if which.isascii() and which.isdigit() and int(which) < len(model):
        return model[int(which)]
    raise InputError(f"--network: must be best or 0 to {len(model) - 1}; got {which}.")
