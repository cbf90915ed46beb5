"""One look at a model in use: what is counted, what falls short, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import shoal
from shoal.data.dataset import Feature, Schema
from shoal.errors import InputError
from shoal.models import Bars, Model, Watched, evaluate, monitor
from shoal.models.ensemble import Prediction
from shoal.models.monitoring.judging import Judging
from shoal.models.monitoring.looking import Stranger, Watch, bars_problem
from shoal.models.monitoring.watched import _digits
from shoal.network import Dense, Network

Flowers = tuple[Model, np.ndarray, np.ndarray]


@pytest.fixture(scope="session")
def flowers() -> Flowers:
    """A model of the flowers, and their rows."""
    file = Path(__file__).parents[3] / "examples" / "data" / "flowers.csv"
    experiment = shoal.Experiment(
        data=shoal.FileData(file=str(file), target="species"),
        network=Network([Dense(8, "tanh"), Dense(3, "softmax")]),
        population=4, training=shoal.Training(epochs=40, loss="categorical_crossentropy"),
    )  # fmt: skip
    x = np.loadtxt(file, delimiter=",", skiprows=1, usecols=(0, 1, 2, 3))
    y = np.loadtxt(file, delimiter=",", skiprows=1, usecols=4, dtype=str)
    return experiment.run().ensemble, x, y


def test_the_accuracy_is_that_of_evaluate(flowers: Flowers) -> None:
    model, x, y = flowers
    found = monitor(model, x, y, block=37)
    accuracy = evaluate(model, x, y).accuracy
    assert found.figures[0].value == pytest.approx(accuracy)
    assert (found.n_rows, found.n_labelled, found.n_unknown) == (150, 150, 0)
    assert found.verdict == "watched"
    assert not found.falls_short


def test_what_falls_short_is_said_first(flowers: Flowers) -> None:
    model, x, y = flowers
    shifted = x + np.array([3.0, 0, 0, 0])
    found = monitor(model, shifted, y, bars=Bars(min_accuracy=0.1, max_drift=0.2))
    assert found.verdict == "fell short"
    assert found.worst is not None
    accuracy = found.figures[0]
    assert found.sentence == (
        f"fell short: drift {found.worst.psi:.4g} in 'sepal_length_cm', above 0.2; "
        f"accuracy {accuracy.value:.4g} ({accuracy.low:.4g} to {accuracy.high:.4g}, 150 rows), "
        f"at least 0.1; {found.n_unlike} of 150 rows unlike the training rows"
    )


def test_the_figure_itself_decides_and_with_sure_its_whole_interval(flowers: Flowers) -> None:
    model, x, y = flowers
    value = monitor(model, x, y).figures[0].value
    assert value is not None
    bar = value + 0.001
    assert monitor(model, x, y, bars=Bars(min_accuracy=bar)).falls_short
    assert not monitor(model, x, y, bars=Bars(min_accuracy=value)).falls_short
    found = monitor(model, x, y, bars=Bars(min_accuracy=bar, sure=True))
    assert not found.falls_short
    assert f", not surely below {bar:.6g}" in found.sentence
    assert monitor(model, x, y, bars=Bars(min_accuracy=1.0, sure=True)).falls_short == (
        (found.figures[0].high or 1.0) < 1.0
    )


def test_drift_within_chance_never_falls_short(flowers: Flowers) -> None:
    model, x, _ = flowers
    few = x[::19]  # 8 rows of all kinds
    found = monitor(model, few, bars=Bars(max_drift=0.001))
    assert found.worst is not None
    assert found.worst.psi > 0.001
    assert found.verdict == "ok"
    assert found.sentence.startswith(f"ok: drift {found.worst.psi:.4g} in ")
    assert found.sentence.endswith("8 rows, no labels")
    assert ", within chance; " in found.sentence


def test_rows_unlike_the_training_rows_are_named(flowers: Flowers) -> None:
    model, x, _ = flowers
    strange = np.vstack([x[:3], [[50.0, 3.5, 1.4, 0.2]]])
    watch = Watch(model, Bars(max_unlike=0.2))
    apart = watch.add(strange, lines=[2, 3, 4, 9])
    assert apart is not None
    assert apart.places.tolist() == [3]
    found = watch.watched(data="a.csv", time="2026-01-02T03:04:05Z")
    assert [(each.row, each.line) for each in found.strange] == [(3, 9)]
    assert found.strange[0].reason.startswith("'sepal_length_cm' is 50, far above the training")
    assert found.falls_short
    assert "1 of 4 rows unlike the training rows, above 20 %" in found.sentence


def test_rows_have_their_numbers_among_all_of_the_file(flowers: Flowers) -> None:
    model, x, _ = flowers
    watch = Watch(model, Bars())
    far = [[50.0, 3.5, 1.4, 0.2]]
    watch.add(np.vstack([x[:1], far]), numbers=[0, 2])
    watch.add_unknown([Stranger(1, None, {"colour": "pink"})])
    watch.add(np.array(far), numbers=[5])
    found = watch.watched()
    assert [each.row for each in found.strange] == [1, 2, 5]


def test_labels_without_weight_are_labels_that_do_not_count(flowers: Flowers) -> None:
    model, x, y = flowers
    watch = Watch(model, Bars())
    watch.add(x)
    codes = [model.schema.classes.index(name) for name in y]
    watch.add_labels(x, np.eye(3)[codes], np.zeros(len(x)))
    found = watch.watched()
    assert found.sentence.endswith("; 150 rows, no label that counts")
    assert monitor(model, x).sentence.endswith("; 150 rows, no labels")


def test_the_same_labelled_rows_have_the_same_digest_in_any_blocks(flowers: Flowers) -> None:
    model, x, y = flowers
    digests = [monitor(model, x, y, block=block).rows for block in (7, 150)]
    assert digests[0] == digests[1] != ""
    assert monitor(model, x[:-1], y[:-1]).rows != digests[0]
    assert monitor(model, x).rows == ""


def test_rows_that_no_network_can_read_are_counted(flowers: Flowers) -> None:
    model, x, _ = flowers
    watch = Watch(model, Bars())
    watch.add(x)
    watch.add_unknown([Stranger(150, 152, {"colour": "pink"})])
    found = watch.watched(data="a.csv", time="2026-01-02T03:04:05Z")
    assert (found.n_rows, found.n_unknown) == (151, 1)
    assert found.strange[-1].reason == "'colour' is 'pink', as in no training row"
    assert "1 row with unknown categories, not judged" in found.sentence


def test_the_document_is_plain(flowers: Flowers) -> None:
    model, x, y = flowers
    found = monitor(model, x, y, bars=Bars(min_accuracy=0.5, max_drift=0.2))
    document = json.loads(json.dumps(found.document(), allow_nan=False))
    assert document["verdict"] == "ok"
    assert [check["name"] for check in document["checks"]] == ["accuracy", "drift", "unlike"]
    assert len(document["drift"]) == 4
    assert set(document["drift"][0]) == {
        "name", "kind", "n_rows", "psi", "psi_by_chance", "ks", "p_value", "new", "within_chance",
    }  # fmt: skip


def _bare(model: Model) -> Model:
    return replace(model, summary=None)


@pytest.mark.parametrize(
    ("bars", "change", "message"),
    [
        (
            Bars(max_error=1.0), lambda model: model,
            "monitor: `max_error`: the target is of classes, not a number. "
            "Ask for the least accuracy instead.",
        ),
        (
            Bars(max_drift=0.2), _bare,
            "monitor: `max_drift`: the model keeps no summary of its training rows, so there is "
            "nothing to compare with. Train it again with this version of shoal.",
        ),
    ],
)  # fmt: skip
def test_figures_that_a_model_has_not_are_refused(
    flowers: Flowers, bars: Bars, change: Callable[[Model], Model], message: str
) -> None:
    model, x, y = flowers
    with pytest.raises(InputError) as caught:
        monitor(change(model), x, y, bars=bars)
    assert str(caught.value) == message


def test_without_a_summary_accuracy_is_still_judged(flowers: Flowers) -> None:
    model, x, y = flowers
    found = monitor(_bare(model), x, y, bars=Bars(min_accuracy=0.5))
    assert (found.verdict, found.drift, found.n_unlike, found.worst) == ("ok", None, None, None)
    assert found.sentence.count(";") == 0


def test_no_rows_and_no_answers(flowers: Flowers) -> None:
    model, x, y = flowers
    with pytest.raises(InputError) as caught:
        monitor(model, x[:0])
    assert (
        str(caught.value) == "monitor: there are no rows to look at."
        " Give rows with their answers, or a model that was trained by shoal on a table."
    )
    with pytest.raises(InputError) as caught:
        monitor(model, x, bars=Bars(min_accuracy=0.9))
    assert str(caught.value) == (
        "monitor: no row has a label that counts, so there is nothing to judge."
        " Give rows with their answers, or a model that was trained by shoal on a table."
    )
    with pytest.raises(InputError) as caught:
        monitor(model, x, y[:9])
    assert (
        str(caught.value) == "monitor: `y` must have N=150 rows from `x`; got 9."
        " Give as many as that."
    )
    " Give as many as that."


def test_numbers_have_an_error_and_r2() -> None:
    model = shoal.Experiment(
        data=shoal.FileData(
            file=str(Path(__file__).parents[3] / "examples" / "data" / "flowers.csv"),
            target="petal_width_cm",
        ),
        network=Network([Dense(4, "tanh"), Dense(1, "identity")]),
        population=2, training=shoal.Training(epochs=20, loss="squared_error"),
    ).run().ensemble  # fmt: skip
    assert bars_problem(model, Bars(min_accuracy=0.9)) == (
        "min_accuracy",
        "the target 'petal_width_cm' is a number, which has no accuracy",
        "Ask for the largest error or the least R² instead.",
    )
    x = {
        "sepal_length_cm": [5.0, 6.0, 7.0],
        "sepal_width_cm": [3.0, 3.0, 3.0],
        "petal_length_cm": [1.4, 4.5, 6.0],
        "species": ["setosa", "versicolor", "virginica"],
    }
    found: Watched = monitor(model, x, [0.2, 1.4, 2.1], bars=Bars(max_error=1e-9, min_r2=-9.0))
    assert [each.name for each in found.figures] == ["mean_absolute_error", "r2"]
    assert [check.falls_short for check in found.checks[:2]] == [True, False]
    flat = Bars(min_r2=0.5)
    with pytest.raises(InputError) as caught:
        monitor(model, x, [0.2, 0.2, 0.2], bars=flat)
    assert str(caught.value) == (
        "monitor: R² has no meaning, since the target does not vary in these rows. "
        "Ask for the error instead."
    )


@pytest.mark.filterwarnings("error")
def test_an_error_beyond_all_numbers_falls_short() -> None:
    schema = Schema(columns=(Feature(name="a"),), target="t", kind="regression")
    judging = Judging(schema)
    said = Prediction(mean=np.zeros((2, 1)), codes=None, disagreement=None)
    judging.add(said, np.array([[1.7e308], [1.6e308]]), None)
    found = Watched(time="2026-01-02T03:04:05Z", model="", bars=Bars(max_error=1.0), n_rows=2,
                    n_labelled=2, figures=judging.figures())  # fmt: skip
    assert found.figures[0].value is None
    assert found.verdict == "fell short"
    assert found.sentence.startswith("fell short: mean absolute error unknown (2 rows), above 1; ")


def test_a_figure_is_written_so_that_its_side_of_the_bar_shows() -> None:
    assert [_digits(value, 0.95) for value in (0.94999, 0.95, 0.9500001, None)] == [
        "0.94999", "0.95", "0.9500001", "unknown",
    ]  # fmt: skip
