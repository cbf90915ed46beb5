"""The page has words of its own, in each language, for what is said of a worked row."""

from __future__ import annotations

import re
from pathlib import Path

from shoal.experiments.worked import NOTES
from shoal.lab.actions import ACTIONS
from shoal.lab.messages import Inspect

WEB = Path(__file__).parents[3] / "web" / "src"
TELLS = (WEB / "views" / "inside_words.ts").read_text()
SIGMOID, SOFTMAX = {"units": 1, "activation": "sigmoid"}, {"units": 3, "activation": "softmax"}
GAUSSIANS = {"task": "gaussians", "samples": 60, "classes": 3}
EXPERIMENTS = {
    "one output": {"data": {"task": "or", "batches": 3}, "network": {"layers": [SIGMOID]}},
    "softmax": {"data": GAUSSIANS, "network": {"layers": [SOFTMAX]}},
    "several sigmoids": {
        "data": GAUSSIANS, "network": {"layers": [{"units": 3, "activation": "sigmoid"}]},
    },
    "outputs of any size": {
        "data": GAUSSIANS, "network": {"layers": [{"units": 3, "activation": "identity"}]},
    },
    "softmax inside": {"data": GAUSSIANS, "network": {"layers": [SOFTMAX, SOFTMAX]}},
    "perceptron": {
        "data": {"task": "or", "batches": 3},
        "network": {"layers": [{"units": 1, "activation": "step"}]},
        "training": {"optimizer": {"name": "perceptron", "learning_rate": 0.1}},
    },
    "held back": {
        "data": {"task": "greater", "samples": 60}, "network": {"layers": [SIGMOID]},
        "training": {
            "class_weight": {"0": 2.0, "1": 1.0},
            "clip_value": 1e-3, "clip_norm": 1e-3,
            "regularization": {"l2": 0.01, "max_norm": 1e-3, "weight_decay": 0.01},
            "optimizer": {"name": "sgd"},
        },
    },
}  # fmt: skip


def entries(table: str) -> set[str]:
    """Return the names or sentences that a table of the page has words for."""
    (body,) = re.findall(
        rf"^const {table}: .*? = \{{\n(.*?)^\}};$", TELLS, re.DOTALL | re.MULTILINE
    )
    return {a or b for a, b in re.findall(r'^  (?:(\w+)|"(.+?)"): ', body, re.MULTILINE)}


def equations(document):
    """Yield every equation of a worked row."""
    if isinstance(document, dict):
        if {"name", "expression", "value"} <= set(document):
            yield document
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from equations(each)


def test_there_are_words_for_every_note_on_a_row() -> None:
    assert entries("NOTES") == set(NOTES)


def test_there_are_words_for_what_stands_beside_an_equation_and_no_others(page) -> None:
    found = set()
    for experiment in EXPERIMENTS.values():
        training = {"epochs": 2, **experiment.get("training", {})}
        own = page({**experiment, "training": training, "population": {"size": 1}})
        for k in range(4):
            worked = ACTIONS["inspect"](own, Inspect(id=1, batch_row=k, step=1)).document
            found |= {each.get("note", "") for each in equations(worked)}
    named = {each for each in found if each.startswith("the probability of ")}
    assert {"the probability of 0", "the probability of 1"} <= named
    assert found - named - {""} == entries("NOTED")


def test_a_place_in_a_batch_is_told_by_the_beginning_of_its_sentence(page) -> None:
    """The page looks for one of these beginnings in the sentences of an update."""
    (body,) = re.findall(r"^const BATCH: .*? = \[\n(.*?)^\];$", TELLS, re.DOTALL | re.MULTILINE)
    begins = [re.compile(each) for each in re.findall(r"\[/(.+?)/, ", body)]
    found = set()
    for name, batch in (("held back", 4), ("held back", 1), ("one output", 4)):
        training = {"epochs": 2, "batch_size": batch}
        experiment = {**EXPERIMENTS[name], "training": training, "population": {"size": 1}}
        own = page(experiment)
        for asked in ({"row": 0}, {"row": 1}, {"batch_row": 0}):
            document = ACTIONS["inspect"](own, Inspect(id=1, step=1, **asked)).document
            (told,) = document["update"]["sentences"]
            found.add(next(k for k, each in enumerate(begins) if each.search(told)))
    assert found == set(range(len(begins)))


def test_notes_tell_their_facts(page) -> None:
    experiment = {
        "data": {"task": "or", "batches": 3}, "network": {"layers": [SIGMOID]},
        "training": {"epochs": 2}, "population": {"size": 1},
    }  # fmt: skip
    found = ACTIONS["inspect"](page(experiment), Inspect(id=1, row=0, step=6)).document
    assert [each["name"] for each in found["said"]["notes"]] == ["stream", "last"]
    assert found["notes"] == [NOTES["stream"], NOTES["last"]]
    assert found["said"] | {"notes": 0} == {
        "data": "or", "row": 0, "line": None, "place": None, "n_batch": 0, "network": 0,
        "step": 6, "total_steps": 6, "notes": 0,
    }  # fmt: skip
