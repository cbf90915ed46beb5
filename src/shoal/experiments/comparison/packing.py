"""A comparison as plain data: the document of ``--json``, and the parts that a store keeps."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from shoal.experiments.comparison.arms import Arm
from shoal.experiments.comparison.goals import Goal
from shoal.experiments.comparison.judging import Verdict
from shoal.experiments.comparison.looks import Looks
from shoal.experiments.document import Experiment
from shoal.metrics import band

if TYPE_CHECKING:
    from shoal.experiments.comparison.record import Comparison

ARRAYS: Final = ("sound", "stuck", "steps", "evaluations", "report_steps")
TABLES: Final = ("figures", "history")


def to_document(comparison: Comparison) -> dict[str, Any]:
    """Return what ``shoal compare --json`` prints."""
    return {
        "sentence": comparison.sentence,
        "about": comparison.about,
        **_head(comparison),
        "verdicts": [_verdict(each, comparison) for each in comparison.verdicts],
        "arms": [_arm(arm, comparison.figure) for arm in comparison.arms],
        "notes": list(comparison.notes),
        "seconds": comparison.seconds,
        "interrupted": comparison.interrupted,
    }


def pack(comparison: Comparison) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the record as a JSON document and arrays."""
    arrays: dict[str, np.ndarray] = {}
    for k, arm in enumerate(comparison.arms):
        arrays |= {f"{k}.{name}": np.asarray(getattr(arm, name)) for name in ARRAYS}
        for table in TABLES:
            found = getattr(arm, table)
            arrays |= {f"{k}.{table}.{name}": np.asarray(found[name]) for name in found}
    looks, goal = comparison.looks, comparison.goal
    document = {
        **_head(comparison),
        "looks": dataclasses.asdict(looks) | {"at": list(looks.at)},
        "goal": None if goal is None else dataclasses.asdict(goal),
        "verdicts": [_finite(dataclasses.asdict(each)) for each in comparison.verdicts],
        "arms": [
            {
                "name": arm.name,
                "experiment": arm.experiment.document(),
                "folder": os.path.abspath(arm.experiment.folder),
                "seconds": arm.seconds,
                "n_parameters": arm.n_parameters,
                "baselines": dict(arm.baselines),
                "attainable": arm.attainable,
            }
            for arm in comparison.arms
        ],
        "seconds": comparison.seconds,
        "interrupted": comparison.interrupted,
    }
    return document, arrays


def unpack(document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the fields of the record that `pack` took apart."""
    looks = dict(document["looks"])
    kept = ("figure", "higher_is_better", "region", "same_start", "seconds", "interrupted")
    return dict(
        arms=tuple(_unpacked_arm(k, each, arrays) for k, each in enumerate(document["arms"])),
        streams=tuple(document["streams"]),
        held=tuple(document.get("held", ())),
        own_seeds=document.get("own_seeds", False),
        seeds=tuple(document["seeds"]),
        verdicts=tuple(Verdict(**_with_infinities(each)) for each in document["verdicts"]),
        looks=Looks(**{**looks, "at": tuple(looks["at"])}),
        goal=None if document["goal"] is None else Goal(**document["goal"]),
        **{name: document[name] for name in kept},
    )


def _unpacked_arm(k: int, document: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Arm:
    tables: dict[str, Any] = {
        table: {
            name.removeprefix(f"{k}.{table}."): values
            for name, values in arrays.items()
            if name.startswith(f"{k}.{table}.")
        }
        for table in TABLES
    }
    own: dict[str, Any] = {name: arrays[f"{k}.{name}"] for name in ARRAYS}
    plain = {name: value for name, value in document.items() if name != "folder"}
    plain["experiment"] = Experiment.read(
        document["experiment"],
        source=f"arm '{document['name']}'",
        folder=Path(document["folder"]),
    )
    return Arm(**plain, **own, **tables)


def _head(comparison: Comparison) -> dict[str, Any]:
    return {
        "figure": comparison.figure,
        "higher_is_better": comparison.higher_is_better,
        "region": comparison.region,
        "n_pairs": comparison.n_pairs,
        "streams": list(comparison.streams),
        "held": list(comparison.held),
        "seeds": list(comparison.seeds),
        "same_start": comparison.same_start,
        "own_seeds": comparison.own_seeds,
    }


def _verdict(verdict: Verdict, comparison: Comparison) -> dict[str, Any]:
    found = dataclasses.asdict(verdict)
    names = comparison.names
    return {k: _plain(v) for k, v in found.items()} | {
        "a": names[verdict.a],
        "b": names[verdict.b],
    }


def _arm(arm: Arm, figure: str) -> dict[str, Any]:
    own = band(arm.figures[figure])
    return {
        "name": arm.name,
        "n_parameters": arm.n_parameters,
        "median": _plain(float(own.median)),
        "p05": _plain(float(own.p05)),
        "p95": _plain(float(own.p95)),
        "n_counted": int(own.n_counted),
        "n_diverged": arm.n_diverged,
        "n_stuck": arm.n_stuck,
        "seconds": arm.seconds,
        "baselines": {name: _plain(value) for name, value in arm.baselines.items()},
        "attainable": arm.attainable,
        "figures": {
            name: [_plain(value) for value in values.tolist()]
            for name, values in arm.figures.items()
        },
        "experiment": arm.experiment.document(),
    }


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Return values as JSON can hold them: infinite and unknown ones as words."""
    return {k: str(v) if isinstance(v, float) and v - v != 0 else v for k, v in values.items()}


def _with_infinities(values: Mapping[str, Any]) -> dict[str, Any]:
    words = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
    return {
        k: words.get(v, v) if isinstance(v, str) and k not in ("outcome", "sentence") else v
        for k, v in values.items()
    }
