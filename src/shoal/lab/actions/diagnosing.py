"""What is the matter with the opened experiment, with proof and with remedies ready to apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shoal.errors import ShoalError
from shoal.experiments import Experiment
from shoal.experiments.doctor import Finding
from shoal.experiments.doctor import diagnose as diagnosed
from shoal.experiments.doctor.checks import CHECKS
from shoal.experiments.doctor.proof import changed
from shoal.experiments.progress import Progress
from shoal.lab.actions.base import Outcome, Surroundings
from shoal.lab.messages import Diagnose

NOTHING: Final = object()
VARIANTS: Final[Mapping[str, Mapping[str, str]]] = {
    "unlearnable": {"contradictory_rows": "unlearnable_rows", "target": "unlearnable_target"}
}
"""Sentences of a check beside its usual one, by the evidence that they tell of."""
REMEDIES: Final = {
    "scaling": "scale_inputs",
    "target_scaling": "scale_target",
    "loss": "class_loss",
    "initializer": "start",
    "learning_rate": "smaller_rate",
    "clip_norm": "clip",
    "epochs": "more_epochs",
    "l2": "penalty",
    "class_weight": "class_weight",
    "label_noise": "label_noise",
    "drop": "leave_out",
    "features": "leave_out",
    "derived": "leave_out",
}
"""What a change does, by the key that it changes first."""
OTHERWISE: Final = {
    ("rate_too_low", "learning_rate"): "larger_rate",
    ("overfitting", "epochs"): "fewer_epochs",
}
WITHOUT_CHANGES: Final = {
    "unlearnable": "ceiling",
    "unlearnable_rows": "missing_column",
    "unlearnable_target": "other_target",
    "leak": "leave_out_unknown",
    "id_as_feature": "leave_out",
    "duplicate_rows": "keep_once",
}
"""What is advised where nothing can be changed for the reader, by the name of the sentence."""


def diagnose(surroundings: Surroundings, message: Diagnose) -> Outcome:
    """Return findings with evidence, proof, and remedies as changes of the document.

    Raises:
        ShoalError: the experiment cannot be carried out.
    """
    experiment = surroundings.experiment()
    said = "training"

    def tell(what: str) -> None:
        nonlocal said
        said = what
        surroundings.tell(what)

    def tick(progress: Progress) -> None:
        surroundings.tell(said)

    surroundings.tell("training")
    found = diagnosed(surroundings.run(-1), progress=tell, tick=tick)
    return Outcome(
        document={
            "sentence": found.sentence,
            "healthy": found.is_healthy,
            "curve": found.curve,
            "signs": [{"name": each.name, "values": dict(each.values)} for each in found.signs],
            "findings": [_finding(each, experiment) for each in found.findings],
            "n_checks": len(CHECKS),
            "seconds": found.seconds,
        }
    )


def _finding(finding: Finding, experiment: Experiment) -> dict[str, Any]:
    told = finding.to_dict()
    told["changes"] = {} if not finding.remedy else remedy_changes(experiment, finding.remedy)
    told["said"] = {"sentence": sentence_name(finding), "remedy": remedy_name(finding)}
    return told


def sentence_name(finding: Finding) -> str:
    """Name the sentence of a finding, so that a page can say it in its own language.

    It is the name of the check; what cannot be learned has several reasons.
    """
    variants = VARIANTS.get(finding.name, {})
    return next((name for fact, name in variants.items() if fact in finding.evidence), finding.name)


def remedy_name(finding: Finding) -> str:
    """Name what a remedy does, so that a page can say it in its own language; "" without any.

    Example:
        >>> remedy_name(Finding(name="leak", title="", sentence="", remedy_sentence="Leave it."))
        'leave_out_unknown'
    """
    if not finding.remedy_sentence:
        return ""
    own = WITHOUT_CHANGES.get(sentence_name(finding))
    if own is not None and (not finding.remedy or finding.name == "leak"):
        return own
    key, _, value = finding.remedy[0].partition("=") if finding.remedy else ("", "", "")
    last = key.rpartition(".")[2]
    if last == "activation":
        return value if value in ("identity", "leaky_relu") else "class_loss"
    return OTHERWISE.get((finding.name, last), REMEDIES.get(last, ""))


def remedy_changes(experiment: Experiment, remedy: tuple[str, ...]) -> dict[str, Any]:
    """Return what a remedy changes, as paths of at most two keys and whole values.

    A change may choose another optimizer and so drop settings of the one before; a whole value in
    place of each table that differs says the same on a page, which only sets what it is told.

    Example:
        >>> remedy_changes(Experiment(), ("preprocess.scaling=standard", "training.epochs=7"))
        {'preprocess.scaling': 'standard', 'training.epochs': 7}
    """
    try:
        after = changed(experiment, remedy).document()
    except ShoalError:
        return {}  # told in words only
    return differences(experiment.document(), after)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to set in one document to get the other: paths of one or two keys, values.

    Example:
        >>> differences({"seed": 1, "a": {"b": 2, "c": 3}}, {"seed": 2, "a": {"b": 4, "c": 3}})
        {'seed': 2, 'a.b': 4}
    """
    found: dict[str, Any] = {}
    for key, value in after.items():
        old = before.get(key, NOTHING)
        if old == value:
            continue
        are_tables = isinstance(old, Mapping) and isinstance(value, Mapping)
        if not are_tables or set(old) - set(value):
            found[key] = value
            continue
        found |= {f"{key}.{k}": v for k, v in value.items() if old.get(k, NOTHING) != v}
    return found


__all__ = ["diagnose", "differences", "remedy_changes", "remedy_name", "sentence_name"]
