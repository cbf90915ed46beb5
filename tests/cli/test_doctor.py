"""``shoal doctor``: what it prints, what it takes, what it refuses."""

import json
import re

import pytest

from shoal.cli.doctor import lines_of
from shoal.experiments.doctor import CHECKS, Finding, Proof

FAULTY = """
[data]
task = "greater"
samples = 200
multiply = 1000.0

[network]
layers = [{ units = 4, activation = "tanh" }, { units = 1, activation = "sigmoid" }]

[training]
optimizer = { name = "adam", learning_rate = 0.03 }
batch_size = 16
epochs = 60

[population]
size = 4
"""
SWEEP = (
    "[data]\ntask = 'or'\n[training]\nepochs = 1\n[population]\nsize = 2\n[sweep]\nseed = [1, 2]\n"
)


@pytest.fixture(autouse=True)
def own_store(folder, monkeypatch):
    monkeypatch.setenv("SHOAL_HOME", str(folder / "home"))


@pytest.fixture
def faulty(folder):
    (folder / "faulty.toml").write_text(FAULTY, encoding="utf-8")
    return "faulty.toml"


def test_a_faulty_experiment(shoal, faulty):
    result = shoal("doctor", faulty)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "1 fault: inputs are not scaled."
    assert "FAULT  Inputs are not scaled" in lines
    assert "            preprocess.scaling=standard" in lines
    assert any(re.search(r"better in 1\d of 16", line) for line in lines)
    assert max(map(len, lines)) <= 80
    assert "warning" not in result.stderr


def test_a_healthy_experiment(shoal, faulty):
    result = shoal("doctor", faulty, "preprocess.scaling=standard")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "Nothing wrong was found."
    assert "FAULT" not in result.stdout


def test_quiet_is_the_answer_alone(shoal, faulty):
    result = shoal("doctor", faulty, "-q")
    assert result.stdout == "1 fault: inputs are not scaled.\n"
    assert result.stderr == ""


def test_json(shoal, faulty):
    result = shoal("doctor", faulty, "--json", "--seed", "3", "--pairs", "8")
    found = json.loads(result.stdout)
    assert found["experiment"]["seed"] == 3
    assert found["sentence"] == "1 fault: inputs are not scaled."
    (finding,) = found["findings"]
    assert (finding["name"], finding["proof"]["n_pairs"]) == ("unscaled_inputs", 8)


def test_a_stored_run_and_a_stored_diagnosis(shoal, faulty):
    assert shoal("run", faulty, "-q").exit_code == 0
    first = shoal("doctor", "@last")
    assert first.stdout.splitlines()[0] == "1 fault: inputs are not scaled."
    again = shoal("doctor", "@last")
    assert again.stdout == first.stdout
    assert again.stderr == ""  # it is stored already


def test_a_remedy_that_gains_nothing_is_a_note(shoal, faulty):
    result = shoal("doctor", faulty, "preprocess.scaling=standard", "training.loss=squared_error")
    assert "NOTE  The loss does not fit the answer" in result.stdout
    assert "no clear gain" in result.stdout


def test_what_is_refused(refused, folder, faulty):
    (folder / "sweep.toml").write_text(SWEEP, encoding="utf-8")
    assert refused("doctor", "sweep.toml", "-q") == (
        "sweep.toml: is a sweep. Give an experiment or a run to diagnose."
    )
    assert (
        refused("doctor", "nothing.toml") == "nothing.toml: there is no such file."
        " Look at the spelling and the folder."
    )
    told = refused("doctor", faulty, "data.multiply=0")
    assert told.startswith("faulty.toml, data.multiply: must not be 0")


def test_too_few_pairs(shoal, faulty):
    result = shoal("doctor", faulty, "--pairs", "5")
    assert result.exit_code == 2
    assert "must be a whole number from 6 to 10000; got 5." in " ".join(result.stderr.split())


@pytest.mark.parametrize("kind", ["fault", "question", "note"])
def test_lines_fit_and_changes_are_whole(kind):
    """Whatever the names are: text is wrapped at 79, a change is one line, there to be copied."""
    change = 'data.drop=["' + "x" * 90 + '"]'
    proof = Proof(
        figure="validation_accuracy", before=0.5, after=0.75, gain=0.25, wins=16, losses=0, ties=0,
        p_value=2**-15, n_diverged_before=0, n_diverged_after=0, helps=True,
        beside=("preprocess.scaling=standard",),
    )  # fmt: skip
    finding = Finding(
        name="leak", title="t", sentence="a word " * 60, evidence={"a": 1 / 3, "b": "line\nbreak"},
        kind=kind, remedy=(change,), remedy_sentence="do it " * 30, proof=proof,
    )  # fmt: skip
    lines = list(lines_of(finding))
    assert lines[0] == f"{kind.upper()}  t"
    assert " " * 12 + change in lines
    assert all(len(line) <= 79 for line in lines if change not in line)
    assert any("line\\nbreak" in line for line in lines)
    assert lines[-1].strip() == "with preprocess.scaling=standard on both sides."


def test_the_help_names_it(shoal):
    assert "doctor" in shoal("--help").stdout
    assert shoal("doctor", "--help").exit_code == 0


def test_titles_are_short():
    assert all(len(check.title) < 60 for check in CHECKS.values())
