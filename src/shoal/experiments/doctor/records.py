"""What a diagnosis consists of: findings, their remedies, and what came of trying these."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Self

from shoal.experiments.comparison.wording import name_of

Kind = Literal["fault", "question", "note"]
"""Something to mend; something only the reader can answer; something to know."""
Judge = Literal["loss", "fit", "accuracy", "recall", "sound"]
"""By what a remedy is judged: see `shoal.experiments.doctor.proof.JUDGES`."""
KINDS: tuple[Kind, ...] = ("fault", "question", "note")
CLEAR: Final = 0.05
"""The p-value at which pairs have decided."""
Evidence = Mapping[str, float | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What may help: changes of the experiment, and what they are in words.

    Attributes:
        changes: such as ``"preprocess.scaling=standard"``; empty if nothing can be tried.
        sentence: what to do.
        without: columns that are left out, for rows that were handed over in Python.
    """

    changes: tuple[str, ...]
    sentence: str
    without: tuple[str, ...] = ()

    @property
    def can_be_tried(self) -> bool:
        """Whether there is anything to run."""
        return bool(self.changes or self.without)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a check noticed, before any remedy has been tried.

    Attributes:
        sentence: what is the matter.
        evidence: the numbers behind it.
        remedies: what may help; all are tried, and the best is reported.
        kind: what the finding is if it stands.
        judge: by what remedies are judged.
        is_certain: whether it stands even if no remedy helps.
        is_cause: whether other findings may come of it; its remedy is in force when theirs are
            tried.
    """

    sentence: str
    evidence: Evidence
    remedies: tuple[Remedy, ...] = ()
    kind: Kind = "fault"
    judge: Judge = "loss"
    is_certain: bool = True
    is_cause: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A remedy, tried: the same pairs of networks without and with it.

    Attributes:
        figure: by what it is judged, such as "validation_loss".
        before, after: the medians without and with the remedy; NaN if no network has the figure.
        gain: the median of the paired differences, above 0 where the remedy is better.
        wins, losses, ties: pairs in which the remedy is better, worse, the same.
        p_value: of the exact sign test.
        n_diverged_before, n_diverged_after: networks that diverged.
        helps: whether the gain is both certain and worth having.
        beside: other remedies that were in force on both sides.
    """

    figure: str
    before: float
    after: float
    gain: float
    wins: int
    losses: int
    ties: int
    p_value: float
    n_diverged_before: int
    n_diverged_after: int
    helps: bool
    beside: tuple[str, ...] = ()

    @property
    def n_pairs(self) -> int:
        """How many pairs were trained."""
        return self.wins + self.losses + self.ties

    @property
    def shows_nothing(self) -> bool:
        """Whether all networks diverged, without the remedy and with it."""
        return self.n_diverged_before == self.n_diverged_after == self.n_pairs

    @property
    def sentence(self) -> str:
        """What came of it."""
        if self.figure == "diverged" or self.shows_nothing:
            told = f"{self.n_diverged_before} of {self.n_pairs} networks diverge without it, "
            return f"{told}{self.n_diverged_after} with it."
        moved = f"{name_of(self.figure)} {_number(self.before)} -> {_number(self.after)} (medians)"
        if self.losses > self.wins and self.p_value <= CLEAR:
            return f"{moved}, worse in {self.losses} of {self.n_pairs} pairs."
        count = f"better in {self.wins} of {self.n_pairs} pairs"
        return f"{moved}, {count}." if self.helps else f"no clear gain: {moved}, {count}."

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, null where a number is not known."""
        numbers = {"before": self.before, "after": self.after, "gain": self.gain}
        return {
            "figure": self.figure,
            **{name: _plain(value) for name, value in numbers.items()},
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "n_pairs": self.n_pairs,
            "p_value": _plain(self.p_value),
            "n_diverged_before": self.n_diverged_before,
            "n_diverged_after": self.n_diverged_after,
            "helps": self.helps,
            "beside": list(self.beside),
            "sentence": self.sentence,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return what `to_dict` gave."""
        known = {key: document[key] for key in cls.__dataclass_fields__}
        known["beside"] = tuple(known["beside"])
        for name in ("before", "after", "gain", "p_value"):
            known[name] = math.nan if known[name] is None else float(known[name])
        return cls(**known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is the matter, in words, with what helps and by how much.

    Attributes:
        name: of the check, as in `CHECKS`.
        title: in a few words.
        sentence: what is the matter.
        evidence: the numbers behind it.
        kind: "fault", "question" or "note".
        remedy: changes of the experiment; empty if no change helps.
        remedy_sentence: what to do.
        proof: what came of the remedy, None if it was not tried.
        untried: why the remedy could not be tried, or nothing.
    """

    name: str
    title: str
    sentence: str
    evidence: Evidence = field(default_factory=dict)
    kind: Kind = "fault"
    remedy: tuple[str, ...] = ()
    remedy_sentence: str = ""
    proof: Proof | None = None
    untried: str = ""

    def as_note(self) -> Finding:
        """Return the finding as something to know."""
        return replace(self, kind="note")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, null where a number is not known."""
        return {
            "name": self.name,
            "title": self.title,
            "kind": self.kind,
            "sentence": self.sentence,
            "evidence": {key: _plain(value) for key, value in self.evidence.items()},
            "remedy": list(self.remedy),
            "remedy_sentence": self.remedy_sentence,
            "proof": None if self.proof is None else self.proof.to_dict(),
            "untried": self.untried,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Return what `to_dict` gave."""
        known = {key: document[key] for key in cls.__dataclass_fields__}
        known["remedy"] = tuple(known["remedy"])
        known["evidence"] = {
            key: math.nan if value is None else value for key, value in known["evidence"].items()
        }
        proof = known["proof"]
        known["proof"] = None if proof is None else Proof.from_dict(proof)
        return cls(**known)


def _plain(value: float | str) -> float | str | None:
    """Return a number as Python has it, None where JSON has no word for it."""
    if isinstance(value, str):
        return value
    plain = float(value)
    if not math.isfinite(plain):
        return None
    return int(plain) if plain.is_integer() and abs(plain) < 2**53 else plain


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "none"


__all__ = ["KINDS", "Evidence", "Finding", "Hint", "Judge", "Kind", "Proof", "Remedy"]
