"""From a session to runs, or to all that is wrong with it at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from sklearn.metrics import r2_score

from shoal.experiments import Experiment
from shoal.kernels import figures, forward
from shoal.lab.messages import Open
from shoal.lab.opening import Memory, Opened, RefusedError, open_session
from shoal.lab.session import Session
from shoal.lab.tables import Folder, Tables

CSV = b"a,b,kind\n" + b"".join(
    b"%d,%d,%s\n" % (i, i * 7 % 5, b"yn"[i % 2 :][:1]) for i in range(40)
)
DIGEST = hashlib.sha256(CSV).hexdigest()
TABLE = {"digest": DIGEST, "name": "mine.csv"}


def opened(session: dict[str, Any], *, brought: bytes | None = None) -> Opened:
    folder = Folder()
    tables = Tables(folder)
    if brought is not None:
        tables.bring(hashlib.sha256(brought).hexdigest(), brought)
    try:
        message = Open(id=5, session=Session.model_validate(session))
        return open_session(message, tables, Memory())
    finally:
        folder.close()


def refused(session: dict[str, Any], *, brought: bytes | None = None) -> dict[str, str]:
    with pytest.raises(RefusedError) as caught:
        opened(session, brought=brought)
    return {each.where: each.sentence for each in caught.value.problems}


def numbers(target: Callable[[int], float]) -> tuple[dict[str, Any], bytes]:
    """Return a session on a table of numbers, and the table: the target by each row's number."""
    content = b"a,y\n" + b"".join(f"{i * 7 % 11},{target(i)}\n".encode() for i in range(40))
    digest = hashlib.sha256(content).hexdigest()
    layers = [{"units": 3, "activation": "tanh"}, {"units": 1, "activation": "identity"}]
    data = {"file": f"{digest}.csv", "target": "y", "kind": "regression", "validation": 0.25}
    experiment = {"data": data, "network": {"layers": layers}}
    return {"experiment": experiment, "table": {"digest": digest, "name": "mine.csv"}}, content


def test_of_numbers_the_headline_is_how_much_is_explained() -> None:
    session, content = numbers(lambda i: 3 * (i * 7 % 11) + i % 2)
    found = opened(session, brought=content)
    assert found.told.headline == "validation_r2"
    run = found.runs[0].prepared
    rows = run.parts[0].validation
    assert rows is not None
    outputs = forward(run.network, run.start, rows.x, threads=1)
    told = figures(run.network, run.settings, run.start, rows, threads=1)["r2"]
    wanted = [r2_score(rows.y, each) for each in outputs]
    assert told == pytest.approx(wanted, rel=1e-5)
    session["experiment"]["data"]["validation"] = 0.0
    assert opened(session, brought=content).told.headline == "train_r2"


def test_a_target_that_does_not_vary_is_told_by_its_loss() -> None:
    session, content = numbers(lambda i: 2.5)
    assert opened(session, brought=content).told.headline == "validation_loss"


def test_a_session_is_told_what_it_is() -> None:
    found = opened({"experiment": {"data": {"task": "greater", "samples": 1000}}})
    told = found.told
    assert told.id == 5
    assert told.n_networks == 16
    assert told.n_parameters == 2 * 3 + 3 + 3 * 3 + 3 + 3 * 3 + 3 + 3 + 1
    assert [(each.start, each.bias_start, each.stop) for each in told.layers] == [
        (0, 6, 9), (9, 18, 21), (21, 30, 33), (33, 36, 37)
    ]  # fmt: skip
    assert told.headline == "validation_accuracy"
    assert (told.data.n_train, told.data.n_validation, told.data.n_test) == (800, 200, 0)
    assert told.data.attainable_accuracy == 1.0
    assert told.data.features == ("x0", "x1")
    for least, median, greatest in told.data.ranges:
        assert 0 <= least < 0.02
        assert 0.4 < median < 0.6
        assert 0.98 < greatest < 1
    assert told.runs[0].total_steps == 25 * 100
    assert told.runs[0].steps_per_epoch == 25
    assert Experiment.read(told.experiment) == found.runs[0].prepared.experiment


def test_the_toml_that_is_told_is_the_experiment(tmp_path: Any) -> None:
    told = opened({"experiment": {"seed": 3}}).told
    file = tmp_path / "told.toml"
    file.write_text(told.toml)
    assert Experiment.load(file).document() == told.experiment


def test_all_problems_are_told_at_once_with_their_keys() -> None:
    assert refused(
        {
            "experiment": {"training": {"epochs": 0}, "population": {"size": -1}},
            "pins": [{"name": "A", "experiment": {"data": {"task": "graeter"}}}],
        }
    ) == {
        "training.epochs": "must be a whole number of 1 or more; got 0."
        " Give a value within the bounds.",
        "population.size": "must be a whole number from 1 to 1,000,000; got -1."
        " Give a value within the bounds.",
        "pins[0].data": "unknown task 'graeter'. Did you mean 'greater'?",
    }


def test_no_file_but_an_own_table_is_read() -> None:
    sentence = "a page reads no file but a table that was brought to it. Drop the file on the page."
    for name in ("/etc/passwd", "../x.csv", "x.csv", f"{'0' * 64}.csv", "-", f"./{DIGEST}.csv"):
        data = {"file": name, "target": "kind"}
        assert refused({"experiment": {"data": data}}) == {"data.file": sentence}
        with_table = {"experiment": {"data": data}, "table": TABLE}
        assert refused(with_table, brought=CSV) == {"data.file": sentence}
    images = {"images": "/etc/passwd", "labels": "/etc/passwd"}
    assert list(refused({"experiment": {"data": images}})) == ["data"]
    assert list(refused({"experiment": {"data": {"given": "rows"}}})) == ["data"]


