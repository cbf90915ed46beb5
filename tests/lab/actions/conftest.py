"""A page without a host: what actions are given, built on real experiments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import InputError
from shoal.experiments import Experiment, Run
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.lab.actions.base import Dropped
from shoal.lab.session import OwnTable, Pin, Session


@dataclass
class Page:
    """Implements `Surroundings` over a folder of tables."""

    session: Session
    folder: Path
    told: list[tuple[str, float | None]] = field(default_factory=list)
    drop_after: int | None = None
    runs: dict[int, Run] = field(default_factory=dict)

    def experiment(self) -> Experiment:
        return Experiment.read(self.session.experiment, folder=self.folder)

    def pinned(self, pin: Pin) -> Experiment:
        return Experiment.read(pin.experiment, folder=self.folder)

    def run(self, number: int) -> Run:
        if number not in self.runs:
            if number >= 0:
                raise InputError(f"there is no branch {number}.")
            chosen = self.experiment() if number == -1 else self.pinned(self._pin(number))
            self.runs[number] = carry_out(prepare(chosen), threads=1)
        return self.runs[number]

    def _pin(self, number: int) -> Pin:
        return self.session.pins[-2 - number]

    def table_path(self, table: OwnTable) -> Path:
        path = self.folder / f"{table.digest}.csv"
        if not path.exists():
            raise InputError(f"{table.name}: its bytes were not brought.")
        return path

    def tell(self, sentence: str, share: float | None = None) -> None:
        self.told.append((sentence, share))
        assert share is None or 0 <= share <= 1
        if self.drop_after is not None and len(self.told) > self.drop_after:
            raise Dropped

    def brought(self, content: bytes, name: str = "points.csv") -> OwnTable:
        """Lay a table down as a host does."""
        digest = hashlib.sha256(content).hexdigest()
        (self.folder / f"{digest}.csv").write_bytes(content)
        return OwnTable(digest=digest, name=name)


SMALL: dict[str, Any] = {
    "data": {"task": "greater", "samples": 200},
    "network": {
        "layers": [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
    },
    "training": {
        "optimizer": {"name": "adam", "learning_rate": 0.03}, "batch_size": 20, "epochs": 4,
    },
    "population": {"size": 3},
}  # fmt: skip
NewPage = Callable[..., Page]


@pytest.fixture
def page(tmp_path: Path) -> NewPage:
    """Make a page of an experiment's document."""

    def make(document: dict[str, Any] | None = None, **more: Any) -> Page:
        return Page(session=Session(experiment=document or SMALL, **more), folder=tmp_path)

    return make


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """One page for tests that only look."""
    return Page(session=Session(experiment=SMALL), folder=tmp_path_factory.mktemp("page"))
