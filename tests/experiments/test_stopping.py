"""What ends networks: the clock, Python, limits; and what is known of them afterwards."""

import json
import sys
import time

import numpy as np
import pytest

import shoal
from shoal.errors import FunctionError
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.result import result_document

QUICK = shoal.Experiment(
    data=shoal.tasks.greater(samples=300),
    training=shoal.Training(shoal.Adam(0.03), batch_size=30, epochs=6),
    population=5,
)
LONG = {"epochs": 200_000, "report_every": "end"}


def with_(experiment, **training):
    made = type(experiment.training).model_validate(
        {
            name: getattr(experiment.training, name)
            for name in type(experiment.training).model_fields
        }
        | training
    )
    return experiment.model_copy(update={"training": made})


def python(function):
    return [{"name": "python", "function": function}]


def test_the_clock_ends_all_networks_and_a_replay_is_exact():
    begun = time.perf_counter()
    run = with_(QUICK, **LONG, stop=[{"name": "seconds", "limit": 0.3}]).run()
    assert time.perf_counter() - begun < 10
    assert run.stopped_because == ["seconds"] * 5
    assert 0.3 <= run.seconds < 5
    assert run.stopped_at.tolist() == run.steps.tolist()
    assert (run.steps > 0).all()
    assert not run.interrupted
    # whatever is asked for beyond the end, each network is where the clock stopped it
    np.testing.assert_array_equal(run.at(200_000 * 8).flat, run.state.weights)
    step = int(run.steps.min()) - 3
    assert run.at(step).digest == carry_out(prepare(stopped_at_step(step))).digest


def stopped_at_step(step):
    return with_(QUICK, **LONG, stop=[{"name": "steps", "limit": step}])


def test_figures_of_networks_that_ended_between_reports_are_computed():
    run = with_(QUICK, **LONG, stop=[{"name": "seconds", "limit": 0.1}]).run()
    assert (run.delivered_report == -1).all()
    rows = run.prepared.parts[0].validation
    outputs = run.predict(run.prepared.parts[0].dataset.x[run.prepared.parts[0].split.validation])
    right = ((outputs[:, :, 0] > 0.5) == (rows.y[:, 0] > 0.5)).mean(axis=1)
    np.testing.assert_array_equal(run.final("validation_accuracy"), right)
    assert np.isfinite(run.final("train_loss")).all()
    document = result_document(run)
    json.dumps(document, allow_nan=False)
    assert document["summary"]["validation_accuracy"]["n_counted"] == 5


def test_computed_figures_are_those_of_a_report():
    reported = with_(QUICK, report_every=16, epochs=4).run()
    ended = with_(QUICK, epochs=4, report_every=32, stop=python(at_step_never)).run()
    at_16 = with_(QUICK, **LONG, stop=[{"name": "steps", "limit": 16}]).run()
    for name in reported.history:
        np.testing.assert_array_equal(reported.history[name][:, 0], at_16.final(name))
    assert ended.digest == reported.digest


def at_step_never(previous, current):
    return False


def test_a_limit_of_steps_is_a_reason_of_its_own():
    run = stopped_at_step(20).run()
    assert run.stopped_because == ["steps"] * 5
    assert run.steps.tolist() == [20] * 5
    assert QUICK.run().stopped_because == ["epochs"] * 5
    longer = with_(QUICK, stop=[{"name": "steps", "limit": 1000}]).run()
    assert longer.stopped_because == ["epochs"] * 5


def test_a_predicate_gets_the_previous_and_the_current_figures():
    seen = []

    def look(previous, current):
        seen.append((dict(previous), dict(current)))
        return False

    run = with_(QUICK, stop=python(look)).run()
    assert len(seen) == 5 * 6
    names = set(run.history)
    assert [set(previous) for previous, _ in seen[:5]] == [set()] * 5
    for k, (previous, current) in enumerate(seen):
        report, i = divmod(k, 5)
        assert current == {name: run.history[name][i, report] for name in names}
        if report:
            assert previous == {name: run.history[name][i, report - 1] for name in names}
    assert run.digest == QUICK.run().digest


