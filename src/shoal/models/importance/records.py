"""What a model's answers rest on, as records: columns, columns together, and all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.data.wording import count, listing, show
from shoal.models.importance.dependence import Dependence
from shoal.models.importance.kinship import Related
from shoal.models.importance.permutation import Rise, Verdict
from shoal.network import FloatArray
from shoal.views import Viewed


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighed:
    """How much worse answers become, by measure, and the measure that decides."""

    rises: Mapping[str, Rise]
    measure: str

    @property
    def rise(self) -> Rise:
        """How much worse, by the measure that decides."""
        return self.rises[self.measure]

    @property
    def verdict(self) -> Verdict:
        """Whether it matters: "matters", "not shown" or "harms"."""
        return self.rise.verdict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColumnImportance(Weighed):
    """How much a model's answers rest on one column.

    Attributes:
        name: the column.
        rises: by measure, how much worse answers become when its cells are dealt out anew.
        measure: which of them decides.
        alone: the same of every network by itself, (P,), or None.
    """

    name: str
    alone: FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FamilyImportance(Weighed):
    """How much a model's answers rest on columns that stand in for each other.

    Attributes:
        names: the columns.
        rises: by measure, how much worse answers become when the cells of all of them are
            dealt out anew, those of a row together.
        measure: which of them decides.
    """

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Importance(Viewed):
    """What a model's answers rest on.

    Attributes:
        kind: of the target.
        targets: the columns that count.
        measure: what decides: "accuracy" or "loss", "mean_absolute_error" or
            "mean_squared_error".
        scores: by measure, on the rows as they stand.
        columns: the most important first.
        n_rows: rows that columns were dealt out among.
        n_rows_given: rows that there were.
        n_networks: P.
        repeats: how often each column was dealt out.
        level: with this probability all intervals hold together.
        seed: of permutations and samples.
        related: pairs of columns that say much the same.
        families: columns that such pairs join, dealt out together; the most important first.
        dependences: of the columns that matter most.
        weighted: whether rows counted by weights.
        seen: whether these are the rows that trained the model, as far as is known.
        command: how to ask again, where that is known.
    """

    kind: str
    targets: tuple[str, ...]
    measure: str
    scores: Mapping[str, float]
    columns: tuple[ColumnImportance, ...]
    n_rows: int
    n_rows_given: int
    n_networks: int
    repeats: int
    level: float
    seed: int
    related: tuple[Related, ...] = ()
    families: tuple[FamilyImportance, ...] = ()
    dependences: tuple[Dependence, ...] = ()
    weighted: bool = False
    seen: bool = False
    command: str = ""

    @property
    def target(self) -> str:
        """What is told from the columns: the target, or several with commas between."""
        return ", ".join(self.targets)

    @property
    def that_matter(self) -> tuple[str, ...]:
        """The names of the columns that matter, the most important first."""
        return tuple(each.name for each in self.columns if each.verdict == "matters")

    @property
    def answer(self) -> str:
        """What was found, in a sentence."""
        n, names = len(self.columns), self.that_matter
        joint = [each.names for each in self.families if each.verdict == "matters"]
        hidden = next((each for each in joint if not set(each) & set(names)), None)
        alone = "" if hidden is None else " by itself"
        if names:
            verb = "matters" if len(names) == 1 else "matter"
            told = f"{len(names)} of {count(n, 'column')} {verb}{alone}: {listing(names, 5)}."
        else:
            told = f"None of {count(n, 'column')} is shown to matter{alone} on these rows."
        if hidden is None:
            return told
        return f"{told} {listing(hidden, 5)}, which say much the same, matter together."

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know before trusting it."""
        found = []
        if self.seen:
            found.append(
                "These rows are of the file that trained the model, so what it learnt by heart "
                "counts as well. Rows that it never saw tell more."
            )
        if len(self.targets) > 1 and self.kind == "regression":
            found.append(
                "Errors are in standard deviations of each target, and their mean is taken; "
                "one target can be asked about by itself."
            )
        if self.n_rows < self.n_rows_given:
            found.append(f"{self.n_rows:,} of {self.n_rows_given:,} rows, drawn at random.")
        other, names = self._by_the_other()
        if names:
            verb = "matters" if len(names) == 1 else "matter"
            found.append(f"By the {other.replace('_', ' ')}, {listing(names, 5)} {verb} too.")
        elif not self.that_matter:
            found.append(
                f"The intervals of {count(self.n_rows, 'row')} are wide: more rows may show more."
            )
        found += [
            f"{show(pair.first)} and {show(pair.second)} say much the same (correlation "
            f"{pair.correlation:.2f}): each seems less important than both are together."
            for pair in self.related[:1]
        ]
        if len(self.related) > 1:
            found.append(f"{count(len(self.related) - 1, 'more pair')} of columns likewise.")
        return tuple(found)

    def _by_the_other(self) -> tuple[str, tuple[str, ...]]:
        """Return the measure that does not decide, and the columns that matter by it alone."""
        other = next(name for name in self.scores if name != self.measure)
        return other, tuple(
            each.name for each in self.columns
            if each.verdict == "not shown" and each.rises[other].verdict == "matters"
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "kind": self.kind,
            "target": self.target,
            "targets": list(self.targets),
            "measure": self.measure,
            "scores": dict(self.scores),
            "n_rows": self.n_rows,
            "n_rows_given": self.n_rows_given,
            "n_networks": self.n_networks,
            "repeats": self.repeats,
            "level": self.level,
            "seed": self.seed,
            "weighted": self.weighted,
            "seen": self.seen,
            "answer": self.answer,
            "notes": list(self.notes),
            "columns": [_plain(each) for each in self.columns],
            "related": [
                {"first": r.first, "second": r.second, "correlation": r.correlation}
                for r in self.related
            ],
            "families": [
                {"names": list(each.names), "verdict": each.verdict, **_rises(each)}
                for each in self.families
            ],
            "dependences": [each.to_dict() for each in self.dependences],
        }


def _plain(each: ColumnImportance) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": each.name,
        "verdict": each.verdict,
        **_rises(each),
    }
    if each.alone is not None:
        told["networks"] = np.asarray(each.alone).tolist()
    return told


def _rises(each: Weighed) -> dict[str, dict[str, float]]:
    return {
        name: {"rise": rise.mean, "low": rise.low, "high": rise.high}
        for name, rise in each.rises.items()
    }
