"""Stop rules: as documents, as what the core watches, and in the answers of predicates."""

import inspect

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from shoal.errors import InputError
from shoal.kernels import Watch
from shoal.training import (
    STOP_RULES,
    Divergence,
    EvaluationLimit,
    Plateau,
    Predicate,
    SecondLimit,
    StepLimit,
    Target,
    UserFunction,
    limit_of,
    predicates,
    says_stop,
    watched,
)
from shoal.training.figures import FIGURE_NAMES, figures_of, goes_up, kind_of_figure
from shoal.training.stopping import StopRules, watches

DOCUMENT = TypeAdapter(StopRules)
ALL = (
    StepLimit(100),
    SecondLimit(1.5),
    EvaluationLimit(1000),
    Target("validation_accuracy", above=0.9),
    Target("train_loss", below=0.2, keep="before"),
    Plateau("validation_r2", patience=5, gain=0.01),
    Plateau(),
    Divergence(above=100.0),
    Predicate("own:enough"),
)


def test_every_rule_is_there_and_goes_through_json():
    assert {rule.name for rule in ALL} == set(STOP_RULES)
    for form in ({}, {"exclude_none": True}, {"exclude_defaults": True}):
        assert DOCUMENT.validate_json(DOCUMENT.dump_json(ALL, **form)) == ALL


def test_one_rule_needs_no_list():
    table = {"name": "steps", "limit": 5}
    assert DOCUMENT.validate_python(table) == DOCUMENT.validate_python([table]) == (StepLimit(5),)
    assert DOCUMENT.validate_python("plateau") == (Plateau(),)
    assert DOCUMENT.validate_python(Plateau()) == (Plateau(),)


@pytest.mark.parametrize("name", STOP_RULES)
def test_signatures_repeat_the_defaults_of_the_fields(name):
    record = STOP_RULES[name].record
    parameters = inspect.signature(record).parameters
    assert set(parameters) == set(record.model_fields)
    for key, field in record.model_fields.items():
        if field.is_required():
            assert parameters[key].default is inspect.Parameter.empty
        else:
            assert parameters[key].default == field.default


def test_limits_are_the_smallest():
    rules = [StepLimit(7), SecondLimit(2.0), StepLimit(5), EvaluationLimit(9)]
    assert [limit_of(rules, name) for name in ("steps", "seconds", "evaluations")] == [5, 2.0, 9]
    assert limit_of([Plateau()], "steps") is None


def test_what_the_core_watches():
    found = watches(ALL, has_validation=True)
    assert found == (
        Watch(kind="target", figure="validation_accuracy", up=True, level=0.9),
        Watch(kind="target", figure="train_loss", up=False, level=0.2, keep_before=True),
        Watch(kind="plateau", figure="validation_r2", up=True, patience=5, gain=0.01),
        Watch(kind="plateau", figure="validation_loss", up=False, patience=10),
        Watch(kind="divergence", figure="train_loss", up=True, level=100.0),
    )
    assert [rule.name for rule in watched(ALL)] == [watch.kind for watch in found]
    assert {name for name, entry in STOP_RULES.items() if entry.is_watch} == {
        watch.kind for watch in found
    }
    assert watches([Plateau()], has_validation=False)[0].figure == "train_loss"


def test_figures_and_their_directions():
    up = {name for name in FIGURE_NAMES if goes_up(name)}
    assert up == {"train_accuracy", "validation_accuracy", "train_r2", "validation_r2"}
    assert len(FIGURE_NAMES) == 8
    assert figures_of("multilabel") == figures_of("classification") == (
        "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
    )  # fmt: skip
    assert figures_of("regression") == (
        "train_loss", "train_mean_absolute_error", "train_r2",
        "validation_loss", "validation_mean_absolute_error", "validation_r2",
    )  # fmt: skip
    assert kind_of_figure("train_loss") is None
    assert kind_of_figure("train_r2") == "regression"


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ([{"name": "stepz"}], (0,), "unknown stop rule 'stepz'. Did you mean 'steps'?"),
        ([3], (0,), "stop rule must be a name or a table with a name; got 3"),
        (3, (), "stop rule must be a name or a table with a name; got 3"),
        (["steps"], (0, "limit"), "Field required"),
        ([{"name": "steps", "limit": 0}], (0, "limit"),
         "Input should be greater than or equal to 1"),
        ([{"name": "seconds", "limit": 0}], (0, "limit"), "Input should be greater than 0"),
        ([{"name": "target", "figure": "train_lost", "below": 1}], (0, "figure"),
         "unknown figure 'train_lost'. Did you mean 'train_loss'?"),
        ([{"name": "target", "figure": "train_loss"}], (0,),
         "target needs either above or below; got neither. Give one of the two"),
        ([{"name": "target", "figure": "train_loss", "below": 1, "above": 0}], (0,),
         "target needs either above or below; got both"),
        ([{"name": "target", "figure": "train_loss", "below": float("nan")}], (0, "below"),
         "Input should be a finite number"),
        ([{"name": "plateau", "patience": 0}], (0, "patience"),
         "Input should be greater than or equal to 1"),
        ([{"name": "plateau", "gain": -1}], (0, "gain"),
         "Input should be greater than or equal to 0"),
        ([{"name": "divergence"}], (0, "above"), "Field required"),
        ([{"name": "python"}], (0, "function"), "Field required"),
        ([{"name": "plateau"}] * 65, (), "Tuple should have at most 64 items after validation, "
         "not 65"),
    ],
)  # fmt: skip
def test_wrong_rules_are_told_with_their_key(document, path, message):
    with pytest.raises(ValidationError) as error:
        DOCUMENT.validate_python(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]


def test_a_predicate_gets_the_figures_before_and_now():
    def enough(previous, current):
        return current["train_loss"] > previous.get("train_loss", 9.0)

    ((where, function),) = predicates([Plateau(), Predicate(enough)])
    assert where == "training.stop[1].function"
    assert says_stop(where, function, {}, {"train_loss": 1.0}) is False
    assert says_stop(where, function, {"train_loss": 1.0}, {"train_loss": 2.0}) is True
    yes = UserFunction.of(lambda previous, current: np.bool_(True))
    assert says_stop(where, yes, {}, {}) is True


@pytest.mark.parametrize(("answer", "shown"), [(None, "None"), (1, "1"), ("yes", "'yes'")])
def test_another_answer_is_refused(answer, shown):
    function = UserFunction.of(lambda previous, current: answer)
    with pytest.raises(InputError) as error:
        says_stop("training.stop[0].function", function, {}, {})
    assert str(error.value) == (
        f"training.stop[0].function: '{function.code}' must return True or False; got {shown}. "
        "Return a comparison, such as current['train_loss'] < 0.1."
    )