def test_a_predicate_ends_single_networks_and_the_others_never_know():
    plain = with_(QUICK, epochs=20).run()
    levels = plain.history["train_loss"]
    level = float(np.sort(levels[:, 9])[2])

    def is_low(previous, current):
        return current["train_loss"] <= level

    run = with_(QUICK, epochs=20, stop=python(is_low)).run()
    first = np.where((levels <= level).any(axis=1), (levels <= level).argmax(axis=1), 19)
    assert len(set(first.tolist())) > 1, "this level cannot tell the networks apart"
    assert run.steps.tolist() == ((first + 1) * 8).tolist()
    reasons = ["python" if low else "epochs" for low in (levels <= level).any(axis=1)]
    assert run.stopped_because == reasons
    assert (
        run.stopped_at.tolist() == np.where((levels <= level).any(axis=1), run.steps, -1).tolist()
    )
    for i in range(5):
        at = plain.at(int(run.steps[i])).member(i).flat
        np.testing.assert_array_equal(run.parameters.member(i).flat, at)
        np.testing.assert_array_equal(run.at(160).member(i).flat, at)
        assert run.final("train_loss")[i] == levels[i, first[i]]
        assert np.isnan(run.history["train_loss"][i, first[i] + 1 :]).all()


def test_a_predicate_with_reports_between_epochs():
    run = with_(QUICK, report_every=5, stop=python(lambda p, c: bool(p))).run()
    assert run.steps.tolist() == [10] * 5


def broken_at_the_third(previous, current):
    if previous and previous["train_loss"] > current["train_loss"] < broken_at_the_third.level:
        raise ZeroDivisionError("nothing to divide by")
    return False


def test_a_predicate_that_raises_names_network_and_step_and_loses_nothing():
    broken_at_the_third.level = np.inf
    with pytest.raises(FunctionError) as caught:
        with_(QUICK, stop=python(broken_at_the_third)).run()
    error = caught.value
    assert isinstance(error, shoal.ShoalError)
    i, step = error.network, error.step
    run = error.run
    assert str(error) == (
        f"training.stop[0].function, network {i} (seed {run.seeds[i]}), step {step}: "
        f"'{__name__}:broken_at_the_third' raised ZeroDivisionError: nothing to divide by "
        f"(test_stopping.py, line {broken_at_the_third.__code__.co_firstlineno + 2})."
        " Mend the function; what was trained until then is kept."
    )
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert run.steps.tolist() == [step] * 5
    assert run.stopped_because == ["interrupted"] * 5
    np.testing.assert_array_equal(run.parameters.flat, QUICK.run().at(step).flat)


def leaves_at_the_second(previous, current):
    if previous:
        sys.exit("enough")
    return False


def test_a_predicate_that_leaves_loses_nothing():
    with pytest.raises(FunctionError) as caught:
        with_(QUICK, stop=python(leaves_at_the_second)).run()
    run, told = caught.value.run, str(caught.value)
    line = leaves_at_the_second.__code__.co_firstlineno + 2
    assert told.endswith(
        f"raised SystemExit: enough (test_stopping.py, line {line})."
        " Mend the function; what was trained until then is kept."
    )
    assert run.stopped_because == ["interrupted"] * 5
    np.testing.assert_array_equal(run.weights, QUICK.run().at(int(run.steps[0])).flat)


def test_a_predicate_that_answers_something_else():
    with pytest.raises(FunctionError) as caught:
        with_(QUICK, stop=python(neither)).run()
    seed = prepare(QUICK).seeds[0]
    assert str(caught.value) == (
        f"training.stop[0].function, network 0 (seed {seed}), step 8: '{__name__}:neither' must "
        "return True or False; got None. Return a comparison, such as current['train_loss'] < 0.1."
    )


def neither(previous, current):
    return None


def test_the_clock_on_a_stream():
    experiment = shoal.Experiment(
        data=shoal.tasks.xor(batches=50),
        training=shoal.Training(batch_size=8, epochs=100_000, report_every="end",
                                stop=[{"name": "seconds", "limit": 0.2}]),
        population=3,
    )  # fmt: skip
    run = experiment.run()
    assert run.stopped_because == ["seconds"] * 3
    step = int(run.steps.min()) // 2
    limit = [{"name": "steps", "limit": step}]
    shorter = with_(experiment, stop=limit).run()
    assert run.at(step).digest == shorter.digest
    for name in shorter.history:
        assert np.isfinite(run.final(name)).all()


