"""What a run is and holds."""

import json
import warnings

import numpy as np
import pytest

import shoal
from shoal.data.split import split_rows
from shoal.experiments.prepare import prepare
from shoal.streams import stream

QUICK = shoal.Experiment(
    data=shoal.tasks.greater(samples=300),
    training=shoal.Training(shoal.Adam(0.03), batch_size=30, epochs=4),
    population=5,
)


def with_(experiment, **changes):
    return experiment.model_copy(update=changes)


def training(**changes):
    return QUICK.training.model_copy(update=changes)


def test_history_and_lengths():
    run = QUICK.run()
    assert len(run) == 5
    assert set(run.history) == {
        "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    }  # fmt: skip
    assert all(values.shape == (5, 4) for values in run.history.values())
    assert run.report_steps.tolist() == [8, 16, 24, 32]
    assert run.stopped_because == ["epochs"] * 5
    assert run.predict(np.zeros((7, 2))).shape == (5, 7, 1)
    assert not run.interrupted


def test_report_every_some_steps_and_at_the_end():
    every_epoch = QUICK.run()
    some = with_(QUICK, training=training(report_every=5)).run()
    assert some.report_steps.tolist() == [5, 10, 15, 20, 25, 30, 32]
    end = with_(QUICK, training=training(report_every="end")).run()
    assert end.report_steps.tolist() == [32]
    for other in (some, end):
        assert other.digest == every_epoch.digest
        np.testing.assert_array_equal(
            other.history["validation_loss"][:, -1], every_epoch.history["validation_loss"][:, -1]
        )


def test_the_last_batch_of_an_epoch_is_one_of_its_own():
    # 240 training rows in batches of 70: 70, 70, 70, 30
    run = with_(QUICK, training=training(batch_size=70)).run()
    assert run.prepared.schedule.steps_per_epoch == 4
    assert run.steps.tolist() == [16] * 5


def test_restore_best_delivers_the_earliest_best_report():
    plan = training(restore_best="validation_accuracy", epochs=30)
    run = with_(QUICK, training=plan).run()
    plain = with_(QUICK, training=training(epochs=30)).run()
    accuracy = plain.history["validation_accuracy"]
    assert run.delivered_report.tolist() == accuracy.argmax(axis=1).tolist()
    assert (run.delivered_report < 29).any(), "no network was best before the end"
    per_epoch = plain.prepared.schedule.steps_per_epoch
    for i, report in enumerate(run.delivered_report.tolist()):
        at = plain.at(step=(report + 1) * per_epoch)
        np.testing.assert_array_equal(run.parameters.member(i).flat, at.member(i).flat)
        assert run.final("validation_accuracy")[i] == accuracy[i].max()


def test_restore_best_loss_is_the_lowest():
    run = with_(QUICK, training=training(restore_best="validation_loss", epochs=30)).run()
    lowest = run.history["validation_loss"].min(axis=1)
    np.testing.assert_array_equal(run.final("validation_loss"), lowest)


def test_models_of_a_run():
    run = QUICK.run()
    x = np.random.default_rng(0).random((20, 2))
    each = run.predict(x)
    np.testing.assert_allclose(run.ensemble.predict_proba(x)[:, 1], each[:, :, 0].mean(axis=0))
    np.testing.assert_array_equal(run[3].outputs(x)[0], each[3])
    best = int(np.lexsort((run.final("validation_loss"), -run.final("validation_accuracy")))[0])
    assert run.best_index == best
    np.testing.assert_array_equal(run.best.outputs(x)[0], each[best])
    with pytest.raises(IndexError, match="there are 5 networks; got 5"):
        run[5]


def test_a_model_takes_rows_as_they_stand_in_the_table():
    """multiply, add and the scaler go with the model."""
    data = shoal.tasks.greater(samples=300, multiply=1000, add=5)
    run = with_(QUICK, data=data, preprocess=shoal.Preprocess("standard")).run()
    part = run.prepared.parts[0]
    raw = (part.dataset.x[part.split.validation] - 5) / 1000
    outputs = run.predict(raw)[:, :, 0]
    right = (outputs > 0.5) == (part.dataset.y[part.split.validation][:, 0] > 0.5)
    np.testing.assert_allclose(right.mean(axis=1), run.final("validation_accuracy"))


def test_networks_start_from_their_seeds():
    run = QUICK.run()
    start = run.at(step=0)
    for i, seed in enumerate(run.seeds):
        np.testing.assert_array_equal(run.network.initialize(seed).flat, start.member(i).flat)


def test_only_the_streams_that_vary_differ():
    same_start = with_(QUICK, population=shoal.Population(3, vary=["order"])).run()
    start = same_start.prepared.start
    assert (start == start[0]).all()
    assert len({w.tobytes() for w in same_start.weights}) == 3
    nothing = with_(QUICK, population=shoal.Population(3, vary=[])).run()
    assert len({w.tobytes() for w in nothing.weights}) == 1


def test_a_stream_seed_of_its_own():
    changed = with_(QUICK, streams=shoal.Streams(order=7)).run()
    run = QUICK.run()
    np.testing.assert_array_equal(changed.prepared.start, run.prepared.start)
    assert changed.digest != run.digest
    assert (changed.prepared.order_keys != run.prepared.order_keys).all()


def test_start_from_given_weights():
    network = QUICK.network.with_inputs(2)
    given = network.initialize(99)
    run = QUICK.run(start=given)
    np.testing.assert_array_equal(run.prepared.start, np.tile(given.flat, (5, 1)))
    np.testing.assert_array_equal(run.at(step=0).member(4).flat, given.flat)


def test_given_rows():
    rng = np.random.default_rng(1)
    x = rng.random((100, 3))
    y = (x[:, 0] > x[:, 2]).astype(int)
    run = QUICK.run(rows=(x[:80], y[:80], x[80:], y[80:]))
    part = run.prepared.parts[0]
    np.testing.assert_array_equal(part.train.x, x[:80].astype(np.float32))
    np.testing.assert_array_equal(part.validation.y[:, 0], y[80:])
    assert run.experiment.data.given == "rows"
    with pytest.raises(shoal.ShoalError, match="handed over in Python"):
        run.experiment.run()


def test_scaling_is_fitted_on_the_training_rows():
    run = with_(QUICK, preprocess=shoal.Preprocess("minmax")).run()
    part = run.prepared.parts[0]
    rows = part.dataset.x[part.split.train]
    assert part.scaler.center == tuple(rows.min(axis=0))
    assert part.train.x.min() == 0
    assert part.train.x.max() == 1
    split = split_rows(part.dataset, 0.2, 0.0, stream(0, "split"))
    np.testing.assert_array_equal(part.split.train, split.train)


def test_regression_is_told_in_the_targets_own_units():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(120, 2))
    y = 1000 + 200 * x[:, 0] + 50 * rng.normal(size=120)
    experiment = shoal.Experiment(
        preprocess=shoal.Preprocess(target_scaling="standard"),
        network=shoal.Network([shoal.Dense(1)]),
        training=shoal.Training(shoal.Adam(0.05), epochs=60),
        population=3,
    )
    run = experiment.run(rows=(x[:100], y[:100], x[100:], y[100:]))
    errors = ((run.predict(x[100:])[:, :, 0] - y[100:]) ** 2).mean(axis=1)
    np.testing.assert_allclose(run.final("validation_loss"), errors, rtol=1e-3)
    found = run.to_dict()["summary"]["validation_r2"]["median"]
    assert found == pytest.approx(1 - np.median(errors) / y[100:].var(), abs=1e-6)
    assert "validation_accuracy" not in run.history


