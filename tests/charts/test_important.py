"""Charts and reports of importance, dependence and attributions, with hostile names too."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from shoal.charts.attributed import waterfall
from shoal.charts.important import told_apart
from shoal.charts.registry import make
from shoal.charts.report import content
from shoal.charts.saving import png, svg
from shoal.data.dataset import Feature, Schema
from shoal.data.scaling import Scaler
from shoal.errors import ArgumentError, InputError
from shoal.models import Model, attribute, importance_of
from shoal.network import Dense, Network, Parameters

EVIL = "</script><b>\n\u202egnp\"'"
KINDS = ("importance", "dependence", "attribution")


def model_of(kind: str = "classification", n_networks: int = 3) -> Model:
    """A number with a hostile name, a category, and a column that is not used."""
    columns = (
        Feature(name=EVIL), Feature(name="colour", categories=("red", "<i>blue</i>")),
        Feature(name="idle"),
    )  # fmt: skip
    classes = ("no", "yes", EVIL) if kind == "classification" else ()
    schema = Schema(columns=columns, target="y", kind=kind, classes=classes)
    last = Dense(3, "softmax") if classes else Dense(1)
    network = Network([Dense(6, "tanh"), last], inputs=4)
    flat = np.stack([network.initialize(seed).flat for seed in range(n_networks)])
    parameters = Parameters.from_flat(network.layout(), flat)
    parameters.weights[0][:, 3] = 0.0
    width = network.n_outputs
    return Model(
        network=network, parameters=parameters, schema=schema,
        scalers=(Scaler(center=(0.0,) * 4, scale=(1.0,) * 4),),
        target_scalers=(Scaler(center=(0.0,) * width, scale=(1.0,) * width),),
        seeds=tuple(range(n_networks)), best=0, experiment={}, arithmetic="1", version="0",
    )  # fmt: skip


@pytest.fixture(scope="module", params=["classification", "regression"])
def records(request):
    model = model_of(request.param)
    rng = np.random.default_rng(0)
    red = rng.integers(0, 2, 80)
    x = np.stack([rng.normal(size=80), red, 1 - red, rng.normal(size=80)], axis=1)
    found = importance_of(model, x, model.predict(x))
    one = attribute(model, x[0])
    return {"importance": found, "dependence": found, "attribution": one}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dark", [False, True])
def test_is_valid_and_drawn(records, kind: str, dark: bool) -> None:
    altair = pytest.importorskip("altair")
    chart = make(kind, records[kind])
    document = chart.themed(dark=dark).to_dict()
    text = json.dumps(document, allow_nan=False)
    assert "\\u202e" not in text
    altair.Chart.from_dict(document, validate=True)
    assert chart.title
    assert all(chart.subtitle)
    assert "3 networks" in " ".join(chart.subtitle)
    assert png(chart.themed(dark=dark), 1.0).startswith(b"\x89PNG")
    assert "</script>" not in svg(chart)


def test_every_column_has_its_dependence(records) -> None:
    found = records["importance"]
    for name in (EVIL, "colour", "idle"):
        chart = make("dependence", found, column=name)
        assert len(chart.data["value"]) % len(set(chart.data["output"])) == 0
    flat = make("dependence", found, column="idle")
    assert np.ptp(np.asarray(flat.data["mean"])[np.array(flat.data["output"]) ==
                                                flat.data["output"][0]]) < 1e-6  # fmt: skip


def test_the_waterfall_ends_where_the_answer_is(records) -> None:
    found = records["attribution"]
    steps = waterfall(found)
    assert steps["start"][0] == found.baseline_value
    assert steps["stop"][-2] == pytest.approx(found.value, rel=1e-5)
    assert steps["stop"][-1] == found.value
    # each step begins where the one before it ended
    assert steps["start"][1:-1] == pytest.approx(steps["stop"][:-2])


def test_many_columns_share_a_step() -> None:
    network = Network([Dense(1, bias=False)], inputs=20)
    weights = np.arange(20.0)[None, :, None]
    schema = Schema(columns=tuple(Feature(name=f"c{k}") for k in range(20)), target="y",
                    kind="regression")  # fmt: skip
    model = Model(
        network=network, parameters=network.start_from([weights], dtype="float64"), schema=schema,
        scalers=(Scaler(center=(0.0,) * 20, scale=(1.0,) * 20),),
        target_scalers=(Scaler(center=(0.0,), scale=(1.0,)),),
        seeds=(0,), best=0, experiment={}, arithmetic="1", version="0",
    )  # fmt: skip
    steps = waterfall(attribute(model, np.ones(20)))
    assert len(steps["step"]) == 2 + 14
    assert steps["step"][-2] == "7 other columns"
    assert steps["change"][-2] == pytest.approx(sum(range(7)))


def test_the_interval_of_a_chart_is_that_of_the_record(records) -> None:
    found = records["importance"]
    data = make("importance", found).data
    for k, each in enumerate(found.columns):
        assert (data["rise"][k], data["low"][k]) == (each.rise.mean, each.rise.low)


@pytest.mark.parametrize("kind", ["importance", "attribution"])
def test_a_report_opens_and_nothing_acts_in_it(records, kind: str) -> None:
    page = content(records[kind]).decode()
    assert "</script><b>" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)=["']https?:""", page)
    assert page.count("<figure") == (4 if kind == "importance" else 1)


