"""Successive halving: going on is going on, ranks are what they say, and it finds the winner."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal import Experiment
from shoal.errors import ArgumentError
from shoal.experiments.search import SearchProgress, halve
from shoal.experiments.search.ladder import n_kept, rung_budgets
from shoal.experiments.search.scores import Yardstick
from shoal.experiments.sweep import Sweep

RATES = [1e-5, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 3.0, 10.0]
UP = Yardstick(figure="validation_accuracy", higher_is_better=True)
DOWN = Yardstick(figure="validation_loss", higher_is_better=False)


def sweep_of(axes: dict[str, Any], **changes: Any) -> Sweep:
    """Return a sweep over the task that compares two numbers, with few rows."""
    document: dict[str, Any] = {
        "data": {"task": "greater", "samples": 300, "validation": 0.3},
        "network": {"layers": [{"units": 3, "activation": "tanh"}, {"units": 1}]},
        "training": {"epochs": 9, "batch_size": 30, "optimizer": {"name": "sgd"}},
        "population": {"size": 3},
    }
    document["network"]["layers"][1]["activation"] = "sigmoid"
    for key, value in changes.items():
        document[key] = {**document[key], **value}
    return Sweep.read({**document, "sweep": axes})


LADDER = {"training.optimizer.learning_rate": RATES}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"training": {"restore_best": "validation_loss"}},
        {"training": {"report_every": "end"}},
        {"training": {"schedule": {"name": "cosine"}}},
        {"data": {"task": "or", "batches": 20, "samples": None, "validation": None}},
        {"population": {"vary": ["data", "noise", "init", "order"]}},
        {"training": {"stop": [{"name": "plateau", "patience": 2}]}},
    ],
    ids=["plain", "best", "end", "schedule", "stream", "data", "plateau"],
)
def test_what_comes_through_has_the_bits_of_a_whole_run(changes: dict[str, Any]) -> None:
    if "data" in changes:
        kept = {key: value for key, value in changes["data"].items() if value is not None}
        base = sweep_of(LADDER).to_document()
        sweep = Sweep.read({**base, "data": kept})
    else:
        sweep = sweep_of(LADDER, **changes)
    found = halve(sweep, figure="validation_loss", budgets=[1, 3])
    assert [len(rung.cells) for rung in found.rungs] == [9, 3, 1]
    last = found.rungs[-1]
    for cell in last.cells.tolist():
        whole = sweep.cells[cell].experiment.run()
        run = found.runs[cell]
        assert run.digest == whole.digest
        assert np.array_equal(run.steps, whole.steps)
        assert run.stopped_because == whole.stopped_because
        for name, values in whole.history.items():
            assert np.array_equal(run.history[name], values, equal_nan=True)


def test_a_stop_rule_in_python_sees_every_report() -> None:
    from shoal import Training
    from shoal.training import Predicate

    seen: list[float] = []

    def enough(previous: dict[str, float], current: dict[str, float]) -> bool:
        seen.append(current["train_loss"])
        return len(previous) > 0 and current["train_loss"] < 0.3

    sweep = sweep_of(LADDER)
    experiment = sweep.cells[5].experiment
    training = experiment.training
    fields = {name: getattr(training, name) for name in type(training).model_fields}
    stopping = Training(**{**fields, "stop": [Predicate(enough)]})
    whole = experiment.model_copy(update={"training": stopping})
    run = whole.run()
    asked = len(seen)
    assert asked > 0

    from shoal.experiments.prepare import prepare
    from shoal.experiments.search.together import advance_all, record_of
    from shoal.experiments.trainer import Trainer

    trainer = Trainer(prepare(whole))
    for step in (7, 30, 63):
        advance_all([trainer], [step], threads=1)
    assert record_of(trainer).digest == run.digest
    assert len(seen) == 2 * asked


def test_ranks_are_medians_at_the_budget() -> None:
    """A cell's score is that of a run of the full experiment, looked at after the budget."""
    sweep = sweep_of(LADDER)
    found = halve(sweep, figure="validation_loss", budgets=[2, 4])
    full = [sweep.cells[k].experiment.run() for k in range(9)]
    for rung, epochs in zip(found.rungs, (2, 4, 9), strict=True):
        assert rung.epochs == epochs
        medians = [np.median(full[k].history["validation_loss"][:, epochs - 1]) for k in rung.cells]
        assert rung.scores.tolist() == medians
        n = len(rung.kept)
        assert list(rung.kept) == [rung.cells[k] for k in np.argsort(medians, kind="stable")[:n]]
    assert found.winner == found.rungs[-1].kept[0]


