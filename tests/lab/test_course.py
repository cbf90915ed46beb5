"""Runs in the background: the bits of `Experiment.run`, seen on the way, dropped at once."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from shoal.errors import InputError
from shoal.experiments import Experiment, Run
from shoal.lab.course import Course, Planned
from shoal.lab.messages import Open
from shoal.lab.opening import Memory, open_session
from shoal.lab.session import Session
from shoal.lab.tables import Folder, Tables
from shoal.lab.turns import Turns
from shoal.network import Parameters

SMALL: dict[str, Any] = {
    "data": {"task": "greater", "samples": 500},
    "training": {"epochs": 12},
    "population": {"size": 5},
}
LONG: dict[str, Any] = {**SMALL, "training": {"epochs": 10_000, "report_every": 1300}}
ENDLESS: dict[str, Any] = {**SMALL, "training": {"epochs": 10_000_000, "report_every": "end"}}


class DroppedError(BaseException):
    """What a check raises in these tests."""


def fine() -> None:
    """Go on."""


def planned(document: dict[str, Any], *branches: dict[str, Any]) -> tuple[Planned, ...]:
    session = Session.model_validate({"experiment": document, "branches": branches})
    return open_session(Open(id=0, session=session), Tables(Folder()), Memory()).runs


def trained(plan: Planned, parent: Run | None = None) -> Run:
    course = Course(plan, Turns(2))
    course.train(parent, fine)
    assert course.failure is None
    assert course.run is not None
    return course.run


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"training": {"epochs": 40, "restore_best": "validation_loss"}},
        {
            "training": {
                "epochs": 40,
                "stop": [{"name": "target", "figure": "train_accuracy", "above": 0.9}],
            }
        },
        {"data": {"task": "xor", "batches": 20}},
        {"training": {"epochs": 5, "optimizer": "lbfgs", "batch_size": "full"}},
        {"population": {"size": 4, "vary": ["data", "init"]}},
        {"training": {"epochs": 3, "optimizer": {"name": "sgd", "learning_rate": 1e30}}},
    ],
)
def test_a_run_has_the_bits_of_its_experiment(more: dict[str, Any]) -> None:
    document = SMALL | more
    mine = trained(planned(document)[0])
    with pytest.warns() if mine.warnings else _quiet():
        other = Experiment.read(document).run()
    assert mine.digest == other.digest
    assert mine.state.figures.tobytes() == other.state.figures.tobytes()
    assert mine.stopped_because == other.stopped_because


def _quiet() -> Any:
    import contextlib

    return contextlib.nullcontext()


def test_a_branch_has_the_bits_of_a_run_taken_back() -> None:
    changes = {"training.optimizer.learning_rate": 0.1, "training.epochs": 15}
    edits = [{"parameter": 3, "value": 2.0}, {"parameter": 0, "value": -1.0, "network": 2}]
    trunk, one, two = planned(
        SMALL,
        {"at": 40, "changes": changes, "edits": edits},
        {"of": 0, "at": 25, "changes": {"training.regularization.l2": 0.01}},
    )
    parent = trained(trunk)
    first = trained(one, parent)
    second = trained(two, first)

    run = Experiment.read(SMALL).run()
    flat = np.array(run.at(40).flat)
    flat[:, 3], flat[2, 0] = 2.0, -1.0
    weights = Parameters.from_flat(run.network.layout(), flat)
    expected = run.rewind(40).with_(**changes).with_weights(weights).run()
    assert first.digest == expected.digest
    assert np.array_equal(first.report_steps, expected.report_steps)
    assert second.digest == expected.rewind(25).with_(
        "training.regularization.l2=0.01"
    ).run().digest  # fmt: skip


def test_a_run_that_was_dropped_can_be_trained_anew() -> None:
    (plan,) = planned(SMALL)
    course, calls = Course(plan, Turns(2)), []

    def check() -> None:
        calls.append(course.n_pieces)
        if len(calls) < 2:
            raise DroppedError

    with pytest.raises(DroppedError):
        course.train(None, check)
    assert not course.is_over
    course.train(None, check)
    assert course.run is not None
    assert course.run.digest == Experiment.read(SMALL).run().digest


def test_a_dropped_run_ends_within_its_piece_and_gives_its_turn_back() -> None:
    (plan,) = planned(ENDLESS)
    turns = Turns(2)
    course, wanted = Course(plan, turns), threading.Event()
    wanted.set()

    def check() -> None:
        if not wanted.is_set():
            raise DroppedError

    ended: list[float] = []

    def work() -> None:
        with pytest.raises(DroppedError):
            course.train(None, check)
        ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    _wait_until(lambda: course.n_pieces > 5)
    wanted.clear()
    pieces, since = course.n_pieces, time.monotonic()
    thread.join()
    assert course.n_pieces - pieces <= 1  # not another piece was begun
    assert ended[0] - since < 0.5  # 50 ms where the machine is quiet
    with turns.piece() as threads:
        assert threads == 2


def test_what_is_seen_on_the_way_is_a_step_of_the_run() -> None:
    (plan,) = planned(LONG)
    course = Course(plan, Turns(2))
    thread = threading.Thread(target=course.train, args=(None, fine))
    thread.start()
    seen = []
    have = -1
    while len(seen) < 5:
        sight = course.sight(None, have, 0.0, fine)
        assert sight.trained_step > have
        have = sight.trained_step
        seen.append((have, sight.run.state.weights.copy(), sight.run))
        if sight.is_done:
            break
    thread.join()
    assert course.run is not None
    for step, weights, run in seen:
        assert np.array_equal(weights, course.run.at(step).flat)
        n = int((run.report_steps <= step).sum())
        for name, values in run.history.items():
            assert np.array_equal(values[:, :n], course.run.history[name][:, :n])


def test_a_step_before_the_trained_one_is_replayed_while_it_trains() -> None:
    (plan,) = planned(LONG)
    course = Course(plan, Turns(2))
    thread = threading.Thread(target=course.train, args=(None, fine))
    thread.start()
    sight = course.sight(40, -1, 5.0, fine)
    assert sight.trained_step >= 40
    weights = sight.run.tape().at(40).weights
    thread.join()
    assert course.run is not None
    assert np.array_equal(weights, course.run.at(40).flat)


def test_who_has_patience_sees_the_end() -> None:
    (plan,) = planned(SMALL)
    course = Course(plan, Turns(2))
    thread = threading.Thread(target=course.train, args=(None, fine))
    thread.start()
    sight = course.sight(None, -1, 10.0, fine)
    thread.join()
    assert sight.is_done
    assert sight.run is course.run
    assert sight.trained_step == 12 * 13  # 400 rows in batches of 32


def test_who_waits_can_be_dropped() -> None:
    (plan,) = planned(SMALL)

    def check() -> None:
        raise DroppedError

    for wait in (lambda: Course(plan, Turns(1)).wait(check),
                 lambda: Course(plan, Turns(1)).sight(None, -1, 5.0, check)):  # fmt: skip
        with pytest.raises(DroppedError):
            wait()


def test_what_cannot_be_trained_says_so() -> None:
    _, branch = planned(SMALL, {"at": 10, "edits": [{"parameter": 0, "value": 1e300}]})
    course = Course(branch, Turns(1))
    course.train(Experiment.read(SMALL).run(), fine)
    with pytest.raises(InputError, match="must be finite"):
        course.wait(fine)
    orphan = Course(branch, Turns(1))
    orphan.train(None, fine)
    with pytest.raises(InputError, match="the run that this branch leaves could not be trained"):
        orphan.sight(None, -1, 0.0, fine)


def _wait_until(is_so: Any) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)
