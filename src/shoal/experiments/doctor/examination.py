"""From a run to what is the matter with it: checks notice, remedies are tried, findings remain."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from shoal.errors import ArgumentError, InputError
from shoal.experiments.doctor.checks import CHECKS, Check
from shoal.experiments.doctor.checks.curves import MUCH_MORE, more_epochs
from shoal.experiments.doctor.curve import curve_words, read_curve
from shoal.experiments.doctor.diagnosis import Diagnosis
from shoal.experiments.doctor.examined import Examined
from shoal.experiments.doctor.proof import PAIRS, WITHIN_S, WORTH, Trial, proof_of, repeatable
from shoal.experiments.doctor.records import KINDS, Finding, Hint, Proof, Remedy
from shoal.experiments.document import Experiment
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.progress import Progress
from shoal.experiments.run import Run

WHERE: Final = "diagnose"
LONGER: Final = "too_few_steps"
"""The check whose remedy is to train longer."""
LEAST_PAIRS, MOST_PAIRS = 6, 10_000
"""Fewer pairs than 6 can prove nothing at 5 %."""
AS_GOOD: Final = 0.1
"""How far longer training may stay behind a larger rate, and still be called what is missing."""
Tell = Callable[[str], object]
Tick = Callable[[Progress], object]


def diagnose(
    what: Experiment | Run,
    *,
    prove: bool = True,
    pairs: int = PAIRS,
    within_s: float = WITHIN_S,
    rows: Any = None,
    threads: int | None = None,
    progress: Tell | None = None,
    tick: Tick | None = None,
) -> Diagnosis:
    """Say what is wrong with an experiment, and prove it by trying the remedy.

    Every check of `CHECKS` looks at the run. For what it notices the remedies are run beside the
    experiment as it is, on the same pairs of networks, all streams different from pair to pair;
    a finding that is not certain stands only if a remedy is clearly better. Causes come first,
    and their remedies, where they help, are in force when later ones are tried.

    Args:
        what: an experiment, which is carried out, or what came of one.
        prove: whether remedies are tried; without, what is not certain is a question.
        pairs: how many pairs of networks, 6 to 10,000.
        within_s: seconds, by estimate, that the pairs of one remedy may take; what would take
            longer is not tried, and said so.
        rows: what `Experiment.run` takes, for rows that were handed over in Python.
        threads: how many to use.
        progress: called with what is done next, in a few words.
        tick: called about every 50 ms while networks train, with where they are; what it raises
            ends the diagnosis.

    Raises:
        ArgumentError: `what` is something else, or `pairs` cannot be.
        ShoalError: the experiment cannot be carried out.
        KeyboardInterrupt: Ctrl-C came.

    Example:
        >>> from shoal import tasks
        >>> faulty = Experiment(data=tasks.greater(samples=200, multiply=1000), population=4)
        >>> [finding.name for finding in diagnose(faulty, prove=False).findings][:1]
        ['unscaled_inputs']
    """
    began = time.perf_counter()
    _check(what, pairs)
    tell = progress or _nothing
    if isinstance(what, Experiment):
        tell("training")
        ready = prepare(what.with_functions(), rows=rows)
        what = carry_out(ready, threads=threads, progress=tick)
        if what.interrupted:
            raise KeyboardInterrupt
    seen = Examined(run=what)
    hints = _hints(seen)
    if prove:
        experiment, own = repeatable(what, rows)
        trial = Trial(
            experiment,
            rows=own,
            columns=seen.dataset.schema.base_features,
            pairs=pairs,
            threads=threads,
            within_s=within_s,
            tick=tick,
        )
        findings, longer_helps = _proved(seen, hints, trial, tell)
    else:
        longer_helps = None
        findings = [_only_seen(_finding(CHECKS[name], hint), hint) for name, hint in hints.items()]
    signs = read_curve(seen, longer_helps=longer_helps)
    return Diagnosis(
        experiment=what.experiment,
        findings=tuple(sorted(findings, key=lambda each: KINDS.index(each.kind))),
        curve=curve_words(signs),
        signs=signs,
        digest=what.digest,
        seconds=time.perf_counter() - began,
        examined=what,
    )


def _check(what: object, pairs: object) -> None:
    if not isinstance(what, Experiment | Run):
        wanted = "must be an Experiment or a Run"
        raise ArgumentError(WHERE, "what", wanted, got=type(what).__name__, code="A101")
    known = isinstance(pairs, int) and not isinstance(pairs, bool)
    if not known or not LEAST_PAIRS <= pairs <= MOST_PAIRS:  # type: ignore[operator]
        wanted = f"must be a whole number from {LEAST_PAIRS} to {MOST_PAIRS:,}"
        raise ArgumentError(WHERE, "pairs", wanted, got=repr(pairs), code="A102")


def _nothing(told: str) -> None:
    """Tell nobody."""


def _hints(seen: Examined) -> dict[str, Hint]:
    """Return what the checks notice, by name, in their order."""
    found = {name: check.function(seen) for name, check in CHECKS.items()}
    return {name: hint for name, hint in found.items() if hint is not None}


def _only_seen(finding: Finding, hint: Hint) -> Finding:
    """Return a finding whose remedy was not tried; what is not certain is a question."""
    if hint.is_certain:
        return finding
    return replace(finding, kind="question", sentence=f"perhaps {finding.sentence}")


def _finding(check: Check, hint: Hint) -> Finding:
    """Return what was noticed, with the first remedy, as a finding."""
    first = hint.remedies[0] if hint.remedies else Remedy(changes=(), sentence="")
    return Finding(
        name=check.name,
        title=check.title,
        sentence=hint.sentence,
        evidence=hint.evidence,
        kind=hint.kind,
        remedy=first.changes,
        remedy_sentence=first.sentence,
    )


def _proved(
    seen: Examined, hints: Mapping[str, Hint], trial: Trial, tell: Tell
) -> tuple[list[Finding], bool | None]:
    """Return the findings that stand, each with what its remedy does.

    With them whether training longer helps, None if it was not tried.
    """
    findings: dict[str, Finding] = {}
    plain = trial
    for number, name in enumerate(sorted(hints, key=lambda name: not hints[name].is_cause), 1):
        check, hint = CHECKS[name], hints[name]
        tell(f"trying remedies, {number} of {len(hints)}: {check.title.lower()}")
        alone = hint.is_certain and not hint.is_cause
        found = _settled(seen, check, hint, plain if alone else trial)
        if found is None:
            continue
        findings[name] = found
        proof = found.proof
        if hint.is_cause and proof is not None and (proof.helps or proof.shows_nothing):
            trial = trial.on_top_of(found.remedy)
    longer_helps = LONGER in findings if LONGER in hints else None
    _choose_between(findings)
    return [findings[name] for name in CHECKS if name in findings], longer_helps


def _settled(seen: Examined, check: Check, hint: Hint, trial: Trial) -> Finding | None:
    """Return the finding with its best remedy, None if it does not stand."""
    tried, untried = _tried(hint, trial)
    finding = _finding(check, hint)
    best = max(tried, key=_rank, default=None)
    if best is None:
        only_seen = _only_seen(replace(finding, untried=untried), hint)
        return only_seen if hint.is_certain or untried else None
    helps = best.proof.helps
    if helps and check.name == "rate_too_low":
        helps = _better_for_longer(seen, best.remedy, trial)
    if not (hint.is_certain or helps):
        return None
    gains = best.proof.wins > best.proof.losses and best.proof.gain >= WORTH[hint.judge]
    tells = not best.proof.shows_nothing and check.name not in ALWAYS
    useless = hint.kind == "fault" and not (helps or gains) and tells
    return replace(
        finding,
        kind="note" if useless else hint.kind,
        remedy=best.remedy.changes,
        remedy_sentence=best.remedy.sentence,
        proof=best.proof,
    )


ALWAYS: Final = ("divergence",)
"""Faults whether or not a remedy was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    remedy: Remedy
    proof: Proof


