"""The settings of training: what a document may say, and what the core is told."""

import inspect

import numpy as np
import pytest
from pydantic import ValidationError

from shoal.kernels import NUMBER_FIGURES, Watch
from shoal.network import Dense, Huber, Network
from shoal.training import (
    OPTIMIZERS,
    SGD,
    Adam,
    Divergence,
    EvaluationLimit,
    Plateau,
    Predicate,
    Regularization,
    StepLimit,
    Target,
    Training,
    rule_settings,
)
from shoal.training.schedules import CosineDecay, LinearWarmup, ReduceOnPlateau

FULL = Training(
    "sgd",
    loss=Huber(0.5),
    schedule=["linear_warmup", CosineDecay(final=0.1), ReduceOnPlateau(patience=3)],
    regularization=Regularization(l1=[0.1, 0.0], l2=0.2, dropout=0.5, max_norm=3.0),
    clip_norm=1.0,
    clip_value=0.5,
    stop=[Plateau(), Target("train_r2", above=0.9), StepLimit(90), EvaluationLimit(80)],
    epochs=10,
    restore_best="validation_mean_absolute_error",
)
NETWORK = Network([Dense(3, "tanh"), Dense(1)], inputs=2)


@pytest.mark.parametrize(
    "made",
    [
        Training(),
        FULL,
        Training("finite_difference", loss="hinge", class_weight={"yes": 2.0}),
        Training({"name": "python", "function": "own:rule"}, stop=Predicate("own:enough")),
        Training(class_weight="balanced", stop=Divergence(above=3.0)),
    ],
)
def test_settings_go_through_json(made):
    for form in ({}, {"exclude_none": True}, {"exclude_defaults": True}):
        assert Training.model_validate_json(made.model_dump_json(**form)) == made
    assert Training.model_validate(made.model_dump()) == made


def test_signatures_repeat_the_defaults_of_the_fields():
    signature = inspect.signature(Training).parameters
    assert set(signature) == set(Training.model_fields)
    for name, field in Training.model_fields.items():
        if name not in ("optimizer", "regularization"):
            assert signature[name].default == field.get_default(call_default_factory=True), name


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "python"])
def test_the_precision_is_that_of_the_optimizer_unless_it_is_given(name):
    usual = OPTIMIZERS[name].default_dtype
    assert Training(name).dtype == Training(name, dtype=None).dtype == usual
    assert Training.model_validate({"optimizer": name}) == Training(name, dtype=usual)
    assert Training(name, dtype="float64").dtype == "float64"
    assert Training(name, dtype="float32").dtype == "float32"
    assert Training(name).model_dump()["dtype"] == usual


def test_a_wrong_optimizer_is_not_told_as_a_wrong_precision():
    with pytest.raises(ValidationError) as error:
        Training(optimizer="adm")
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [
        (("optimizer",), "unknown optimizer 'adm'. Did you mean 'adam'?")
    ]


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ({"clip_norm": 0}, ("clip_norm",), "Input should be greater than 0"),
        ({"clip_value": "1"}, ("clip_value",), "Input should be a valid number"),
        ({"class_weight": "even"}, ("class_weight",),
         "must be \"balanced\", or a table from class to weight; got 'even'"),
        ({"class_weight": {"yes": 0}}, ("class_weight", "yes"), "Input should be greater than 0"),
        ({"schedule": "cosin"}, ("schedule",), "unknown schedule 'cosin'. Did you mean 'cosine'?"),
        ({"loss": "huberr"}, ("loss",), "unknown loss 'huberr'. Did you mean 'huber'?"),
        ({"restore_best": "train_los"}, ("restore_best",),
         "unknown figure 'train_los'. Did you mean 'train_loss'?"),
        ({"dtype": "float16"}, ("dtype",), "Input should be 'float32' or 'float64'"),
        ({"regularization": {"l1": "x"}}, ("regularization", "l1"),
         "Input should be a valid number"),
    ],
)  # fmt: skip
def test_wrong_settings_are_told_with_their_key(document, path, message):
    with pytest.raises(ValidationError) as error:
        Training.model_validate(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        ("sigmoid", "binary_crossentropy"),
        ("softmax", "categorical_crossentropy"),
        ("exponential", "poisson"),
        ("tanh", "squared_error"),
    ],
)
def test_the_loss_that_fits_the_last_layer(last, loss):
    network = Network([Dense(2, last)])
    assert Training().loss_for(network) == loss
    assert Training(loss="hinge").loss_for(network) == "hinge"
    assert FULL.loss_for(network) == "huber"
    assert (Training().loss_parameter, FULL.loss_parameter) == (0.0, 0.5)
    assert Training(loss="huber").loss_parameter == 1.0