def test_missing_values_are_filled_with_the_mean_of_the_training_rows(tmp_path):
    lines = [f"{i % 7},{'' if i % 10 == 3 else i},{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "t.csv").write_text("u,v,c\n" + "\n".join(lines))
    data = shoal.FileData(file=str(tmp_path / "t.csv"), target="c", missing="mean")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shoal.ShoalWarning)
        run = with_(QUICK, data=data).run()
    part = run.prepared.parts[0]
    train = part.split.train
    known = [i for i in train.tolist() if i % 10 != 3]
    assert part.dataset.x[3, 1] == pytest.approx(np.mean(known), rel=1e-15)


def test_a_stream_draws_every_epoch_afresh():
    experiment = shoal.Experiment(
        data=shoal.tasks.xor(batches=20),
        network=shoal.Network([shoal.Dense(4, "tanh"), shoal.Dense(1, "sigmoid")]),
        training=shoal.Training(shoal.Adam(0.05), batch_size=8, epochs=3),
        population=2,
    )
    run = experiment.run()
    assert run.steps.tolist() == [60, 60]
    rows = [run.prepared.fresh(epoch)[0] for epoch in range(3)]
    assert all(r.x.shape == (160, 2) for r in rows)
    assert len({r.x.tobytes() for r in rows}) == 3
    # training figures are those of the epoch's rows after its last update
    at = run.at(step=40)
    stages = shoal.network.forward_pass(run.network, at.member(1), rows[1].x)
    loss = shoal.network.loss_of(run.network, "binary_crossentropy", stages, rows[1].y)
    assert run.history["train_loss"][1, 1] == pytest.approx(loss, rel=1e-5)
    # and the validation rows are the whole truth table
    assert sorted(run.prepared.parts[0].validation.x.tolist()) == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_unscaled_features_are_warned_about_before_training():
    data = shoal.tasks.greater(samples=300, add=1000)
    assert (
        prepare(with_(QUICK, data=data))
        .warnings[0]
        .endswith('Set preprocess.scaling = "standard".')
    )
    with pytest.warns(shoal.ShoalWarning, match="2 features reach the network unscaled"):
        with_(QUICK, data=data).run()
    assert prepare(QUICK).warnings == ()