def test_an_interrupted_run_knows_its_figures():
    calls = []

    def stop(progress):
        calls.append(progress)
        if len(calls) > 2:
            raise KeyboardInterrupt

    run = with_(QUICK, **LONG).run(progress=stop)
    assert run.interrupted
    assert set(run.stopped_because) == {"interrupted"}
    assert np.isfinite(run.final("validation_loss")).all()
    step = int(run.steps.max()) + 5
    assert run.at(step).digest == stopped_at_step(step).run().digest


def test_the_best_step_stands_in_the_result():
    run = with_(QUICK, epochs=30, restore_best="validation_accuracy").run()
    best = run.history["validation_accuracy"].argmax(axis=1)
    for entry, report in zip(run.to_dict()["networks"], best.tolist(), strict=True):
        assert (entry["best_epoch"], entry["best_step"]) == (report + 1, 8 * (report + 1))
    between = with_(QUICK, report_every=5, restore_best="train_loss").run().to_dict()["networks"]
    assert {entry["best_epoch"] for entry in between} <= {None, 5, 6}
    assert "best_step" not in QUICK.run().to_dict()["networks"][0]


def test_wrong_arguments_are_told():
    run = QUICK.run()
    cases = [
        (lambda: QUICK.run(threads="2"),
         "Experiment.run: `threads` must be a whole number of 1 or more; got '2'."
         " Give a value within the bounds."),
        (lambda: QUICK.run(threads=True),
         "Experiment.run: `threads` must be a whole number of 1 or more; got True."
         " Give a value within the bounds."),
        (lambda: QUICK.run(kernel="foo"),
         "Experiment.run: `kernel` must be \"auto\", \"rows\" or \"networks\"; got 'foo'."
         " Give a value within the bounds."),
        (lambda: run.at(1.5), "Run.at: `step` must be a whole number from 0 to 48; got 1.5."
                              " Give a value within the bounds."),
        (lambda: run.at(True), "Run.at: `step` must be a whole number from 0 to 48; got True."
                               " Give a value within the bounds."),
        (lambda: run.state_at(-1), "Run.state_at: `step` must be from 0 to 48; got -1."
                                   " Give a value within the bounds."),
        (lambda: run.rewind("3"),
         "Run.rewind: `step` must be a whole number from 0 to 48; got '3'."
         " Give a value within the bounds."),
        (lambda: run.final("validation_acuracy"),
         "Run.final: `figure` must be one of train_loss, train_accuracy, validation_loss, "
         "validation_accuracy; got 'validation_acuracy'. Did you mean 'validation_accuracy'?"),
    ]  # fmt: skip
    for call, message in cases:
        with pytest.raises(shoal.errors.ArgumentError) as caught:
            call()
        assert str(caught.value) == message


def test_a_run_is_short_to_see_and_its_history_cannot_be_written():
    run = QUICK.run()
    assert repr(run) == "<Run: 5 networks 2-3-3-3-1, 48 steps, epochs>"
    assert repr(run.tape(9)) == "<Tape: step 9 of 48, epoch 1>"
    for array in (run.history["train_loss"], run.weights, run.steps, run.final("train_loss")):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


# Every reason through the whole stack.


def gradient_step(parameters, state, loss, gradient, rng):
    return parameters - 0.3 * gradient(parameters), state


REASONS = {
    "epochs": [],
    "steps": [{"name": "steps", "limit": 17}],
    "evaluations": [{"name": "evaluations", "limit": 19}],
    "target": [{"name": "target", "figure": "train_loss", "below": 0.69}],
    "plateau": [{"name": "plateau", "patience": 2, "gain": 10.0}],
    "diverged": [{"name": "divergence", "above": 1e-9}],
    "python": [{"name": "python", "function": lambda previous, current: bool(previous)}],
    "seconds": [{"name": "seconds", "limit": 0.05}],
}


