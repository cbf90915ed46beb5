"""Schedules: closed forms at chosen steps, what a document may say, and what the core gets."""

import inspect
import json
import math

import pytest
from pydantic import TypeAdapter, ValidationError

from shoal.kernels import Watch
from shoal.training.schedules import (
    SCHEDULES,
    ConstantRate,
    CosineDecay,
    ExponentialDecay,
    InverseScaling,
    LinearWarmup,
    ReduceOnPlateau,
    Schedules,
    StepDecay,
    beyond,
    factor,
    is_relative,
    stages,
    watches,
)

DOCUMENT = TypeAdapter(Schedules)


def values(schedule, steps, per_epoch=10, total=1000):
    return [factor([schedule], step, per_epoch, total) for step in steps]


CLOSED = [
    # 2 epochs of 10 steps: n = 20
    (ConstantRate(), [0, 999], [1, 1]),
    (StepDecay(0.5, 2), [0, 19, 20, 39, 40, 200], [1, 1, 0.5, 0.5, 0.25, 2**-10]),
    (ExponentialDecay(0.25, 2), [0, 10, 20, 30, 40], [1, 0.5, 0.25, 0.125, 0.0625]),
    (CosineDecay(2), [0, 5, 10, 20, 21, 999], [1, (1 + math.sqrt(0.5)) / 2, 0.5, 0, 0, 0]),
    (CosineDecay(2, final=0.5), [0, 10, 20, 999], [1, 0.75, 0.5, 0.5]),
    (CosineDecay(), [0, 500, 1000], [1, 0.5, 0]),
    (LinearWarmup(2), [0, 1, 9, 18, 19, 20, 999], [0.05, 0.1, 0.5, 0.95, 1, 1, 1]),
    (InverseScaling(), [0, 10, 30, 80], [1, 2**-0.5, 0.5, 1 / 3]),
    (InverseScaling(2.0, 2), [0, 20, 40], [1, 0.25, 1 / 9]),
    (ReduceOnPlateau(), [0, 999], [1, 1]),
]


@pytest.mark.parametrize(("schedule", "steps", "wanted"), CLOSED)
def test_closed_forms(schedule, steps, wanted):
    assert values(schedule, steps) == pytest.approx(wanted, rel=1e-14, abs=1e-16)


def test_every_schedule_has_a_closed_form():
    assert {type(each) for each, *_ in CLOSED} == {e.record for e in SCHEDULES.values()}


def test_several_multiply():
    both = [LinearWarmup(1), StepDecay(0.5, 2)]
    assert [factor(both, step, 10, 100) for step in (0, 4, 9, 20)] == [0.1, 0.5, 1.0, 0.5]
    assert factor([], 5, 10, 100) == 1.0


@pytest.mark.parametrize(
    ("epochs", "per_epoch", "n"),
    [(2, 10, 20), (0.25, 10, 3), (0.24, 10, 2), (0.001, 10, 1), (1 / 3, 9, 3), (1e308, 10, 2**53)],
)
def test_epochs_become_whole_steps(epochs, per_epoch, n):
    # half a step is rounded up, and there is at least one
    assert stages([LinearWarmup(epochs)], per_epoch, 100) == (("linear_warmup", n, 0.0),)


def test_what_the_core_gets():
    every = [entry.record() for entry in SCHEDULES.values()]
    assert stages(every, 4, 400) == (
        ("step", 40.0, 0.5),
        ("exponential", 40.0, 0.5),
        ("cosine", 400.0, 0.0),
        ("linear_warmup", 4.0, 0.0),
        ("inverse_scaling", 4.0, 0.5),
    )
    assert all(type(part) is float for stage in stages(every, 4, 400) for part in stage[1:])
    assert watches(every[:-1], has_validation=True) == ()


def test_what_the_core_watches():
    loss, accuracy = watches(
        [
            ReduceOnPlateau(0.1, 3, gain=0.01, least=0.001),
            ConstantRate(),
            ReduceOnPlateau(figure="train_accuracy"),
        ],
        has_validation=False,
    )
    assert loss == Watch(
        kind="reduce", figure="train_loss", up=False, patience=3, gain=0.01, factor=0.1, least=0.001
    )
    assert (accuracy.figure, accuracy.up, accuracy.factor) == ("train_accuracy", True, 0.5)
    (unseen,) = watches([ReduceOnPlateau()], has_validation=True)
    assert unseen.figure == "validation_loss"


def test_what_depends_on_the_length_of_the_run():
    assert is_relative([LinearWarmup(), CosineDecay()])
    assert not is_relative([LinearWarmup(), CosineDecay(5), StepDecay()])
    assert not is_relative([])