def test_the_result_document():
    found = QUICK.run().to_dict()
    json.dumps(found, allow_nan=False)
    assert set(found) >= {
        "experiment", "networks", "summary", "diverged", "warnings", "truth", "seconds", "digest",
        "arithmetic", "version",
    }  # fmt: skip
    assert set(found["networks"][0]) == {
        "index", "seed", "steps", "epochs", "evaluations", "train_loss", "train_accuracy",
        "validation_loss", "validation_accuracy", "stopped_because",
    }  # fmt: skip
    assert set(found["summary"]["validation_accuracy"]) == {"median", "p05", "p95", "n_counted"}
    assert shoal.Experiment.read(found["experiment"]) == QUICK


def test_progress_is_told_and_ends_at_the_end():
    seen = []
    long = with_(QUICK, training=training(epochs=50))
    long.run(progress=seen.append)
    assert seen[-1].steps == seen[-1].total_steps == 50 * 8 * 5
    assert seen[-1].epoch == 50
    assert seen[-1].loss > 0
    assert [p.steps for p in seen] == sorted(p.steps for p in seen)


def test_bad_arguments():
    with pytest.raises(shoal.ShoalError) as caught:
        QUICK.run(threads=0)
    assert (
        str(caught.value) == "Experiment.run: `threads` must be 1 or more; got 0."
        " Give a value within the bounds."
    )
    with pytest.raises(shoal.ShoalError) as caught:
        QUICK.run().at(step=33)
    assert (
        str(caught.value) == "Run.at: `step` must be from 0 to 32; got 33."
        " Give a value within the bounds."
    )


def test_test_rows_are_looked_at_once_at_the_end():
    data = shoal.tasks.greater(samples=300, validation=0.2, test=0.1)
    run = with_(QUICK, data=data).run()
    part = run.prepared.parts[0]
    assert [len(rows.x) for rows in (part.train, part.validation, part.test)] == [210, 60, 30]
    outputs = run.predict(part.dataset.x[part.split.test])[:, :, 0]
    right = (outputs > 0.5) == (part.dataset.y[part.split.test][:, 0] > 0.5)
    np.testing.assert_array_equal(run.test["test_accuracy"], right.mean(axis=1))
    assert QUICK.run().test == {}


def test_a_data_frame():
    import pandas as pd

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.random(80), "b": rng.random(80)})
    frame["larger"] = np.where(frame.a > frame.b, "a", "b")
    dataset = shoal.data.load_frame(frame, target="larger")
    run = with_(QUICK, training=training(epochs=200)).run(rows=dataset)
    assert run.ensemble.schema.classes == ("a", "b")
    said = run.ensemble.predict(frame[["a", "b"]])
    assert (said == frame.larger).mean() > 0.9