def test_the_winner_is_that_of_the_whole_grid_for_a_third_of_the_steps() -> None:
    """Rates from far too small to far too large: the best is seen early."""
    sweep = sweep_of(LADDER, training={"epochs": 27}, data={"samples": 1000})
    found = halve(sweep, figure="validation_loss")
    full = [np.median(sweep.cells[k].experiment.run().final("validation_loss")) for k in range(9)]
    assert found.winner == int(np.argmin(full))
    assert found.score == min(full)
    # 9 cells to 3 epochs, 3 to 9, 1 to 27, of 3 networks: 27 + 18 + 18 = 63 of 243 epochs.
    assert [rung.epochs for rung in found.rungs] == [3, 9, 27]
    per_epoch = 24  # 700 rows in batches of 30
    assert [rung.steps for rung in found.rungs] == [3 * per_epoch * n for n in (27, 18, 18)]
    assert found.saved == pytest.approx(1 - 63 / 243)
    assert found.steps_full == 3 * per_epoch * 243
    label = found.cell.label
    assert found.sentence == (
        f"{label} is the best of 9 cells: median validation loss {found.score:.4g}, "
        "with 26% of the steps of the whole grid."
    )


def test_threads_do_not_matter() -> None:
    one, two = (halve(sweep_of(LADDER), threads=n).to_dict() for n in (1, 2))
    assert one | {"seconds": 0} == two | {"seconds": 0}


def test_a_cell_with_fewer_epochs_is_at_its_end() -> None:
    sweep = sweep_of({"training.epochs": [1, 2, 4, 8]}, training={"optimizer": {"name": "adam"}})
    found = halve(sweep, figure="validation_loss", keep=0.5, budgets=[2])
    # Two epochs: 1, 2, 2 and 2 of them; then the two that are left to their end.
    per_epoch = 7 * 3
    assert found.rungs[0].steps == per_epoch * (1 + 2 + 2 + 2)
    assert [rung.epochs for rung in found.rungs] == [2, 8]


def test_what_diverges_is_left_behind() -> None:
    sweep = sweep_of(
        {"training.optimizer.learning_rate": [1e30, 1e-12]},
        network={"layers": [{"units": 1, "activation": "identity"}]},
        training={"loss": "squared_error"},
        data={"multiply": 1e4},
    )
    found = halve(sweep, figure="validation_loss", keep=0.5, budgets=[1])
    assert found.rungs[0].scores[0] == np.inf
    assert found.winner == 1
    assert found.to_dict()["rungs"][0]["scores"][0] is None


def test_medians_count_the_diverged_as_worst() -> None:
    some = np.array([0.9, np.nan, 0.7])
    assert UP.score(some) == 0.7
    assert DOWN.score(some) == 0.9
    assert UP.score(np.array([np.nan, 0.9])) == -np.inf
    assert DOWN.score(np.array([np.nan, np.nan, 0.1])) == np.inf


def test_ties_go_to_the_lower_loss_then_to_the_earlier_cell() -> None:
    assert UP.ranked(np.array([0.5, 0.7, 0.7, 0.5])).tolist() == [1, 2, 0, 3]
    assert DOWN.ranked(np.array([0.5, 0.5, np.inf, 0.2])).tolist() == [3, 0, 1, 2]
    losses = np.array([0.1, 0.9, 0.4, 0.1])
    assert UP.ranked(np.array([0.5, 0.7, 0.7, 0.5]), losses).tolist() == [2, 1, 0, 3]


def test_of_two_that_are_the_same_so_far_the_longer_goes_on() -> None:
    """Cells that differ in their epochs alone are equal at a rung that both have reached."""
    sweep = sweep_of({"training.epochs": [4, 8]}, training={"optimizer": {"name": "adam"}})
    found = halve(sweep, figure="validation_loss", keep=0.5, budgets=[4])
    assert [rung.kept for rung in found.rungs] == [(1,), (1,)]


def test_cells_as_good_as_the_winner_are_told() -> None:
    """Rates too small to change a guess: equal accuracies, and the largest has the lowest loss."""
    rates = [1e-7, 1e-5, 1e-6]
    document = {
        "data": {"task": "greater", "samples": 60},
        "training": {"epochs": 1, "optimizer": "sgd"},
        "population": 3,
        "sweep": {"training.optimizer.learning_rate": rates},
    }
    found = halve(Sweep.read(document))
    losses = [np.median(run.final("validation_loss")) for run in found.runs.values()]
    assert found.winner == list(found.runs)[int(np.argmin(losses))] == 1
    assert ", as of 2 other cells, with 100% of the steps " in found.sentence


