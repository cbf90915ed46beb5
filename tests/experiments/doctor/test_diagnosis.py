"""The record of a diagnosis: what it says, what it keeps, and what is refused."""

import csv
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from shoal import Experiment
from shoal.errors import ArgumentError
from shoal.experiments.archive import keep, load
from shoal.experiments.doctor import CHECKS, Diagnosis, Finding, Proof, diagnose
from shoal.store.store import Store


def document(data):
    return {
        "data": data,
        "preprocess": {"scaling": "standard"},
        "network": {
            "layers": [{"units": 4, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]
        },
        "training": {
            "epochs": 60,
            "batch_size": 16,
            "optimizer": {"name": "adam", "learning_rate": 0.03},
        },
        "population": {"size": 4},
    }


def unscaled():
    made = document({"task": "greater", "samples": 200, "multiply": 1000.0})
    return Experiment.read({**made, "preprocess": {"scaling": "none"}})


@pytest.fixture(scope="module")
def found():
    return diagnose(unscaled())


def leaking_rows(n=120):
    random = np.random.default_rng(5)
    y = random.integers(0, 2, n)
    x = np.c_[random.normal(size=(n, 2)), y * 3.0 + random.normal(size=n) * 0.1]
    return x, y


def test_what_it_says(found):
    (finding,) = found.findings
    assert (finding.name, finding.kind) == ("unscaled_inputs", "fault")
    assert finding.remedy == ("preprocess.scaling=standard",)
    assert finding.proof.helps
    assert finding.proof.n_pairs == 16
    assert found.sentence == "1 fault: inputs are not scaled."
    assert repr(found) == "<Diagnosis: 1 fault: inputs are not scaled.>"
    assert not found.is_healthy


def test_it_comes_back_as_it_was(found):
    packed, arrays = found.pack()
    back = Diagnosis.unpack(json.loads(json.dumps(packed, allow_nan=False)), arrays)
    assert back.to_dict() == found.to_dict()
    assert back.run.digest == back.digest == found.run.digest


def test_the_store_keeps_it(found, tmp_path):
    store = Store.open(tmp_path)
    entry = keep(found, store=store)
    assert load(entry.id, store=store).to_dict() == found.to_dict()


def test_numbers_that_are_not_known_are_null():
    proof = Proof(
        figure="validation_loss", before=math.nan, after=0.5, gain=math.nan, wins=16, losses=0,
        ties=0, p_value=2**-15, n_diverged_before=16, n_diverged_after=0, helps=True,
    )  # fmt: skip
    finding = Finding(name="divergence", title="t", sentence="s", evidence={"a": math.nan})
    made = json.loads(json.dumps({**finding.to_dict(), "proof": proof.to_dict()}, allow_nan=False))
    assert (made["evidence"]["a"], made["proof"]["before"]) == (None, None)
    assert math.isnan(Finding.from_dict(made).evidence["a"])
    back = Finding.from_dict(made).proof
    assert math.isnan(back.before)
    assert (back.after, back.n_pairs, back.sentence) == (0.5, 16, proof.sentence)


def test_rows_that_were_handed_over():
    """A run of given rows is diagnosed without giving them again, and the column is dropped."""
    x, y = leaking_rows()
    made = Experiment.read(document({"given": "rows"}))
    for diagnosis in (diagnose(made, rows=(x, y)), diagnose(made.run(rows=(x, y)))):
        (leak,) = diagnosis.findings
        assert (leak.name, leak.kind, leak.evidence["column"]) == ("leak", "question", "x2")
        assert leak.proof.figure == "validation_accuracy"
        assert leak.proof.before > 0.95
        assert leak.proof.after < 0.7  # the other columns know nothing
        assert "worse in 16 of 16 pairs" in leak.proof.sentence


def test_a_column_of_a_file_is_dropped(tmp_path):
    x, y = leaking_rows()
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", 'b "x"', "told", "answer"])
        writer.writerows([*row, ["no", "yes"][k]] for row, k in zip(x.tolist(), y, strict=True))
    table = {"file": "rows.csv", "target": "answer", "drop": ['b "x"']}
    (leak,) = diagnose(Experiment.read(document(table), folder=tmp_path)).findings
    assert leak.remedy == ('data.drop=["b \\"x\\"", "told"]',)
    assert leak.proof is not None


def test_every_network_diverged():
    made = document({"given": "rows"})
    made["network"]["layers"] = [{"units": 4, "activation": "relu"}, {"units": 1}]
    made["training"] = {"epochs": 3, "optimizer": {"name": "sgd", "learning_rate": 1e6}}
    x = np.linspace(-1, 1, 40)[:, None]
    found = diagnose(Experiment.read(made), rows=(x, x[:, 0] ** 2))
    assert [each.name for each in found.findings] == ["divergence"]
    assert found.curve.startswith("Every network diverged, the first at step ")
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_rule_without_slopes_is_left_alone():
    made = document({"task": "xor", "stream": False})
    made["network"]["initializer"] = "zeros"
    made["training"] = {"epochs": 50, "optimizer": {"name": "random_perturbation"},
                        "batch_size": "full"}  # fmt: skip
    names = [each.name for each in diagnose(Experiment.read(made), prove=False).findings]
    assert "symmetric_start" not in names
    assert "rate_too_low" not in names


def test_the_perceptron_is_not_told_to_use_another_loss():
    made = document({"task": "majority"})
    made["network"] = {"layers": [{"units": 1, "activation": "step"}], "initializer": "zeros"}
    made["training"] = {"epochs": 20, "batch_size": 1, "loss": "squared_error",
                        "optimizer": {"name": "perceptron", "learning_rate": 1.0}}  # fmt: skip
    assert diagnose(Experiment.read(made)).findings == ()


def test_several_data_sets():
    made = document({"task": "greater", "samples": 100})
    made["population"] = {"size": 3, "vary": ["data", "init"]}
    assert diagnose(Experiment.read(made), prove=False).curve


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            {"pairs": 5},
            "diagnose: `pairs` must be a whole number from 6 to 10,000; got 5."
            " Give a value within the bounds.",
        ),
        (
            {"pairs": True},
            "diagnose: `pairs` must be a whole number from 6 to 10,000; got True."
            " Give a value within the bounds.",
        ),
        (
            {"what": "x.toml"},
            "diagnose: `what` must be an Experiment or a Run; got str. Give a value of that kind.",
        ),
    ],
)
def test_what_cannot_be_is_refused(how, message):
    with pytest.raises(ArgumentError) as error:
        diagnose(**{"what": unscaled(), **how})
    assert str(error.value) == message