def test_steps_of_a_run():
    # 100 rows in batches of 32: 4 steps an epoch
    steps = Training(epochs=10).steps(100)
    assert (steps.batch, steps.steps_per_epoch, steps.total_steps) == (32, 4, 40)
    assert (steps.report_every, steps.end) == (4, "epochs")
    short = Training(epochs=10, report_every="end", stop=[StepLimit(33), StepLimit(7)]).steps(100)
    assert (short.total_steps, short.report_every, short.end) == (7, 7, "steps")
    assert Training(epochs=10, stop=StepLimit(40)).steps(100).end == "epochs"
    full = Training(batch_size="full", report_every=1000).steps(100)
    assert (full.batch, full.steps_per_epoch, full.report_every) == (100, 1, 100)


def test_what_the_core_is_told():
    found = rule_settings(
        FULL, NETWORK, FULL.steps(320), kind="regression", shuffled=True, has_validation=False
    )
    # 320 rows in batches of 32: 10 steps an epoch, 100 in all but for the limit of 90
    assert found.schedule == (("linear_warmup", 10.0, 0.0), ("cosine", 90.0, 0.1))
    assert (found.total_steps, found.max_evaluations) == (90, 80)
    assert (found.loss, found.loss_parameter, found.threshold) == ("huber", 0.5, 0.5)
    assert (found.l1, found.l2) == ((0.1, 0.0), (0.2, 0.2))
    assert (found.dropout, found.max_norm) == ((0.5, 0.0), (3.0, 3.0))
    assert (found.clip_norm, found.clip_value) == (1.0, 0.5)
    assert found.watches == (
        Watch(kind="plateau", figure="train_loss", up=False, patience=10),
        Watch(kind="target", figure="train_r2", up=True, level=0.9),
        Watch(
            kind="reduce", figure="train_loss", up=False, patience=3, gain=1e-4, factor=0.5,
            least=0.0,
        ),
    )  # fmt: skip
    assert found.keep_best == "validation_mean_absolute_error"
    assert found.accuracy is None


def test_nothing_is_on_that_was_not_asked_for():
    training = Training()
    found = rule_settings(
        training, NETWORK, training.steps(10), kind="regression", shuffled=True, has_validation=True
    )
    off = (found.l1, found.l2, found.dropout, found.max_norm, found.schedule, found.watches)
    assert off == ((),) * 6
    zero = (found.clip_norm, found.clip_value, found.weight_decay, found.input_noise,
            found.label_smoothing, found.loss_parameter, found.max_evaluations)  # fmt: skip
    assert zero == (0,) * 7
    assert found.figures == NUMBER_FIGURES


@pytest.mark.parametrize(
    ("kind", "units", "accuracy"),
    [
        ("classification", 1, "threshold"),
        ("classification", 3, "argmax"),
        ("multilabel", 3, "threshold"),
        ("regression", 3, None),
    ],
)
def test_how_accuracy_is_decided(kind, units, accuracy):
    network, training = Network([Dense(units)], inputs=2), Training(loss="hinge")
    found = rule_settings(
        training, network, training.steps(9), kind=kind, shuffled=False, has_validation=True
    )
    assert (found.accuracy, found.threshold) == (accuracy, 0.0)


def test_numbers_of_the_rule_for_every_network():
    found = Training(Adam(0.1, 0.8, 0.9, 1e-3)).hyper(2)
    assert found.tolist() == [[0.1, 0.8, 0.9, 1e-3]] * 2
    assert found.dtype == np.float64
    assert Training({"name": "python", "function": "own:rule"}).hyper(2).shape == (2, 0)


def test_class_weights_are_by_name():
    assert Training(class_weight={0: 1, 1: 3}).class_weight == {"0": 1.0, "1": 3.0}


def test_functions_are_listed_with_their_places_and_found_together():
    def rule(parameters, state, loss, gradient, rng):
        return parameters, state

    training = Training(
        {"name": "python", "function": rule}, stop=[Plateau(), Predicate("shoal.errors:join")]
    )
    places = [where for where, _ in training.functions]
    assert places == ["training.optimizer.function", "training.stop[1].function"]
    found = training.with_functions(allow_python=True)
    assert all(function.function is not None for _, function in found.functions)
    assert found.optimizer.function.function is rule
    assert found.stop[1].function.function("a", "b") == "a b"
    assert found.with_functions(allow_python=False) is found
    assert Training(SGD()).with_functions(allow_python=False) == Training(SGD())


def test_a_relative_schedule_is_that_of_the_whole_run():
    training = Training(schedule=[LinearWarmup(2), "cosine"], epochs=5)
    found = rule_settings(
        training, NETWORK, training.steps(32), kind="regression", shuffled=True, has_validation=True
    )
    assert found.schedule == (("linear_warmup", 2.0, 0.0), ("cosine", 5.0, 0.0))