def test_no_code_is_run() -> None:
    sentence = "a page runs no Python of its own. Run it with: shoal run --allow-python"
    rule = {"name": "python", "function": "os:system"}
    for training, where in (
        ({"optimizer": rule}, "training.optimizer.function"),
        ({"stop": [rule]}, "training.stop[0].function"),
    ):
        assert refused({"experiment": {"training": training}}) == {where: sentence}
        own = {"experiment": {}, "branches": [{"at": 10, "changes": {
            f"training.{key}": value for key, value in training.items()}}]}  # fmt: skip
        assert refused(own) == {f"branches[0].{where}": sentence}


def test_an_own_table_is_opened_under_its_name() -> None:
    data = {"file": f"{DIGEST}.csv", "target": "kind"}
    session = {"experiment": {"data": data}, "table": TABLE}
    told = opened(session, brought=CSV).told
    assert told.data.classes == ("n", "y")
    assert told.data.n_train + told.data.n_validation == 40
    wrong = {**session, "experiment": {"data": {**data, "target": "sort"}}}
    (sentence,) = refused(wrong, brought=CSV).values()
    assert sentence.startswith("mine.csv")
    assert DIGEST not in sentence


def test_a_missing_table_is_asked_for() -> None:
    with pytest.raises(RefusedError) as caught:
        opened({"experiment": {}, "pins": [{"name": "A", "experiment": {}, "table": TABLE}]})
    assert caught.value.missing_table == DIGEST


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"population": 257}, "population.size"),
        ({"data": {"task": "greater", "samples": 10_000_000}}, "data.samples"),
        ({"data": {"task": "greater", "samples": 100_000, "dummies": 9000}}, "data.samples"),
        ({"data": {"task": "greater", "samples": 100_000},
          "population": {"size": 64, "vary": ["data"]}}, "data.samples"),
        ({"data": {"task": "or", "batches": 1_000_000}}, "data.batches"),
        ({"network": {"layers": [{"units": 60_000}, {"units": 1}]},
          "data": {"task": "greater", "dummies": 500}}, "network.layers"),
        ({"network": {"layers": [{"units": 20_000}, {"units": 1}]}, "population": 256},
         "population.size"),
        ({"training": {"epochs": 2**50}}, "training.epochs"),
        ({"training": {"epochs": 10**6, "report_every": 1}}, "training.report_every"),
        ({"network": {"layers": [{"units": 40_000}, {"units": 1}]}, "population": 1,
          "training": {"batch_size": "full", "epochs": 1}}, "training.batch_size"),
    ],
)  # fmt: skip
def test_what_would_take_the_machine_is_refused(document: dict[str, Any], where: str) -> None:
    assert where in refused({"experiment": document})


def test_branches_are_checked_before_anything_is_trained() -> None:
    branches = [
        {"at": 10, "changes": {"training.optimizer.learning_rate": -1.0}},
        {"at": 10**9},
        {"of": 3, "at": 10},
        {"at": 10, "changes": {"data.samples": 50, "training.epochs": 0}},
        {"at": 25_000, "changes": {"training.epochs": 1}},
        {"at": 5, "edits": [{"parameter": 37, "value": 1.0}]},
        {"at": 5, "changes": {"training.epoch": 0.1}},
    ]
    found = refused({"experiment": {}, "branches": branches})
    assert found == {
        "branches[0].training.optimizer.learning_rate": (
            "must be a number greater than 0; got -1.0. Give a value within the bounds."
        ),
        "branches[1].at": "must be a step of the run it leaves, 0 to 25,000; got 1,000,000,000.",
        "branches[2].of": "must leave the experiment's own run, -1, or a branch before 2.",
        "branches[3].data.samples": (
            "`data.samples` cannot be changed in a branch: the rows stay what they are; got 50. "
            "Run a new experiment for that."
        ),
        "branches[3].training.epochs": "must be a whole number of 1 or more; got 0."
        " Give a value within the bounds.",
        "branches[4]": (
            "`training.epochs` must not end before step 25,000, where it branches; got 250 steps."
            " Give a value within the bounds."
        ),
        "branches[5].edits": (
            "must name one of 37 parameters and 16 networks; got parameter 37 of network None."
        ),
        "branches[6].training.epoch": "unknown key. Did you mean 'epochs'?",
    }


def test_equal_sessions_have_equal_keys_and_different_ones_others() -> None:
    branch = {"at": 10, "changes": {"training.epochs": 3}}
    one = opened({"experiment": {"training": {"epochs": 2}}, "branches": [branch]})
    same = opened({"experiment": {"training": {"epochs": 2}, "seed": 0}, "branches": [branch]})
    assert [run.key for run in one.runs] == [run.key for run in same.runs]
    edit = {**branch, "edits": [{"parameter": 0, "value": 0.5}]}
    other = opened({"experiment": {"training": {"epochs": 2}}, "branches": [edit]})
    assert other.runs[0].key == one.runs[0].key
    assert other.runs[1].key != one.runs[1].key


def test_rows_are_made_once_for_sessions_in_a_row() -> None:
    tables, memory = Tables(Folder()), Memory()

    def part(document: dict[str, Any]) -> object:
        message = Open(id=1, session=Session(experiment=document))
        return open_session(message, tables, memory).runs[0].prepared.parts[0]

    first = part({"population": 2})
    assert part({"population": 3, "training": {"epochs": 2}}) is first
    with pytest.raises(RefusedError):
        part({"population": 0})
    assert part({"population": 3}) is first
    part({"data": {"task": "xor"}})
    part({"data": {"task": "or"}})
    assert part({"population": 2}) is not first  # forgotten
