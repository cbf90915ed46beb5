"""The record of a diagnosis."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np

from shoal.experiments.doctor.curve import Sign
from shoal.experiments.doctor.records import KINDS, Finding, Kind
from shoal.experiments.document import Experiment
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.run import Run
from shoal.views import Viewed


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Diagnosis(Viewed):
    """What is the matter with a run.

    Attributes:
        experiment: of the run.
        findings: what is the matter: faults, questions, notes; of each kind causes first.
        curve: the learning curve, read aloud.
        digest: of the weights that were examined.
        seconds: that the diagnosis took, training and proofs.
        examined: the run, unless the diagnosis comes from the store: see `run`.
        signs: what `curve` says, each thing by its name; none if the diagnosis comes from the
            store.
    """

    experiment: Experiment
    findings: tuple[Finding, ...]
    curve: str
    digest: str
    seconds: float
    examined: Run | None = None
    signs: tuple[Sign, ...] = ()

    def __repr__(self) -> str:
        return f"<Diagnosis: {self.sentence}>"

    @cached_property
    def run(self) -> Run:
        """What was examined; carried out again, with the same bits, if it is not at hand.

        Raises:
            ShoalError: the experiment cannot be carried out any more.
        """
        if self.examined is not None:
            return self.examined
        return carry_out(prepare(self.experiment.with_functions()))

    def of_kind(self, kind: Kind) -> tuple[Finding, ...]:
        """Return the findings that are faults, questions or notes."""
        return tuple(each for each in self.findings if each.kind == kind)

    @property
    def is_healthy(self) -> bool:
        """Whether no fault was found; there may be questions and notes."""
        return not self.of_kind("fault")

    @property
    def sentence(self) -> str:
        """What was found, in a sentence."""
        if not self.findings:
            return "Nothing wrong was found."
        counts = [
            f"{len(found)} {kind}{'' if len(found) == 1 else 's'}"
            for kind in KINDS
            for found in [self.of_kind(kind)]
            if found
        ]
        titles = "; ".join(each.title[0].lower() + each.title[1:] for each in self.findings)
        begin = "No fault was found, but " if self.is_healthy else ""
        return f"{begin}{_joined(counts)}: {titles}."

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON document of ``shoal doctor --json``."""
        return {
            "experiment": self.experiment.document(),
            "sentence": self.sentence,
            "healthy": self.is_healthy,
            "curve": self.curve,
            "findings": [finding.to_dict() for finding in self.findings],
            "digest": self.digest,
            "seconds": self.seconds,
        }

    def pack(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the record as a JSON document and no arrays: a run can be computed again."""
        kept = {key: value for key, value in self.to_dict().items() if key != "sentence"}
        return {**kept, "folder": os.path.abspath(self.experiment.folder)}, {}

    @classmethod
    def unpack(
        cls, document: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None
    ) -> Self:
        """Return the record that `pack` took apart; its run is computed when it is asked for."""
        return cls(
            experiment=Experiment.read(
                document["experiment"], source="diagnosis", folder=Path(document["folder"])
            ),
            findings=tuple(Finding.from_dict(each) for each in document["findings"]),
            curve=document["curve"],
            digest=document["digest"],
            seconds=float(document["seconds"]),
        )


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
