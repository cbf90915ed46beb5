"""The page has words of its own, in each language, for all that the doctor can find."""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from pathlib import Path

import pytest

from shoal import Experiment
from shoal.errors import ShoalWarning
from shoal.experiments.doctor import CHECKS, Examined, Finding
from shoal.experiments.doctor.curve import SENTENCES
from shoal.kernels import CAUSES
from shoal.lab.actions.diagnosing import remedy_name, sentence_name

ROOT = Path(__file__).parents[3]
LANGUAGES = ("ja", "ko")
HOLE = re.compile(r"\{(\w+)\}")
CAUSE_WORDS = ("gradient", "weights", "loss")
"""As web/src/panels/finding.ts knows causes; what is none of them is a limit."""


def _cases():
    path = ROOT / "tests" / "experiments" / "doctor" / "cases.py"
    spec = importlib.util.spec_from_file_location("doctor_cases_of_the_page", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


cases = _cases()


def strings_of(language):
    """Return the sections of a language's file: {"titles": {"leak": "..."}}."""
    text = (ROOT / "web" / "src" / "strings" / f"doctor_{language}.ts").read_text()
    sections = re.findall(r"^  (\w+): \{\n(.*?)^  \},$", text, re.DOTALL | re.MULTILINE)
    return {name: dict(re.findall(r'(\w+): "([^"]*)"', body)) for name, body in sections}


WORDS = {language: strings_of(language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """Whatever the checks notice in every planted fault, with each of their remedies."""
    folder = tmp_path_factory.mktemp("faults")
    makers = [*cases.FAULTS.values(), *cases.MORE_FAULTS.values(), _constant_target]
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShoalWarning)
        for make in makers:
            seen = Examined(run=make(0, folder).run())
            for check in CHECKS.values():
                hint = check.function(seen)
                found += [] if hint is None else [_found(check, hint, r) for r in hint.remedies]
    return found


def _found(check, hint, remedy):
    return Finding(
        name=check.name, title=check.title, sentence=hint.sentence, evidence=hint.evidence,
        remedy=remedy.changes, remedy_sentence=remedy.sentence,
    )  # fmt: skip


def _constant_target(seed, folder):
    (folder / "flat.csv").write_text("x,y\n" + "".join(f"{k},2.5\n" for k in range(30)))
    layers = [{"units": 2, "activation": "tanh"}, {"units": 1, "activation": "identity"}]
    document = {
        "seed": seed,
        "data": {"file": "flat.csv", "target": "y", "kind": "regression"},
        "preprocess": {"scaling": "standard"},
        "network": {"layers": layers},
    }
    return Experiment.read(document, folder=folder)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_check_has_a_title_and_a_sentence(language):
    words = WORDS[language]
    assert list(words["titles"]) == list(CHECKS)
    assert set(CHECKS) <= set(words["sentences"])
    assert set(words["curve"]) == set(SENTENCES)
    causes = {next((w for w in CAUSE_WORDS if w in c), "limit") for c in CAUSES.values() if c}
    assert set(words["causes"]) == causes


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_curve_is_read_with_the_same_numbers(language):
    for name, english in SENTENCES.items():
        wanted = set(re.findall(r"\{(\w+)[:}]", english))
        assert set(HOLE.findall(WORDS[language]["curve"][name])) == wanted, name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_remedy_and_figure_has_words(language, findings):
    words = WORDS[language]
    assert {each.name for each in findings} == set(CHECKS)
    for each in findings:
        sentence, remedy = sentence_name(each), remedy_name(each)
        assert remedy in words["remedies"], (each.name, each.remedy)
        assert set(each.evidence) <= set(words["facts"]), each.name
        told = words["sentences"][sentence]
        assert set(HOLE.findall(told)) <= set(each.evidence), (sentence, each.evidence)
        if "{value}" in words["remedies"][remedy]:
            assert each.remedy, each.name
        assert set(HOLE.findall(words["remedies"][remedy])) <= {"value", *each.evidence}
    used = {sentence_name(each) for each in findings}
    assert used == set(words["sentences"])
    assert {remedy_name(each) for each in findings} == set(words["remedies"])


def test_a_remedy_is_named_by_what_it_does_for_the_finding():
    def named(name, *remedy, **evidence):
        finding = Finding(
            name=name, title="", sentence="", remedy=remedy, remedy_sentence="Do.",
            evidence=evidence,
        )  # fmt: skip
        return remedy_name(finding)

    rate = "training.optimizer.learning_rate=0.1"
    assert (named("rate_too_low", rate), named("divergence", rate)) == (
        "larger_rate",
        "smaller_rate",
    )
    epochs = "training.epochs=7"
    assert (named("overfitting", epochs), named("too_few_steps", epochs)) == (
        "fewer_epochs",
        "more_epochs",
    )
    assert named("leak", 'data.drop=["a"]') == named("leak") == "leave_out_unknown"
    assert named("id_as_feature") == "leave_out"
    assert named("unlearnable") == "ceiling"
    assert named("unlearnable", contradictory_rows=3) == "missing_column"
    assert remedy_name(Finding(name="overfitting", title="", sentence="")) == ""
