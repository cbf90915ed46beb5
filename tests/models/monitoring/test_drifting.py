"""Drift of columns against scipy, in blocks, and how often chance alone is called drift."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from shoal.data.dataset import Dataset, Feature, Schema
from shoal.metrics.drift import population_stability_index
from shoal.models.monitoring.drifting import ColumnDrift, Drifting, _binned, _ranks
from shoal.models.summary import summarise


class Plain:
    """What `Drifting` asks of a model."""

    multiply, add = 1.0, 0.0

    def __init__(self, columns: tuple[Feature, ...]) -> None:
        self.schema = Schema(columns=columns, target="t", kind="regression")


def drift_of(before: np.ndarray, now: np.ndarray, n_blocks: int = 1) -> tuple[ColumnDrift, ...]:
    columns = tuple(Feature(name=f"x{i}") for i in range(before.shape[1]))
    model = Plain(columns)
    table = Dataset(x=before, y=np.zeros((len(before), 1)), schema=model.schema)
    summary = summarise(table, np.arange(len(before)))
    drifting = Drifting(model, summary)  # type: ignore[arg-type]
    for block in np.array_split(now, n_blocks):
        drifting.add(block)
    return drifting.columns()


@pytest.mark.parametrize("n", [7, 60, 100, 101, 1000, 12345])
def test_the_ks_distance_is_scipys_within_a_hundredth(n: int) -> None:
    rng = np.random.default_rng(n)
    before, now = rng.normal(size=(n, 1)), rng.normal(0.2, 1.1, size=(80, 1))
    expected = stats.ks_2samp(before[:, 0], now[:, 0]).statistic
    found = drift_of(before, now)[0].ks
    assert found is not None
    assert expected - 0.0101 - (1 / n if n < 101 else 0) <= found <= expected + 1e-12


@pytest.mark.parametrize("n", [40, 150, 5000])
def test_the_ks_distance_is_scipys_where_values_are_few(n: int) -> None:
    rng = np.random.default_rng(n)
    before = rng.integers(0, 7, (n, 1)).astype(float)
    now = rng.integers(-1, 6, (60, 1)).astype(float)
    expected = stats.ks_2samp(before[:, 0], now[:, 0]).statistic
    assert drift_of(before, now)[0].ks == pytest.approx(expected, abs=1e-12)


def test_blocks_of_rows_make_no_difference() -> None:
    rng = np.random.default_rng(0)
    before, now = rng.normal(size=(500, 3)), rng.normal(size=(700, 3))
    assert drift_of(before, now, 1) == drift_of(before, now, 9)


def test_psi_is_that_of_tenths_of_the_training_rows() -> None:
    # 100 rows 1..100, ten in each tenth: ends at 10, 20, ..., 90
    before = np.arange(1.0, 101)[:, None]
    now = np.repeat([5.0, 15.0, 95.0], [4, 3, 13])[:, None]
    expected = population_stability_index([10] * 10, [4, 3, 0, 0, 0, 0, 0, 0, 0, 13])
    assert drift_of(before, now)[0].psi == pytest.approx(expected)


@pytest.mark.parametrize(
    ("values", "counts", "bins"),
    [
        ([0.0] * 97 + [1.0] * 3, [0.0] * 30 + [1.0] * 30 + [2.0] * 5, [97, 3]),
        ([0.0] * 3 + [1.0] * 97, [0.0] * 30 + [1.0] * 35, [3, 97, 0]),
        ([4.0] * 50, [3.0, 4.0, 5.0], [0, 50, 0]),
    ],
)
def test_a_value_with_many_rows_is_a_bin_of_its_own(values, counts, bins) -> None:
    columns = (Feature(name="a"),)
    schema = Schema(columns=columns, target="t", kind="regression")
    x = np.array(values)[:, None]
    summary = summarise(Dataset(x=x, y=np.zeros((len(x), 1)), schema=schema), np.arange(len(x)))
    assert summary is not None
    _, ranks = _ranks(summary.columns[0], len(x))
    found = _binned(ranks, ranks, len(x))
    assert [b for b in found.tolist() if b] == [b for b in bins if b]
    assert drift_of(x, np.array(counts)[:, None])[0].p_value < 0.01 or len(counts) == 3


def test_categories_and_those_that_are_new() -> None:
    colour = Feature(name="colour", categories=("red", "green"))
    model = Plain((colour,))
    hot = np.repeat(np.eye(2), [60, 40], axis=0)
    summary = summarise(Dataset(x=hot, y=np.zeros((100, 1)), schema=model.schema), np.arange(100))
    drifting = Drifting(model, summary)  # type: ignore[arg-type]
    drifting.add(np.repeat(np.eye(2), [30, 10], axis=0))
    drifting.add_new("colour", ["pink", "blue", "pink"])
    found = drifting.columns()[0]
    assert found.psi == pytest.approx(population_stability_index([60, 40, 0], [30, 10, 3]))
    assert (found.kind, found.ks, found.n_rows) == ("categories", None, 43)
    assert found.new == (("pink", 2), ("blue", 1))


KINDS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(size=(n, 6)),
    "counts": lambda rng, n: rng.poisson(2.0, size=(n, 6)).astype(float),
    "rounded": lambda rng, n: np.round(rng.normal(size=(n, 6)), 1),
    "rare": lambda rng, n: (rng.random((n, 6)) < 0.04).astype(float),
}


def share_of_alarms(kind: str, n: int, m: int, repeats: int) -> float:
    rng = np.random.default_rng(n + m)
    draw = KINDS[kind]
    alarms = [
        any(not each.is_chance for each in drift_of(draw(rng, n), draw(rng, m)))
        for _ in range(repeats)
    ]
    return float(np.mean(alarms))


def test_chance_is_rarely_called_drift() -> None:
    # stated: 1 in 100 looks; 100 looks with 4 alarms or more have a chance of 1.8 %
    assert share_of_alarms("normal", 300, 60, 100) < 0.04


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n", "m"), [(50, 50), (150, 30), (1000, 100), (1000, 1000)])
def test_the_stated_rate_of_false_drift(kind: str, n: int, m: int) -> None:
    # at 1 in 100, 400 looks have more than 10 alarms with a chance of 0.3 %
    assert share_of_alarms(kind, n, m, 400) <= 0.025