def _tried(hint: Hint, trial: Trial) -> tuple[list[_Tried], str]:
    """Return what came of each remedy, and why the last that could not be tried could not."""
    found, untried = [], ""
    for remedy in hint.remedies:
        if not remedy.can_be_tried:
            continue
        try:
            found.append(_Tried(remedy=remedy, proof=trial.proof(remedy, hint.judge)))
        except InputError as error:
            untried = str(error)
    return found, untried


def _rank(tried: _Tried) -> tuple[bool, int, float]:
    """Order remedies: those that help, those that keep networks finite, the larger gain."""
    proof = tried.proof
    gain = proof.gain if proof.gain == proof.gain else -1.0
    return proof.helps, -proof.n_diverged_after, gain


def _better_for_longer(seen: Examined, remedy: Remedy, trial: Trial) -> bool:
    """Return whether a larger rate is better still when both have more epochs."""
    more = more_epochs(seen, MUCH_MORE)
    both = Remedy(changes=(*remedy.changes, *more.changes), sentence="")
    try:
        return proof_of(trial.arm(more), trial.arm(both), "loss").helps
    except InputError:
        return True


def _choose_between(findings: dict[str, Finding]) -> None:
    """Drop "too few epochs" where they are not what is missing, but the rate is."""
    slow, short = findings.get("rate_too_low"), findings.get(LONGER)
    if slow is None or short is None or slow.proof is None or short.proof is None:
        return
    if short.proof.gain < slow.proof.gain - AS_GOOD:
        del findings[LONGER]