def test_an_exception_in_the_progress_callback_is_raised():
    def show(progress):
        raise ZeroDivisionError

    long = with_(QUICK, training=training(epochs=100_000, report_every="end"))
    with pytest.raises(ZeroDivisionError):
        long.run(progress=show)


def test_documents_are_equal_wherever_they_were_read_from(tmp_path):
    (tmp_path / "e.toml").write_text(QUICK.to_toml())
    loaded = shoal.Experiment.load(tmp_path / "e.toml")
    assert loaded == QUICK
    assert hash(loaded) == hash(QUICK)
    assert loaded != with_(QUICK, seed=1)


def test_the_schema_knows_the_short_forms():
    schema = shoal.Experiment.model_json_schema()
    short = schema["properties"]["data"]["anyOf"][0]
    assert short["enum"] == list(shoal.tasks.TASKS)
    assert {"type": "integer"}.items() <= schema["properties"]["population"]["anyOf"][0].items()


def test_the_best_network_is_chosen_by_accuracy_first():
    run = with_(QUICK, population=shoal.Population(40)).run()
    accuracy, loss = run.final("validation_accuracy"), run.final("validation_loss")
    assert accuracy.argmax() != loss.argmin(), "this seed cannot tell the two apart"
    top = np.flatnonzero(accuracy == accuracy.max())
    assert run.best_index == top[loss[top].argmin()]


def test_a_diverged_network_is_named_with_the_step_that_failed():
    data = shoal.tasks.greater(samples=200, multiply=1e18, add=1e18)
    plan = shoal.Training(shoal.SGD(1.0), loss="squared_error", reduction="sum", epochs=4)
    network = shoal.Network([shoal.Dense(4, "relu"), shoal.Dense(1)])
    with pytest.warns(shoal.ShoalWarning):
        run = with_(QUICK, data=data, training=plan, network=network).run()
    first = run.diverged[0]
    assert first["step"] == run.steps[first["index"]] + 1


def test_clean_accuracy_is_that_of_the_validation_rows():
    data = shoal.tasks.greater(samples=300, label_noise=0.2)
    run = with_(QUICK, data=data).run()
    part = run.prepared.parts[0]
    rows = part.split.validation
    clean = part.dataset.clean_y[rows][:, 0] > 0.5
    right = ((run.predict(part.dataset.x[rows])[:, :, 0] > 0.5) == clean).mean(axis=1)
    found = [entry["clean_accuracy"] for entry in run.to_dict()["networks"]]
    np.testing.assert_allclose(found, right)


def test_the_test_loss_of_a_regression_is_in_its_own_units():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(100, 2))
    y = 500 + 100 * x[:, 0] + 20 * rng.normal(size=100)
    experiment = shoal.Experiment(
        data=shoal.tasks.greater(test=0.2),
        preprocess=shoal.Preprocess(target_scaling="standard"),
        network=shoal.Network([shoal.Dense(1)]),
        training=shoal.Training(shoal.Adam(0.05), epochs=40),
        population=2,
    )
    run = experiment.run(rows=(x, y))
    part = run.prepared.parts[0]
    rows = part.split.test
    errors = (run.predict(x[rows])[:, :, 0] - y[rows]) ** 2
    np.testing.assert_allclose(run.test["test_loss"], errors.mean(axis=1), rtol=1e-3)


def test_the_scaler_does_not_see_the_validation_rows():
    run = with_(QUICK, preprocess=shoal.Preprocess("standard")).run()
    part = run.prepared.parts[0]
    train = part.dataset.x[part.split.train]
    np.testing.assert_allclose(part.scaler.center, train.mean(axis=0), rtol=1e-12)
    assert abs(part.scaler.center[0] - part.dataset.x[:, 0].mean()) > 1e-6


def test_a_stream_is_taken_in_the_order_it_comes():
    data = shoal.tasks.xor(batches=20)
    plan = shoal.Training(shoal.SGD(0.05), batch_size=8, epochs=2)
    streaming = shoal.Experiment(data=data, training=plan, population=1)
    assert not streaming.run().prepared.settings.shuffled
    other_order = with_(streaming, streams=shoal.Streams(order=77))
    assert other_order.run().digest == streaming.run().digest


