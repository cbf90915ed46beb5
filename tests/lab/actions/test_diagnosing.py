"""What the doctor tells a page: the findings of `shoal.diagnose`, with changes that cure."""

from __future__ import annotations

import copy
import json

import pytest

import shoal
from shoal.experiments import Experiment
from shoal.experiments.changes import override
from shoal.lab.actions import ACTIONS, Dropped
from shoal.lab.actions.diagnosing import differences, remedy_changes
from shoal.lab.messages import Diagnose


@pytest.fixture
def sick(page):
    document = copy.deepcopy(page().session.experiment)
    document["data"]["multiply"] = 1000.0
    return page(document)


def test_findings_and_their_cure(sick):
    found = ACTIONS["diagnose"](sick, Diagnose(id=1)).document
    same = shoal.diagnose(sick.experiment())
    assert found["sentence"] == same.sentence
    assert found["curve"] == same.curve
    names = [each["name"] for each in found["findings"]]
    assert names == [each.name for each in same.findings]
    assert "unscaled_inputs" in names
    finding = found["findings"][names.index("unscaled_inputs")]
    assert finding["changes"] == {"preprocess.scaling": "standard"}
    assert finding["proof"]["wins"] > finding["proof"]["losses"]
    assert not found["healthy"]
    json.dumps(found, allow_nan=False)
    # the change as the page applies it: the finding is gone
    cured = copy.deepcopy(sick.session.experiment)
    cured["preprocess"] = {"scaling": "standard"}
    after = shoal.diagnose(Experiment.read(cured), prove=False)
    assert "unscaled_inputs" not in [each.name for each in after.findings]


def test_it_tells_what_it_does_and_can_be_dropped(sick):
    sick.run(-1)
    ACTIONS["diagnose"](sick, Diagnose(id=1))
    assert any("trying remedies, 1 of" in told for told, _ in sick.told)
    sick.drop_after = len(sick.told) + 3
    with pytest.raises(Dropped):
        ACTIONS["diagnose"](sick, Diagnose(id=2))


def test_changes_give_the_document_that_the_remedy_gives():
    """Setting each path as a page does is the same as `override`, also for another optimizer."""
    before = Experiment()
    for remedy in [
        ("training.optimizer.name=lbfgs", "training.batch_size=full"),
        ("network.layers.0.activation=relu", "network.initializer=he_uniform"),
        ("training.optimizer.learning_rate=0.01", "training.epochs=7"),
        ("data.validation=0.5",),
    ]:
        wanted = Experiment.read(override(before.document(), remedy)).document()
        document = before.document()
        for path, value in remedy_changes(before, remedy).items():
            table, _, key = path.rpartition(".")
            (document[table] if table else document)[key] = value
        assert Experiment.read(document).document() == wanted, remedy


def test_a_key_that_goes_takes_its_table_along():
    assert differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}) == {"a": {"b": 1}}
