"""Derived features in experiments: key paths, scaling, rows in Python, sweeps, the doctor."""

import numpy as np
import pytest

import shoal
from shoal.data.derive import recompute
from shoal.errors import ExperimentError
from shoal.experiments import resume

CIRCLE = shoal.Experiment(
    data=shoal.tasks.circle(samples=600, derived=["x1^2", "x2^2"]),
    network=shoal.Network([shoal.Dense(1, "sigmoid")]),
    training=shoal.Training(shoal.Adam(0.1), epochs=30),
    population=4,
)


def test_squares_let_a_single_layer_draw_a_circle():
    run = CIRCLE.run()
    assert np.median(run.final("validation_accuracy")) > 0.97
    plain = CIRCLE.model_copy(update={"data": shoal.tasks.circle(samples=600)}).run()
    assert np.median(plain.final("validation_accuracy")) < 0.75
    assert run.network.n_inputs == 4


def test_what_a_run_says_of_a_plane_is_what_its_model_says():
    from shoal.charts.surface import surface

    run = CIRCLE.run()
    found = surface(run, n=8)
    rows = np.stack([np.tile(found.x, 8), np.repeat(found.y, 8)], axis=1)
    assert found.held.shape == (2,)
    each = np.stack([run[i].predict_proba(rows)[:, 1] for i in range(4)])
    np.testing.assert_array_equal(found.each.reshape(4, -1), each.astype(found.each.dtype))


def test_rows_behave_as_if_somebody_had_made_the_features_by_hand():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(float)
    derived = CIRCLE.document()["data"] | {"derived": ["x0*x1"]}
    assert derived["task"] == "circle"
    with_formula = shoal.Experiment.read(
        CIRCLE.document() | {"data": {"task": "greater", "derived": ["x0*x1"]}}
    ).run(rows=(x, y))
    by_hand = shoal.Experiment.read(CIRCLE.document() | {"data": {"task": "greater"}}).run(
        rows=(np.column_stack([x, x[:, 0] * x[:, 1]]), y)
    )
    assert with_formula.digest == by_hand.digest
    model = with_formula.ensemble
    assert (
        model.predict_proba(x).tolist()
        == by_hand.ensemble.predict_proba(np.column_stack([x, x[:, 0] * x[:, 1]])).tolist()
    )


