"""The models that are served, by name; read again as a whole while requests go on."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from shoal.data.wording import listing, show
from shoal.errors import InputError, did_you_mean
from shoal.models import Model
from shoal.serving.refusals import RequestError
from shoal.serving.served import Served

Source = Callable[[], Model]
LONGEST: Final = 200

log = logging.getLogger("shoal.serving")


@dataclass(slots=True)
class Reloads:
    """What became of reading one model again.

    Attributes:
        n_done: times it was read.
        n_failed: times it was not.
        fault: why the last time failed, an empty string if it did not.
    """

    n_done: int = 0
    n_failed: int = 0
    fault: str = ""


@dataclass(slots=True, kw_only=True)
class Catalogue:
    """Models behind names.

    A request takes its model from `models` once: `reload` puts another mapping there, so
    that each is answered by one model from beginning to end.

    Attributes:
        sources: what reads each model, by name.
        models: those that answer now.
        reloads: what became of `reload`, by name.
    """

    sources: Mapping[str, Source]
    models: Mapping[str, Served]
    reloads: dict[str, Reloads] = field(default_factory=dict)

    @classmethod
    def open(cls, sources: Mapping[str, Source]) -> Catalogue:
        """Read all models.

        Raises:
            InputError: a name cannot stand in an address, or a model cannot be read.
        """
        for name in sources:
            check_name(name)
        models = {name: Served(name, read()) for name, read in sources.items()}
        return cls(sources=sources, models=models, reloads={name: Reloads() for name in sources})

    def get(self, name: str) -> Served:
        """Return the model called `name`.

        Raises:
            RequestError: there is none.
        """
        found = self.models.get(name)
        if found is None:
            meant = did_you_mean(name, self.models)
            told = f"there is no model {show(name)}; there is {listing(list(self.models))}."
            raise RequestError(404, f"{told} {meant}".rstrip())
        return found

    def reload(self) -> None:
        """Read all models again; one that cannot be read stays as it is, and the log says so."""
        models: dict[str, Served] = {}
        for name, read in self.sources.items():
            old, tally = self.models[name], self.reloads[name]
            try:
                new = Served(name, read())
            except Exception as error:  # whatever one file holds, the others are read
                tally.n_failed += 1
                tally.fault = str(error) or type(error).__name__
                models[name] = old
                log.error("%s: the old model stays: %s", name, tally.fault)
                continue
            tally.n_done += 1
            tally.fault = ""
            models[name] = old if new.digest == old.digest and _alike(new, old) else new
            what = "unchanged" if models[name] is old else "read again"
            log.info("%s: %s, digest %s", name, what, new.digest[:12])
        self.models = models


def check_name(name: str) -> None:
    """Check that a name can stand in an address.

    Raises:
        InputError: it is empty, too long, or holds a slash or a control character.
    """
    if not name or len(name) > LONGEST or name in (".", ".."):
        raise InputError(f"{show(name)}: is no name for a model. Give NAME=FILE.", code="V112")
    if "/" in name or not name.isprintable() or re.search(r"[\ud800-\udfff]", name):
        told = "a model's name may hold no slash and no control character."
        raise InputError(f"{show(name)}: {told} Give NAME=FILE.", code="V112")


def _alike(new: Served, old: Served) -> bool:
    """Return whether two models of the same weights also read and write rows alike."""
    parts = ("network", "schema", "scalers", "target_scalers", "multiply", "add", "threshold")
    same = all(getattr(new.model, part) == getattr(old.model, part) for part in parts)
    return same and new.model.summary == old.model.summary