def test_two_classes_on_two_softmax_units():
    network = shoal.Network([shoal.Dense(6, "tanh"), shoal.Dense(2, "softmax")])
    run = with_(QUICK, network=network, training=training(loss=None, epochs=40)).run()
    part = run.prepared.parts[0]
    rows = part.split.validation
    np.testing.assert_array_equal(part.validation.y[:, 1], part.dataset.y[rows][:, 0])
    names = np.array(run.ensemble.schema.classes)[part.dataset.y[rows][:, 0].astype(int)]
    assert (run.ensemble.predict(part.dataset.x[rows]) == names).mean() > 0.9


def test_a_model_holds_no_path(tmp_path):
    folder = tmp_path / "secret" / "place"
    folder.mkdir(parents=True)
    lines = [f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(60)]
    (folder / "t.csv").write_text("u,v,c\n" + "\n".join(lines))
    run = with_(QUICK, data=shoal.FileData(file=str(folder / "t.csv"), target="c")).run()
    run.ensemble.save(tmp_path / "m.safetensors")
    assert run.ensemble.experiment["data"]["file"] == "t.csv"
    assert b"secret" not in (tmp_path / "m.safetensors").read_bytes()


def partly_diverging():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    experiment = shoal.Experiment(
        network=shoal.Network([shoal.Dense(8, "relu"), shoal.Dense(1)]),
        training=shoal.Training(shoal.SGD(0.15), loss="squared_error", epochs=30),
        population=16,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", shoal.ShoalWarning)
        return experiment.run(rows=(x, x[:, 0] ** 3)), x


def test_the_ensemble_leaves_out_networks_that_diverged():
    run, x = partly_diverging()
    sound = np.flatnonzero(run.state.status == 0)
    assert 0 < len(sound) < 16, "this case has to diverge in part"
    assert len(run.ensemble) == len(sound)
    assert run.ensemble.seeds == tuple(run.seeds[i] for i in sound)
    assert run.ensemble.seeds[run.ensemble.best] == run.seeds[run.best_index]
    each = np.stack([run[int(i)].predict(x) for i in sound])
    np.testing.assert_allclose(run.ensemble.predict(x), each.mean(axis=0))


def test_an_ensemble_of_nothing_is_refused():
    run, _ = partly_diverging()
    run.state.status[:] = 2
    with pytest.raises(shoal.ShoalError) as caught:
        _ = run.ensemble
    told = (
        "Run.ensemble: `networks` must not all have diverged; got none that is sound."
        " Give a smaller learning rate, or scale features and targets."
    )
    assert str(caught.value) == told


def test_the_true_rule_is_judged_on_the_validation_rows():
    data = shoal.tasks.greater(samples=300, label_noise=0.2)
    run = with_(QUICK, data=data).run()
    part = run.prepared.parts[0]
    rows = part.split.validation
    kept = (part.dataset.clean_y[rows] == part.dataset.y[rows]).mean()
    assert run.to_dict()["truth"]["rows_accuracy"] == kept


def test_test_figures_stand_in_the_result():
    run = with_(QUICK, data=shoal.tasks.greater(samples=300, test=0.2)).run()
    found = run.to_dict()
    each = [entry["test_accuracy"] for entry in found["networks"]]
    np.testing.assert_array_equal(each, run.test["test_accuracy"])
    assert found["summary"]["test_accuracy"]["median"] == np.median(each)


def test_a_file_is_fingerprinted(tmp_path):
    import hashlib

    lines = [f"{i % 7},{i % 5},{'ab'[i % 2]}" for i in range(60)]
    (tmp_path / "t.csv").write_text("u,v,c\n" + "\n".join(lines))
    run = with_(QUICK, data=shoal.FileData(file=str(tmp_path / "t.csv"), target="c")).run()
    content = (tmp_path / "t.csv").read_bytes()
    assert run.experiment.data.fingerprint == hashlib.sha256(content).hexdigest()


def test_weights_of_a_model_start_a_run():
    best = QUICK.run().best
    again = QUICK.run(start=best.parameters)
    np.testing.assert_array_equal(again.prepared.start, np.repeat(best.parameters.flat, 5, axis=0))
