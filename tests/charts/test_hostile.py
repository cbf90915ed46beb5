"""Names that are code, data that is odd, and networks that diverged."""

import json
import re

import numpy as np
import pytest

from shoal.charts.saving import page, png
from shoal.errors import ArgumentError, InputError, OutputExistsError
from shoal.experiments.document import Experiment

EVIL = "</script><script>alert(1)</script>"
ODD = "a.b[0]['x'] \"q\"\n\\ datum"


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """A table whose columns and classes are made to break out of a page or a formula."""
    folder = tmp_path_factory.mktemp("hostile")
    generator = np.random.default_rng(0)
    lines = [[EVIL, ODD, "row", "kind"]]
    for k in range(60):
        x = generator.normal(size=3) + k % 2
        lines.append([*(f"{v:.3f}" for v in x), (EVIL, "=1+1 & <b>")[k % 2]])
    import csv

    with (folder / "t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)
    document = {
        "data": {"file": "t.csv", "target": "kind"},
        "network": {"layers": [{"units": 2}, {"units": 1, "activation": "sigmoid"}]},
        "training": {"epochs": 3},
        "population": {"size": 2},
    }
    return Experiment.read(document, source="experiment", folder=folder).run(threads=1)


@pytest.mark.parametrize("kind", ["surface", "data", "confusion", "slice", "network", "weights"])
def test_names_cannot_break_out(hostile, kind):
    chart = getattr(hostile.plot, kind)()
    text = page(chart)
    assert EVIL not in text
    assert text.count("<script>") == text.count("</script>") == 2
    assert len(png(chart, 0.5)) > 1_000
    fields = re.findall(r'"field":"([^"]*)"', json.dumps(chart.to_dict(), separators=(",", ":")))
    assert fields
    assert all(field.isidentifier() for field in fields)


def test_columns_keep_their_names(hostile):
    assert list(hostile.plot.data(features=[0, 2]).data) == [
        "row", "rows", "target", EVIL, "row (feature)"
    ]  # fmt: skip


def test_networks_that_diverged():
    changes = ["training.optimizer={name='sgd', learning_rate=1e30}", "population.size=3",
               "data.samples=60", "training.epochs=2", "training.loss=squared_error",
               "network.layers=[{units=2, activation='relu'}, {units=1}]"]  # fmt: skip
    run = Experiment.load("examples/greater.toml", changes).run(threads=1)
    assert not run.sound.any()
    for kind in ("curves", "surface", "slice", "predictions", "network", "weights", "ceiling",
                 "confusion", "roc", "calibration", "coverage", "disagreement"):  # fmt: skip
        assert len(png(getattr(run.plot, kind)(), 0.5)) > 1_000, kind


def test_numbers_have_surfaces_and_no_confusion(tmp_path):
    lines = ["a,b,c", *(f"{k % 7},{k % 5},{k % 7 + 2 * (k % 5)}.5" for k in range(60))]
    (tmp_path / "t.csv").write_text("\n".join(lines), "utf-8")
    document = {
        "data": {"file": "t.csv", "target": "c", "kind": "regression"},
        "preprocess": {"scaling": "standard", "target_scaling": "standard"},
        "network": {"layers": [{"units": 2, "activation": "tanh"}, {"units": 1}]},
        "training": {"epochs": 3, "loss": "squared_error"},
        "population": {"size": 2},
    }
    run = Experiment.read(document, source="experiment", folder=tmp_path).run(threads=1)
    for kind in ("surface", "disagreement", "slice", "data", "curves", "predictions", "ceiling"):
        chart = getattr(run.plot, kind)()
        assert len(png(chart, 0.5)) > 1_000, kind
    with pytest.raises(InputError) as told:
        run.plot.confusion()
    assert (
        str(told.value) == "chart 'confusion': is of one target with classes; got a number."
        " Give what the chart is made of."
    )


def test_wrong_arguments_are_told(run, swept):
    wrong = [
        (run.plot.surface, {"features": "x0"},
         "surface: `features` must be two features, such as x0,x1; got 1 of them."
         " Give as many as that."),
        (run.plot.surface, {"features": "x0,dumy1"},
         "surface: `features` must be among x0, x1, dummy1; got 'dumy1'. Did you mean 'dummy1'?"),
        (run.plot.curves, {"figure": "train_los"},
         "curves: `figure` must be one of loss, accuracy, train_loss, train_accuracy, "
         "validation_loss, validation_accuracy; got 'train_los'. Did you mean 'train_loss'?"),
        (run.plot.curves, {"network": 9},
         "curves: `network` must be best or 0 to 4; got 9. Give a value within the bounds."),
        (run.plot.curves, {"log": "z"}, "curves: `log` must be x, y or xy; got 'z'."
                                        " Choose one of the names that are known."),
        (run.plot.roc, {"rows": "tests"},
         "roc: `rows` must be one of train, validation; got 'tests'."
         " Choose one of the names that are known."),
        (run.plot.roc, {"of": 2}, "roc: `of` must be among 0, 1; got 2."
                                  " Choose one of the names that are known."),
        (swept.plot.sweep, {"x": "noise"},
         "sweep: `x` must be a swept key, data.label_noise, training.optimizer.learning_rate; "
         "got 'noise'. Choose one of the names that are known."),
    ]  # fmt: skip
    for function, options, sentence in wrong:
        with pytest.raises(ArgumentError) as told:
            function(**options)
        assert str(told.value) == sentence


def test_files_are_whole_and_never_replaced_by_chance(run, tmp_path):
    chart = run.plot.data()
    path = tmp_path / "a.svg"
    chart.save(path)
    before = path.read_bytes()
    with pytest.raises(OutputExistsError):
        chart.save(path)
    chart.save(path, force=True, dark=True)
    assert path.read_bytes() != before
    with pytest.raises(InputError) as told:
        chart.save(tmp_path / "a.bmp")
    said = f"{tmp_path / 'a.bmp'}: the suffix must be one of .png, .svg, .html, .json, .csv; "
    assert str(told.value).startswith(said + "got '.bmp'. Give the file one of these endings.")
    assert [each.name for each in tmp_path.iterdir()] == ["a.svg"]


def test_many_rows_are_reduced_and_said():
    changes = ["training.epochs=1", "population.size=2", "data.samples=30000"]
    run = Experiment.load("examples/greater.toml", changes).run(threads=1)
    chart = run.plot.data()
    assert len(chart.data["row"]) == 2_000
    assert chart.subtitle[0] == "2,000 of 30,000 rows"
    pytest.importorskip("altair")
    assert len(chart.to_altair().datasets["points"]) == 2_000
