"""What there is to choose from, told to a page that says hello: all of it from the registries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import shoal
from shoal.data.file_recipe import FileData
from shoal.data.tasks import TASKS
from shoal.experiments.document import Preprocess
from shoal.fields import HasRecord
from shoal.lab.limits import MAX_NETWORKS
from shoal.lab.messages import CatalogueTold, Choice, FileToTake
from shoal.lab.session import Session
from shoal.lab.starts import STARTS
from shoal.lab.tables import MAX_BYTES
from shoal.network import ACTIVATIONS, INITIALIZERS, LOSSES, Activation, Dense, Huber
from shoal.training import OPTIMIZERS, SCHEDULES, STOP_RULES, Regularization

HIDDEN: Final = frozenset({"python"})
"""What a page cannot ask for: it brings no code."""
START: Final = {**STARTS["greater"], "population": {"size": 16}}
"""The experiment of a page that has none of its own: the published one."""


def catalogue(id: int) -> CatalogueTold:
    """Return the answer to `hello`."""
    return _catalogue().model_copy(update={"id": id})


@lru_cache(maxsize=1)
def _catalogue() -> CatalogueTold:
    return CatalogueTold(
        id=0,
        version=shoal.__version__,
        start=Session(experiment=START),
        starts=STARTS,
        tasks=tuple(_choice(name, record) for name, record in TASKS.items()),
        activations=tuple(_activation(entry) for entry in ACTIVATIONS.values()),
        initializers=_choices(INITIALIZERS),
        optimizers=_choices(OPTIMIZERS),
        schedules=_choices(SCHEDULES),
        losses=tuple(_loss(name) for name in LOSSES),
        regularization=_choice("regularization", Regularization),
        stop_rules=_choices(STOP_RULES),
        preprocess=_choice("preprocess", Preprocess),
        file_data=_choice("file", FileData),
        files=files_to_take(),
        charts=charts_of_a_run(),
        most_networks=MAX_NETWORKS,
        most_table_bytes=MAX_BYTES,
    )


def files_to_take() -> tuple[FileToTake, ...]:
    """Return the kinds of files to take away, none where nothing is there that makes them."""
    try:
        from shoal.lab.actions.taking import files_to_take
    except ImportError:
        return ()
    return tuple(files_to_take())


def charts_of_a_run() -> tuple[str, ...]:
    """Return the kinds of charts that a run can be shown as, none where they cannot be taken."""
    try:
        from shoal.lab.actions.taking import charts_of_a_run
    except ImportError:
        return ()
    return tuple(charts_of_a_run())


def _choices(table: Mapping[str, HasRecord]) -> tuple[Choice, ...]:
    shown = {name: entry.record for name, entry in table.items() if name not in HIDDEN}
    return tuple(_choice(name, record) for name, record in shown.items())


def _choice(name: str, record: type[Any]) -> Choice:
    """Return a member whose settings are those of a record."""
    schema = record.model_json_schema()
    return Choice(name=name, title=_title(name), schema=schema, formula=_formula(record))


def _activation(entry: Activation) -> Choice:
    """Return an activation; its settings are keys of a layer, with defaults of their own."""
    known = Dense.model_json_schema()["properties"]
    properties = {
        name: {**known[name], "default": default} for name, default in entry.settings.items()
    }
    schema = {"type": "object", "properties": properties}
    formula = _formula(entry.function)
    return Choice(name=entry.name, title=_title(entry.name), schema=schema, formula=formula)


def _loss(name: str) -> Choice:
    schema = Huber.model_json_schema() if name == "huber" else {"type": "object", "properties": {}}
    formula = _formula(LOSSES[name].rows)
    return Choice(name=name, title=_title(name), schema=schema, formula=formula)


def _formula(documented: object) -> str:
    """Return the formula that the first sentence about something gives, if it gives one."""
    first = (documented.__doc__ or "").partition("\n\n")[0]
    found = re.search(r"``(.+?)``", first, re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def _title(name: str) -> str:
    return name.replace("_", " ")