def test_names_that_look_alike_stay_apart() -> None:
    assert told_apart(["a", "a", "b", "a"]) == ["a", "a (2)", "b", "a (3)"]


def test_what_is_refused(records) -> None:
    found = records["importance"]
    with pytest.raises(ArgumentError) as caught:
        make("dependence", found, column="colours")
    assert str(caught.value).endswith("got 'colours'. Did you mean 'colour'?")
    with pytest.raises(ArgumentError, match="dependence: `of` must be one of"):
        make("dependence", found, of="maybe")
    with pytest.raises(ArgumentError, match="importance: `measure` must be"):
        make("importance", found, measure="r2")
    model = model_of("regression", 1)
    bare = importance_of(model, np.eye(4), np.zeros(4), panels=0)
    with pytest.raises(InputError) as told:
        make("dependence", bare)
    assert str(told.value) == (
        "chart 'dependence': none was computed. Give importance_of panels=9."
    )
    assert found.plot.importance().kind == "importance"


def test_columns_that_stand_in_for_each_other_share_a_bar_and_a_row() -> None:
    network = Network([Dense(1, bias=False)], inputs=3)
    schema = Schema(
        columns=tuple(Feature(name=name) for name in ("a", EVIL, "c")), target="y",
        kind="regression",
    )  # fmt: skip
    model = Model(
        network=network, parameters=network.start_from([[[[1.0], [1.0], [1.0]]]]), schema=schema,
        scalers=(Scaler(center=(0.0,) * 3, scale=(1.0,) * 3),),
        target_scalers=(Scaler(center=(0.0,), scale=(1.0,)),),
        seeds=(0,), best=0, experiment={}, arithmetic="1", version="0",
    )  # fmt: skip
    x = np.random.default_rng(0).normal(size=(60, 3))
    x[:, 1] = x[:, 0]
    found = importance_of(model, x, x.sum(axis=1))
    data = make("importance", found).data
    assert len(data["column"]) == 4
    assert data["column"][0].startswith("a + ")
    assert data["column"][0].endswith(", together")
    assert data["rise"][0] == found.families[0].rise.mean == max(data["rise"])
    page = content(found).decode()
    assert "Columns that say much the same, dealt out together" in page
    assert "</script><b>" not in page


def test_a_probability_has_no_tick_above_one(records) -> None:
    found = records["attribution"]
    text = json.dumps(make("attribution", found).to_dict())
    assert ('"values": [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]' in text) == found.what.startswith("prob")