def test_they_are_scaled_like_any_feature():
    document = CIRCLE.document() | {"preprocess": {"scaling": "standard"}}
    part = shoal.Experiment.read(document).run().prepared.parts[0]
    train = part.train.x.astype(np.float64)
    np.testing.assert_allclose(train.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(train.std(axis=0), 1.0, atol=1e-6)
    assert len(part.scaler.center) == 4


def test_a_stream_has_them_in_every_epoch():
    run = shoal.Experiment(
        data=shoal.tasks.xor(batches=50, derived=["input1*input2"]),
        network=shoal.Network([shoal.Dense(1, "sigmoid")]),
        training=shoal.Training(shoal.Adam(0.1), epochs=20),
        population=2,
    ).run()
    # xor is input1 + input2 - 2 input1 input2: one layer can tell it now
    assert (run.final("validation_accuracy") == 1.0).all()


@pytest.mark.parametrize(
    ("derived", "path", "told"),
    [
        (["x1^2", "x3^2"], "data.derived[1]",
         "there is no feature 'x3'; the columns of numbers are 'x1', 'x2'. Did you mean 'x2'?"),
        (["sine(x1)"], "data.derived[0]",
         "must be a formula such as x0^2, x0^3, x0*x1, sin(x0), cos(x0) or abs(x0); got "
         "'sine(x1)'. Did you mean 'sin'?"),
        (["x1*x2", "x2*x1"], "data.derived",
         "must be formulas that differ; x2*x1 is the same as x1*x2."),
        ("x1^2", "data.derived", "must be a list of 0 to 1,000 entries; got 'x1^2'."),
    ],
)  # fmt: skip
def test_problems_have_their_key_path(derived, path, told):
    document = CIRCLE.document()
    document["data"]["derived"] = derived
    with pytest.raises(ExperimentError) as caught:
        shoal.Experiment.read(document).run()
    (problem,) = caught.value.problems
    assert problem.path == path
    assert problem.message.startswith(told[:60])


def test_all_of_a_documents_formulas_are_told_at_once():
    document = CIRCLE.document()
    document["data"]["derived"] = ["a^2", "x1^2", "label*x1"]
    with pytest.raises(ExperimentError) as caught:
        shoal.Experiment.read(document).run()
    assert [each.path for each in caught.value.problems] == ["data.derived[0]", "data.derived[2]"]


def test_documents_there_and_back():
    assert CIRCLE.document()["data"]["derived"] == ["x1^2", "x2^2"]
    assert shoal.Experiment.read(CIRCLE.document()) == CIRCLE
    assert 'derived = [\n    "x1^2",\n    "x2^2",\n]' in CIRCLE.to_toml()
    plain = shoal.Experiment()
    assert "derived" not in plain.document()["data"]
    schema = shoal.Experiment.model_json_schema()["$defs"]["Greater"]["properties"]["derived"]
    assert schema["description"].startswith("Features computed from others")


def test_a_checkpoint_goes_on_to_the_same_bits(tmp_path):
    calls = iter(range(100))

    def interrupt(progress):
        if next(calls) > 2:
            raise KeyboardInterrupt

    path = tmp_path / "a.ckpt"
    part = CIRCLE.run(checkpoint=path, checkpoint_every_s=1e-6, progress=interrupt)
    while part.interrupted:
        part = resume(path)
    assert part.digest == CIRCLE.run().digest


def test_cells_of_a_sweep_have_features_of_their_own():
    document = CIRCLE.document()
    document["sweep"] = {"data.derived": [[], ["x1^2"], ["x1^2", "x2^2"]]}
    swept = shoal.Sweep.read(document).run()
    found = swept.columns["validation_accuracy"].reshape(3, 4)
    assert found[2].tolist() == CIRCLE.run().final("validation_accuracy").tolist()
    assert np.median(found[0]) < np.median(found[2])


def test_features_of_varied_data_are_those_of_each_network():
    document = CIRCLE.document()
    document["population"] = {"size": 2, "vary": ["data", "init", "order"]}
    run = shoal.Experiment.read(document).run()
    for part in run.prepared.parts:
        dataset = part.dataset
        np.testing.assert_array_equal(recompute(dataset.schema, dataset.x[:, :2]), dataset.x)


def test_derived_features_are_no_axes():
    from shoal.charts.surfaces import surface
    from shoal.errors import ArgumentError

    with pytest.raises(ArgumentError) as caught:
        surface(CIRCLE.run(), features="x1,x1^2")
    assert str(caught.value) == (
        "surface: `features` must be a feature of the data, and x1^2 is derived; got 'x1^2'. "
        "Derived features move with those that they are made of."
    )


@pytest.mark.parametrize("kind", ["surface", "data", "slice", "predictions", "network", "weights",
                                  "multiples", "disagreement"])  # fmt: skip
def test_charts_of_a_run_with_derived_features(kind):
    from shoal.charts.registry import make

    document = CIRCLE.document()
    document["data"]["dummies"] = 1
    chart = make(kind, shoal.Experiment.read(document).run())
    assert chart.to_dict()


def test_an_animation_and_a_report_can_be_made(tmp_path):
    run = CIRCLE.run()
    shoal.report(run, tmp_path / "run.html")
    assert (tmp_path / "run.html").read_text("utf-8").count("x1") > 1
    shoal.animate(run, tmp_path / "run.gif", frames=3)
    assert (tmp_path / "run.gif").read_bytes().startswith(b"GIF89a")


def test_the_doctor_drops_a_column_with_what_is_made_of_it(tmp_path):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 120))
    rows = [f"{k},{a[k]:.3f},{b[k]:.3f},{int(a[k] + 0.7 * rng.normal() > 0)}" for k in range(120)]
    (tmp_path / "a.csv").write_text("id,a,b,y\n" + "\n".join(rows) + "\n")
    document = {
        "data": {"file": "a.csv", "target": "y", "derived": ["a*b", "id*b", "id^2"]},
        "preprocess": {"scaling": "standard"},
        "network": {"layers": [{"units": 1, "activation": "sigmoid"}]},
        "training": {"epochs": 5},
        "population": {"size": 6},
    }
    found = shoal.diagnose(shoal.Experiment.read(document, folder=tmp_path), pairs=8)
    (named,) = [each for each in found.findings if each.name == "id_as_feature"]
    assert named.remedy == ('data.drop=["id"]', 'data.derived=["a*b"]')


def test_the_doctor_takes_rows_that_were_handed_over():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 2))
    y = (x[:, 0] > 0).astype(float)
    document = CIRCLE.document() | {"data": {"task": "greater", "derived": ["x0^2"]}}
    run = shoal.Experiment.read(document).run(rows=(x, y))
    assert run.experiment.data.derived == ("x0^2",)
    found = shoal.diagnose(run, pairs=6)
    assert found.digest == run.digest
