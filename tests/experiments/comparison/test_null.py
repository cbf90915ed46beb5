"""Null test: how often comparisons are wrong, on the figures of real networks.

Two arms differ only in independent init and order streams. Pairs of networks are trained once
for each of three shapes of figures (ties: accuracy on 50 rows; stuck: xor with three hidden units;
mild: the loss of greater.toml, shortened); every repetition draws pairs from them, and which side
is called the first, so that there is nothing to find. For the edge of the region the gain of one
side is moved by just the region.

All figures: python tests/experiments/comparison/test_null.py
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

from shoal.experiments.comparison.judging import judged, outcomes
from shoal.experiments.comparison.looks import Looks, read_looks
from shoal.experiments.document import Experiment, Population
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.shelf import Shelf
from shoal.metrics.paired import bootstrap_interval, wilcoxon
from shoal.streams import STREAMS, stream
from shoal.training import Adam, Training

GREATER = {"data": {"task": "greater", "samples": 250}, "network": {"layers": [
    {"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]}}  # fmt: skip
XOR = {"data": {"task": "xor", "stream": False}, "network": {"layers": [
    {"units": 3, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]}}  # fmt: skip
SHAPES: dict[str, tuple[Experiment, str, float]] = {
    "ties": (
        Experiment(**GREATER, training=Training(Adam(0.03), epochs=6, report_every="end")),
        "validation_accuracy",
        0.02,
    ),
    "stuck": (
        Experiment(
            **XOR,
            training=Training(Adam(0.1), epochs=300, batch_size="full", report_every="end"),
        ),
        "train_loss",
        0.05,
    ),
    "mild": (
        Experiment(training=Training(Adam(0.03), epochs=10, batch_size=30, report_every="end")),
        "validation_loss",
        0.02,
    ),
}
"""The experiment, the figure, and the region of each shape."""
UNTILS = {"64 pairs": (None, 64), "decided": ("decided", None), "width": ("width<0.01", None)}
AT_MOST = 256


@cache
def pairs_of(shape: str, n_pairs: int, figure: str = "") -> np.ndarray:
    """Return the figures of pairs that differ in init and order alone, (2, n_pairs)."""
    experiment, usual, _ = SHAPES[shape]
    first = experiment.model_copy(update={"population": Population(1, STREAMS)})
    own = first.streams.model_copy(update={"init": 10**9, "order": 10**9 + 1})
    sides = first, first.model_copy(update={"streams": own})
    found = []
    for start in range(0, n_pairs, 512):
        shelf, members = Shelf(), range(start, min(start + 512, n_pairs))
        runs = [carry_out(prepare(e, members=members, shelf=shelf), tape_bytes=0) for e in sides]
        assert (runs[0].weights != runs[1].weights).any(axis=1).all()
        found.append([run.final(figure or usual) for run in runs])
    return np.concatenate(found, axis=1)


def verdict(a: np.ndarray, b: np.ndarray, looks: Looks, region: float | None) -> str:
    """Return what `compare` would say of two columns of figures, look by look."""
    for n in looks.at:
        found = judged(a[:n], b[:n], higher_is_better=True, region=region, looks=looks)
        outcome = outcomes([found])[0]
        if looks.kind == "decided" and outcome != "undecided":
            break
    return outcome


def rates(
    pairs: np.ndarray, until: str, repetitions: int, *, gain: float = 0.0, region: float | None
) -> dict[str, float]:
    """Return how often each outcome is said of pairs drawn anew, one side better by `gain`."""
    kind, first = UNTILS[until]
    looks = read_looks(kind, first, AT_MOST)
    own, n = stream(1, "null"), looks.at[-1]
    said = []
    for r in range(repetitions):
        drawn = (own.uniform(n, r, 0) * pairs.shape[1]).astype(np.int64)
        swapped = own.uniform(n, r, 1) < 0.5
        a = np.where(swapped, pairs[1, drawn], pairs[0, drawn])
        b = np.where(swapped, pairs[0, drawn], pairs[1, drawn])
        said.append(verdict(a, b + gain, looks, region))
    return {name: said.count(name) / repetitions for name in sorted(set(said))}


def second_opinions(pairs: np.ndarray, n: int, repetitions: int) -> dict[str, float]:
    """Return how often what never decides would have said that there is a difference."""
    own, said = stream(1, "null"), dict.fromkeys(("median", "mean", "wilcoxon"), 0)
    for r in range(repetitions):
        drawn = (own.uniform(n, r, 0) * pairs.shape[1]).astype(np.int64)
        sign = np.where(own.uniform(n, r, 1) < 0.5, -1.0, 1.0)
        gains = sign * (pairs[1, drawn] - pairs[0, drawn])
        for name in ("median", "mean"):
            found = bootstrap_interval(gains, name)  # type: ignore[arg-type]
            said[name] += not found.low <= 0 <= found.high
        said["wilcoxon"] += wilcoxon(gains).p_value <= 0.05
    return {name: count / repetitions for name, count in said.items()}


def false_better(found: dict[str, float]) -> float:
    return found.get("better", 0.0) + found.get("worse", 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("until", list(UNTILS))
@pytest.mark.parametrize("shape", list(SHAPES))
def test_false_verdicts(shape: str, until: str) -> None:
    pairs, region = pairs_of(shape, 2048), SHAPES[shape][2]
    assert false_better(rates(pairs, until, 1000, region=None)) <= 0.05
    at_edge = rates(pairs, until, 1000, gain=region, region=region)
    assert at_edge.get("no difference", 0.0) <= 0.05


@pytest.mark.parametrize("until", ["64 pairs", "decided"])
@pytest.mark.parametrize("shape", ["ties", "stuck"])
def test_few_false_verdicts(shape: str, until: str) -> None:
    """As above with fewer repetitions: no more than 5 % could come to by chance."""
    pairs, region, n = pairs_of(shape, 512), SHAPES[shape][2], 100
    most = stats.binom.ppf(0.999, n, 0.05) / n
    assert false_better(rates(pairs, until, n, region=None)) <= most
    assert rates(pairs, until, n, gain=region, region=region).get("no difference", 0) <= most


def test_the_shapes_are_what_they_are_called() -> None:
    ties, stuck = pairs_of("ties", 512), pairs_of("stuck", 512)
    assert 0.1 < (ties[0] == ties[1]).mean() < 0.6
    # some networks stay where three of the four points are told apart
    assert 0.05 < (stuck > 0.3).mean() < 0.25
    assert (stuck < 0.1).mean() > 0.75


def test_what_is_there_is_found() -> None:
    pairs = pairs_of("ties", 512)
    assert rates(pairs, "64 pairs", 50, gain=0.05, region=None).get("better", 0) > 0.9
    alike = rates(pairs, "decided", 50, gain=0.0, region=0.05)
    assert alike.get("no difference", 0) > 0.9


def main() -> None:
    """Print every figure of the documentation."""
    for shape, (_, figure, region) in SHAPES.items():
        pairs = pairs_of(shape, 2048)
        for until in UNTILS:
            null = rates(pairs, until, 1000, region=None)
            edge = rates(pairs, until, 1000, gain=region, region=region)
            print(
                f"{shape:6} {figure:20} {until:9} false better {false_better(null):.1%}  "
                f"false no difference {edge.get('no difference', 0.0):.1%}"
            )
    for shape in SHAPES:
        for n in (16, 64):
            found = second_opinions(pairs_of(shape, 2048), n, 1000)
            told = ", ".join(f"{name} {rate:.1%}" for name, rate in found.items())
            print(f"would have been false, {shape}, {n} pairs: {told}")
    for shape in ("ties", "mild"):
        pairs: Any = pairs_of(shape, 2048, "validation_accuracy")
        for until in ("64 pairs", "decided"):
            found = rates(pairs, until, 1000, gain=0.005, region=None)
            spread = float(np.std(pairs[1] - pairs[0]))
            print(
                f"power at +0.5 points, {shape}, {until}: {found.get('better', 0.0):.1%} "
                f"(differences have a deviation of {100 * spread:.2f} points)"
            )


if __name__ == "__main__":
    main()