def test_every_check_has_its_line_in_the_docs():
    page = (Path(__file__).parents[3] / "docs" / "doctor.md").read_text("utf-8")
    section = page.partition("## The checks")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == list(CHECKS)


def numbers(y, x=None, **training):
    """Return the diagnosis of a regression on given rows."""
    if x is None:
        x = np.random.default_rng(2).normal(size=(len(y), 2))
    made = {**document({}), "preprocess": {}}
    del made["data"]
    made["network"] = {"layers": [{"units": 3, "activation": "tanh"},
                                  {"units": 1, "activation": "identity"}]}  # fmt: skip
    made["training"] = {"epochs": 20, "batch_size": 32, **training}
    return diagnose(Experiment.read(made), rows=(x, y), pairs=6)


def test_a_numeric_target_that_never_changes_is_told():
    found = numbers(np.full(60, 3.5))
    assert found.curve == "The constant guess makes no mistake: there is nothing to learn."
    finding = next(each for each in found.findings if each.name == "unlearnable")
    assert (finding.kind, finding.sentence) == (
        "fault", "the target is 3.5 in every training row: there is nothing to learn.",
    )  # fmt: skip


def test_a_leak_of_a_numeric_target_is_judged_by_the_loss():
    x = np.random.default_rng(3).normal(size=(80, 2))
    found = numbers(x[:, 1] * 2, x)
    (leak,) = (each for each in found.findings if each.name == "leak")
    assert (leak.kind, leak.proof.figure) == ("question", "validation_loss")


def test_faults_come_before_questions_and_notes_and_a_proof_of_nothing_proves_nothing():
    """All diverge with and without scaling, so that it is not cleared of being a fault."""
    random = np.random.default_rng(4)
    x = random.normal(size=(80, 2)) * 1000
    rule = {"name": "sgd", "learning_rate": 10.0}
    found = numbers(x.sum(axis=1) * 1e6, x, optimizer=rule, loss="squared_error")
    kinds = [finding.kind for finding in found.findings]
    assert kinds == sorted(kinds, key=("fault", "question", "note").index)
    scales = next(each for each in found.findings if each.name == "unscaled_inputs")
    assert (scales.kind, scales.proof.shows_nothing) == ("fault", True)
    assert scales.proof.sentence == "6 of 6 networks diverge without it, 6 with it."