@pytest.mark.parametrize("rule", ["adam", "finite_difference", "python"])
@pytest.mark.parametrize("reason", list(REASONS))
def test_why_networks_ended_is_told_everywhere(reason, rule):
    optimizer = {"name": rule} | ({"function": gradient_step} if rule == "python" else {})
    more = LONG if reason == "seconds" else {}
    run = with_(QUICK, optimizer=optimizer, stop=REASONS[reason], dtype=None, **more).run()
    if reason == "target":
        assert "target" in run.stopped_because
        assert set(run.stopped_because) <= {"target", "epochs"}
    else:
        assert run.stopped_because == [reason] * 5
    document = json.loads(json.dumps(run.to_dict(), allow_nan=False))
    assert [each["stopped_because"] for each in document["networks"]] == run.stopped_because
    evaluations = [each["evaluations"] for each in document["networks"]]
    per_step = 1 if rule != "finite_difference" else run.state.weights.shape[1] + 1
    assert evaluations == (run.steps * per_step).tolist()
    if reason == "evaluations":
        # a step is not begun with nothing left, and is ended once it was begun
        assert run.steps.tolist() == [-(-19 // per_step)] * 5
    by_hand = reason in ("python", "seconds")
    assert run.stopped_at.tolist() == (run.steps.tolist() if by_hand else [-1] * 5)
    if reason == "diverged":
        assert [each["cause"] for each in document["diverged"]] == ["a figure passed its limit"] * 5
        assert np.isnan(run.final("train_loss")).all()
    else:
        assert np.isfinite(run.final("train_loss")).all()
    for i in range(5):
        at = run.at(int(run.steps[i])).flat[i]
        np.testing.assert_array_equal(at, run.state.weights[i])


@pytest.mark.parametrize("every", [1, 3])
def test_a_target_delivers_the_network_that_reached_it_or_the_one_before(every):
    free = with_(QUICK, report_every=every, epochs=12).run()
    losses = free.history["validation_loss"]
    level = float(np.sort(losses.min(axis=1))[1:3].mean())
    stop = {"name": "target", "figure": "validation_loss", "below": level}
    after = with_(QUICK, report_every=every, epochs=12, stop=[stop]).run()
    before = with_(QUICK, report_every=every, epochs=12, stop=[stop | {"keep": "before"}]).run()
    reached = (losses <= level).any(axis=1)
    assert 0 < reached.sum() < 5
    for run, less in ((after, 0), (before, 1)):
        for i in np.flatnonzero(reached):
            report = int((losses[i] <= level).argmax())
            step = (report + 1) * every - less
            assert run.steps[i] == step
            np.testing.assert_array_equal(run.parameters.member(i).flat, free.at(step).flat[i])
            known = run.history["validation_loss"][i]
            assert known[report] == losses[i, report] <= level
            assert np.isnan(known[report + 1 :]).all()
            if less == 0 or every == 1:
                assert (run.final("validation_loss")[i] <= level) == (less == 0)
            assert run.stopped_because[i] == "target"
        assert run.to_dict()["networks"][0]["steps"] == run.steps[0]


def test_a_branch_with_another_limit_lets_networks_go_on():
    stop = [{"name": "divergence", "above": 1e-9}]
    run = with_(QUICK, stop=stop).run()
    assert run.steps.tolist() == [8] * 5
    assert not run.sound.any()
    branch = run.rewind(8).with_(stop=[{"name": "divergence", "above": 1e9}]).run()
    assert branch.stopped_because == ["epochs"] * 5
    assert branch.digest == QUICK.run().digest


def test_a_target_that_kept_what_was_before_can_be_tried_again():
    """One step back the network still ran, so another learning rate takes it further."""
    level = float(QUICK.run().history["train_loss"][:, 3].max())
    stop = [{"name": "target", "figure": "train_loss", "below": level, "keep": "before"}]
    run = with_(QUICK, stop=stop).run()
    step = int(run.steps.max())
    assert (run.state_at(step).ended == 0).any()
    i = int(run.steps.argmax())
    slower = run.rewind(step).with_(learning_rate=1e-9).run()
    assert slower.steps[i] == 48
    assert run.rewind(step).run().steps.tolist() == run.steps.tolist()
