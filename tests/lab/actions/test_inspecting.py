"""Look inside: the document of a trace, for rows and points, bounded in size."""

from __future__ import annotations

import copy
import json

import pytest

from shoal.errors import InputError
from shoal.lab.actions import ACTIONS, Dropped
from shoal.lab.messages import Inspect
from shoal.lab.session import Session


def ask(of, **how):
    return ACTIONS["inspect"](of, Inspect(id=1, **how)).document


def test_a_row_is_worked_with_the_update_that_follows(small):
    document = ask(small, row=5, step=10, network=1)
    run = small.run(-1)
    said = document.pop("said")
    assert document == run.trace(5, step=10, network=1).to_dict()
    assert (said["row"], said["place"], said["network"], said["step"]) == (5, None, 1, 10)
    assert (document["row"], document["step"], document["network"]) == (5, 10, 1)
    after = run.at(11).flat[1]
    for each in document["update"]["parameters"]:
        assert each["run"] == pytest.approx(float(after[each["parameter"]]), rel=1e-6)
        assert each["after"] == pytest.approx(each["run"], rel=1e-5)
    json.dumps(document, allow_nan=False)


def test_the_last_step_has_no_update(small):
    document = ask(small, row=5, step=32)
    assert document["update"] is None
    assert document["backward"] is not None
    assert ask(small, row=5)["step"] == 32  # the weights that are delivered


def test_a_row_of_the_batch_is_one_that_the_update_learns_from(small):
    """Its derivatives are part of the step: the batch's gradient is the mean of its rows'."""
    run = small.run(-1)
    batch = run.tape(10).next_batch(1)
    found = [ask(small, batch_row=k, step=10, network=1) for k in range(len(batch))]
    assert [each["row"] for each in found] == batch.tolist()
    _is_mean_of_rows(found)


def test_a_row_of_a_stream_is_one_that_the_update_learns_from(page):
    experiment = {
        "data": {"task": "xor", "batches": 5},
        "network": {"layers": [{"units": 2, "activation": "tanh"},
                               {"units": 1, "activation": "sigmoid"}]},
        "training": {"epochs": 2, "batch_size": 6, "dtype": "float64"},
        "population": {"size": 1},
    }  # fmt: skip
    own = page(experiment)
    found = [ask(own, batch_row=k, step=7) for k in range(6)]  # in the second epoch
    for each in found:
        a, b = (one["raw"] for one in each["inputs"])
        assert {a, b} <= {0, 1}
        assert each["loss"]["targets"][0]["given"] == (a != b)
    assert found[2]["title"] == "row 3 of 6 in the batch of step 8, network 0 at step 7 of 10"
    assert (found[2]["said"]["place"], found[2]["said"]["n_batch"]) == (2, 6)
    _is_mean_of_rows(found)
    with pytest.raises(InputError) as error:
        ask(own, batch_row=0, step=10)
    assert str(error.value) == (
        "inspect: `step` must be one that an update follows; got 10. Give an earlier one."
    )


def _is_mean_of_rows(found):
    for k, each in enumerate(found[0]["update"]["parameters"]):
        rows = [one["update"]["parameters"][k]["row_gradient"] for one in found]
        assert sum(rows) / len(rows) == pytest.approx(each["batch_gradient"], rel=1e-4, abs=1e-7)
        assert all(one["update"]["has_row"] for one in found)


def test_a_point_has_neither_loss_nor_update(small):
    document = ask(small, point=(0.25, 0.75), step=10)
    assert (document["row"], document["loss"], document["update"]) == (None, None, None)
    assert [each["raw"] for each in document["inputs"]] == [0.25, 0.75]


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        (
            {"row": 200},
            "inspect: `row` must be from 0 to 199; got 200. Give a value within the bounds.",
        ),
        (
            {"row": 1, "step": 33},
            "inspect: `step` must be from 0 to 32; got 33. Give a value within the bounds.",
        ),
        (
            {"row": 1, "network": 3},
            "inspect: `network` must be from 0 to 2; got 3. Open the session again.",
        ),
        (
            {"point": (1.0,)},
            "inspect: `point` must have a number for each of 2 features; got shape (1,)."
            " Give as many as that.",
        ),
        (
            {},
            "inspect: `row` must be given, or a point in its place, and not both; got neither."
            " Give one of the two.",
        ),
        ({"row": 1, "run": 3}, "there is no branch 3. Give a value that does."),
    ],
)
def test_what_there_is_not_is_refused(small, how, sentence):
    with pytest.raises(InputError) as error:
        ask(small, **how)
    assert str(error.value) == sentence


def test_an_action_that_nobody_wants_any_more_is_dropped(small):
    small.run(-1)
    own = copy.copy(small)
    own.told, own.drop_after = [], 0
    with pytest.raises(Dropped):
        ask(own, row=1, step=3)


def test_deep_and_wide_networks_stay_small(page):
    """21 layers: 40 units are shown of all layers together, one of each at least."""
    layers = [{"units": 64, "activation": "relu"}] * 20 + [{"units": 1, "activation": "sigmoid"}]
    experiment = {
        "data": {"task": "greater", "samples": 100},
        "network": {"layers": layers},
        "training": {"epochs": 1},
        "population": {"size": 1},
    }
    document = ask(page(experiment), row=1, step=0)
    assert len(json.dumps(document)) < 1_000_000
    assert all(len(layer["units"]) <= 2 for layer in document["layers"])
    assert document["layers"][0]["folded"] == {"n": 63, "what": "units"}


def test_the_title_says_what_a_table_is_called(page):
    own = page()
    rows = "".join(f"{k / 10},{k % 3},{'ab'[k % 2]}\n" for k in range(40))
    table = own.brought(f"x0,x1,class\n{rows}".encode(), "my points.csv")
    experiment = {
        "data": {"file": f"{table.digest}.csv", "target": "class"},
        "training": {"epochs": 1},
        "population": {"size": 1},
        "network": {"layers": [{"units": 1, "activation": "sigmoid"}]},
    }
    own.session = Session(experiment=experiment, table=table)
    title = ask(own, row=1, step=0)["title"]
    assert title.startswith("2nd row of my points.csv (line 3), network 0")