@pytest.mark.parametrize(
    ("given", "n_epochs", "n_cells", "keep", "wanted"),
    [
        (None, 81, 81, 1 / 3, (1, 3, 9, 27, 81)),
        (None, 100, 27, 1 / 3, (4, 12, 34, 100)),
        (None, 2, 100, 1 / 3, (1, 2)),
        (None, 16, 8, 0.5, (2, 4, 8, 16)),
        (None, 16, 1, 0.5, (16,)),
        ([1, 3], 9, 9, 1 / 3, (1, 3, 9)),
        ([1, 9, 20], 9, 9, 1 / 3, (1, 9)),
        ([], 9, 9, 1 / 3, (9,)),
    ],
)
def test_budgets(
    given: list[int] | None, n_epochs: int, n_cells: int, keep: float, wanted: tuple[int, ...]
) -> None:
    assert rung_budgets(given, n_epochs, n_cells, keep) == wanted


def test_how_many_go_on() -> None:
    assert [n_kept(n, 1 / 3) for n in (1, 2, 3, 8, 9, 27, 81)] == [1, 1, 1, 2, 3, 9, 27]


def test_progress_ends_with_everything_done() -> None:
    told: list[SearchProgress] = []
    sweep = sweep_of(LADDER, training={"epochs": 400})
    found = halve(sweep, figure="validation_loss", progress=told.append)
    assert told
    assert all(0 <= each.done <= each.total for each in told)
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert told[-1].done == found.steps
    assert told[-1].total == pytest.approx(found.steps, rel=0.01)
    assert [each.stage for each in told] == sorted(each.stage for each in told)
    assert {each.stage for each in told} == {1, 2, 3}


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (
            {"keep": 1.0},
            "halve: `keep` must be a share between 0 and 1; got 1.0."
            " Give a value within the bounds.",
        ),
        (
            {"keep": True},
            "halve: `keep` must be a share between 0 and 1; got True."
            " Give a value within the bounds.",
        ),
        (
            {"budgets": [3, 1]},
            "halve: `budgets` must be ascending whole numbers of 1 or more; got [3, 1]."
            " Give a value within the bounds.",
        ),
        (
            {"budgets": [0.5]},
            "halve: `budgets` must be ascending whole numbers of 1 or more; got [0.5]."
            " Give a value within the bounds.",
        ),
        (
            {"figure": "validation_acuracy"},
            "halve: `figure` must be one of validation_loss, validation_accuracy; "
            "got 'validation_acuracy'. Did you mean 'validation_accuracy'?",
        ),
        (
            {"figure": "train_loss"},
            "halve: `figure` must be one of validation_loss, validation_accuracy; "
            "got 'train_loss'.",
        ),
    ],
)
def test_what_is_refused(how: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ArgumentError) as error:
        halve(sweep_of(LADDER), **how)
    assert str(error.value).partition(" Did")[0] == sentence.partition(" Did")[0]


def test_without_validation_rows_nothing_is_ranked() -> None:
    with pytest.raises(ArgumentError) as error:
        halve(sweep_of(LADDER, data={"validation": 0.0}))
    assert str(error.value) == (
        "halve: `data.validation` must leave rows to rank by; got 0. Give validation a share of "
        "the rows, such as data.validation=0.2."
    )


def test_the_clock_must_not_decide() -> None:
    stop = [{"name": "seconds", "limit": 5.0}]
    with pytest.raises(ArgumentError) as error:
        halve(sweep_of(LADDER, training={"stop": stop}))
    assert str(error.value) == (
        "halve: `training.stop` must not hold a limit in seconds, since the clock would decide "
        "what is kept; got 5 s. Give a limit in steps or evaluations."
    )


def test_a_failing_rule_is_told_and_ctrl_c_ends_it() -> None:
    def interrupt(_: SearchProgress) -> None:
        raise KeyboardInterrupt

    sweep = sweep_of(LADDER, training={"epochs": 100_000})
    with pytest.raises(KeyboardInterrupt):
        halve(sweep, figure="validation_loss", progress=interrupt)


def test_the_experiment_alone_decides() -> None:
    """The winner's document, run by itself, has the same bits."""
    found = halve(sweep_of(LADDER))
    again = Experiment.read(found.cell.experiment.document()).run()
    assert again.digest == found.best.digest
