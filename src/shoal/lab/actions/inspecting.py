"""Look inside: the worked arithmetic of one row or point, for one network at one step."""

from __future__ import annotations

from shoal.errors import InputError
from shoal.experiments.worked import trace_run
from shoal.lab.actions.base import Outcome, Surroundings
from shoal.lab.messages import Inspect
from shoal.network.worked import Folding

WHERE = "inspect"
MOST_UNITS = 8
"""Units of a layer that are shown."""
MOST_SHOWN = 40
"""Units of all layers together, about."""


def inspect(surroundings: Surroundings, message: Inspect) -> Outcome:
    """Return the document of a trace: see docs/arithmetic.md.

    Beside it, in ``said``: what title and notes say, for a page of another language.
    Forward and answer in any case; loss and derivatives of a row, whose target is known; the
    update where one follows. Long sums and layers are folded, which bounds its size.

    Raises:
        InputError: there is no such run, row, network or step, or neither or both of row and
            point are given.
    """
    run = surroundings.run(message.run)
    if message.network >= len(run):
        told = f"must be from 0 to {len(run) - 1}; got {message.network}"
        raise InputError(f"{WHERE}: `network` {told}.", code="L103")
    surroundings.tell("working it out")
    deep = len(run.network.layers)
    folding = Folding(units=max(1, min(MOST_UNITS, MOST_SHOWN // deep)))
    found = trace_run(
        run, message.row, point=message.point, batch_row=message.batch_row, step=message.step,
        network=message.network, folding=folding, where=WHERE,
    )  # fmt: skip
    document, said = found.to_dict(), dict(found.source.facts)
    table = surroundings.session.table
    if table is not None:  # whose file is called by its digest
        document["title"] = document["title"].replace(f"{table.digest}.csv", table.name)
        said["data"] = said["data"].replace(f"{table.digest}.csv", table.name)
    document["said"] = said
    return Outcome(document=document)


__all__ = ["inspect"]
