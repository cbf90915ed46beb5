"""What stands beside the cells: linear models, warnings, and chunks that are long enough."""

import math

import numpy as np
import pytest

from shoal.experiments.baselines import baselines_of
from shoal.experiments.sweep import Sweep, beside
from shoal.experiments.sweep.plan import LONG_S, PER_CELL_S, UNIT, plan_of

BASE = {"data": {"task": "greater", "samples": 60}, "training": {"epochs": 1}, "population": 2}


def read(table, **base):
    return Sweep.read({**BASE, **base, "sweep": table}, source="a.toml")


@pytest.fixture
def fitted(monkeypatch):
    """The experiments that linear models were fitted for."""
    seen = []

    def counted(experiment, figure, **how):
        seen.append(experiment)
        return baselines_of(experiment, figure, **how)

    monkeypatch.setattr(beside, "baselines_of", counted)
    return seen


def test_each_cell_has_the_linear_model_of_its_data(fitted):
    swept = read({"data.label_noise": [0, 0.3], "training.optimizer": ["sgd", "adam"]}).run()
    own = [
        baselines_of(cell.experiment, "validation_accuracy")["linear model"] for cell in swept.cells
    ]
    assert swept.baselines()["linear model"].tolist() == own
    assert own[0] != own[2]
    assert len(fitted) == 2  # one for each noise
    document = swept.to_dict()
    assert [cell["baselines"]["linear model"] for cell in document["cells"]] == own
    assert len(fitted) == 2


def test_the_constant_guess_of_a_loss_is_that_of_the_shares():
    """The best constant probability is the share p of the training labels: its cross-entropy."""
    swept = read({"seed": [1, 2]}).run()
    (guess, other) = swept.baselines("train_loss")["constant guess"]
    labels = swept.run(0).prepared.parts[0].train.y
    p = labels.mean()
    assert guess == pytest.approx(-p * np.log(p) - (1 - p) * np.log(1 - p), rel=1e-6)
    assert guess != other


def test_rules_and_penalties_share_one(fitted):
    table = {"training.optimizer.learning_rate": [0.1, 0.2], "training.regularization.l2": [0, 0.1]}
    swept = read(table).run()
    for values in swept.baselines("train_loss").values():
        assert len(set(values.tolist())) == 1
        assert np.isfinite(values).all()
    assert len(fitted) == 1


def test_no_more_are_fitted_than_is_told(fitted, monkeypatch):
    monkeypatch.setattr(beside, "MOST", 2)
    swept = read({"seed": [1, 2, 3]}).run()
    linear = swept.baselines()["linear model"]
    assert np.isfinite(linear).tolist() == [True, True, False]
    assert len(fitted) == 2


def test_none_where_the_rows_are_gone(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n" + "".join(f"{k},{k % 2}\n" for k in range(20)))
    base = {"data": {"file": "a.csv", "target": "y"}, "training": {"epochs": 1}, "population": 2}
    document = base | {"sweep": {"training.epochs": [1, 2]}}
    swept = Sweep.read(document, folder=tmp_path).run()
    (tmp_path / "a.csv").unlink()
    back = type(swept).unpack(*swept.pack())
    assert all(np.isnan(values).all() for values in back.baselines().values())
    assert back.to_dict()["cells"][0]["baselines"] == {
        "constant guess": None, "linear model": None,
    }  # fmt: skip


def test_warnings_are_told_once_with_the_number_of_cells():
    swept = read({"data.multiply": [1, 100, 1000], "training.epochs": [1, 2]}).run()
    (told,) = swept.warnings
    start = "4 of 6 cells, such as cell 2 (multiply=100, epochs=1): 2 features reach the network"
    assert told.startswith(f"{start} unscaled: 'x0' (mean ")
    assert told.endswith('. Set preprocess.scaling = "standard".')
    table = {"data.multiply": [100], "training.epochs": [1, 2]}
    (told,) = read(table).survey().warnings
    assert told.startswith("all 2 cells, such as cell 0 (epochs=1): 2 features reach")


def test_no_warning_of_what_the_sweep_tries():
    table = {"data.multiply": [1, 100], "preprocess.scaling": ["none", "standard"]}
    assert read(table).survey().warnings == ()


def test_rules_that_never_act():
    training = {"epochs": 3, "stop": [{"name": "plateau", "patience": 5}]}
    (told,) = read({"training.epochs": [3, 9]}, training=training).survey().warnings
    assert told == (
        "1 of 2 cells, such as cell 0 (epochs=3): training.stop[0]: plateau never acts: it waits "
        "for 5 reports after the first, and the run has 3. Give it less patience, or set "
        "training.report_every lower."
    )


@pytest.mark.parametrize("cost", [1e-6, 1e-4, 3e-3, 0.04, 0.3, 5.0], ids=str)
@pytest.mark.parametrize("size", [1, 7, 16, 100, 5000], ids=str)
def test_chunks_of_large_sweeps_are_worth_their_way(size, cost):
    """Half a second or more, but for the last; and no more than it takes for that."""
    n_cells = math.ceil(20 / (size * cost + PER_CELL_S)) + 1
    plan = plan_of(np.full(n_cells, size), np.full(n_cells, cost))
    taken = [
        sum(PER_CELL_S * (first == 0) + cost * (stop - first) for _, first, stop in pieces)
        for pieces in map(plan.pieces, range(plan.n_chunks))
    ]
    assert sum(taken) == pytest.approx(plan.cost_s)
    assert min(taken[:-1], default=LONG_S) >= LONG_S - 1e-6 - PER_CELL_S
    most = max(LONG_S, plan.cost_s / 64)
    assert max(taken) <= min(most, 2.0) + max(cost, min(UNIT * cost, 2.0)) + 2 * PER_CELL_S


def test_small_sweeps_are_shared_out():
    """Two seconds in all: chunks of an eighth of a second, enough for any two cores."""
    plan = plan_of(np.full(20, 100), np.full(20, 1e-3))
    assert 12 <= plan.n_chunks <= 16
    assert plan.cuts.tolist() == sorted(set(plan.cuts.tolist()))