@pytest.mark.parametrize(
    ("schedules", "found"),
    [
        ([LinearWarmup(10), CosineDecay(10)], ()),
        ([LinearWarmup(10.5)], (0,)),
        ([ConstantRate(), CosineDecay(11), LinearWarmup(12)], (1, 2)),
        # it would first act at the end of its epochs, which is that of the run
        ([StepDecay(0.5, 9.5), StepDecay(0.5, 10), LinearWarmup(11)], (1, 2)),
        # they have no end that a run could miss
        ([CosineDecay(), ExponentialDecay(0.5, 99)], ()),
        ([InverseScaling(epochs=99), ReduceOnPlateau()], ()),
    ],
)
def test_what_is_longer_than_the_run(schedules, found):
    assert beyond(schedules, 10) == found


@pytest.mark.parametrize(
    "schedule",
    [
        StepDecay(5e-324, 1e-300), ExponentialDecay(5e-324, 1e-300), CosineDecay(1e-300),
        LinearWarmup(1e300), InverseScaling(1e308, 1e-300), InverseScaling(1e-300, 1e300),
    ],
)  # fmt: skip
def test_extremes_are_numbers(schedule):
    for step in (0, 1, 2**53):
        assert 0 <= factor([schedule], step, 10**9, 2**53) <= 1


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_name_a_table_or_a_list(name):
    record = SCHEDULES[name].record()
    for document in (name, {"name": name}, record, [name], [{"name": name}], (record,)):
        assert DOCUMENT.validate_python(document) == (record,)
    assert DOCUMENT.validate_python([name, "constant"]) == (record, ConstantRate())
    for form in ({}, {"exclude_defaults": True}, {"exclude_unset": True}):
        assert DOCUMENT.validate_json(DOCUMENT.dump_json((record,), **form)) == (record,)


def test_settings_in_a_table():
    document = {"name": "cosine", "epochs": 30, "final": 0.1}
    assert DOCUMENT.validate_python(document) == (CosineDecay(30, 0.1),)
    assert DOCUMENT.validate_python([]) == ()


@pytest.mark.parametrize("name", SCHEDULES)
def test_signatures_repeat_the_defaults_of_the_fields(name):
    record = SCHEDULES[name].record
    signature = inspect.signature(record)
    defaults = {each.name: each.default for each in signature.parameters.values()}
    assert defaults == {key: field.default for key, field in record.model_fields.items()}


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ("cosinus", (), "unknown schedule 'cosinus'. Did you mean 'cosine'?"),
        (["cosine", "stp"], (1,), "unknown schedule 'stp'. Did you mean 'step'?"),
        (3, (), "schedule must be a name or a table with a name; got 3"),
        ([["cosine"]], (0,), "schedule must be a name or a table with a name; got ['cosine']"),
        ({"name": "step", "factor": 0}, ("factor",), "Input should be greater than 0"),
        ([{"name": "step", "epochs": 0.0}], (0, "epochs"), "Input should be greater than 0"),
        ({"name": "step", "factor": 1.5}, ("factor",), "Input should be less than or equal to 1"),
        ({"name": "step", "epochs": True}, ("epochs",), "Input should be a valid number"),
        ({"name": "cosine", "final": -0.1}, ("final",),
         "Input should be greater than or equal to 0"),
        ({"name": "cosine", "power": 2.0}, ("power",), "Extra inputs are not permitted"),
        ({"name": "inverse_scaling", "power": 0.0}, ("power",), "Input should be greater than 0"),
        ({"name": "reduce_on_plateau", "factor": 1.0}, ("factor",), "Input should be less than 1"),
        ({"name": "reduce_on_plateau", "patience": 0}, ("patience",),
         "Input should be greater than or equal to 1"),
        ({"name": "reduce_on_plateau", "figure": "train_los"}, ("figure",),
         "unknown figure 'train_los'. Did you mean 'train_loss'?"),
        (["constant"] * 17, (), "Tuple should have at most 16 items after validation, not 17"),
    ],
)  # fmt: skip
def test_wrong_schedules_are_told_with_their_key(document, path, message):
    with pytest.raises(ValidationError) as error:
        DOCUMENT.validate_python(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]


def test_the_schema_has_every_name_for_one_and_for_several():
    one, several = DOCUMENT.json_schema()["anyOf"]
    assert several["type"] == "array"
    assert one == several["items"]
    assert all(f'"{name}"' in json.dumps(one) for name in SCHEDULES)
