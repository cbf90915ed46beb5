"""Truth: worked rows are the published ones, the reference's, and those of finite differences."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import ArgumentError
from shoal.network import (
    ACTIVATIONS,
    LOSSES,
    Dense,
    Huber,
    Network,
    backward,
    forward_pass,
    row_losses,
)
from shoal.network.worked import ALL, Folding, Target, work

CASES = Path(__file__).parents[2] / "cases"


def case(name):
    return json.loads((CASES / name).read_text())


def started(network, dtype="float64", seed=3):
    return network.initialize(seed, dtype=dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-7), ("float32", 1e-6)])
def test_the_three_layer_network_step_by_step(dtype, tolerance):
    published = case("three_layer.json")
    network = Network([Dense(3, "sigmoid"), Dense(2, "sigmoid"), Dense(2)], inputs=2)
    parameters = network.start_from(published["W"], published["b"], dtype)

    worked = work(network, parameters, published["x"])

    for layer, expected in zip(worked.layers, published["layer_outputs"], strict=True):
        assert [unit.a.value for unit in layer.units] == pytest.approx(expected, abs=tolerance)
    # by hand: 0.1 + 0.1 * 1 + 0.2 * 0.5 = 0.3, and 1 / (1 + e^-0.3) = 0.5744425168...
    first = worked.layers[0].units[0]
    assert first.z.value == pytest.approx(0.3, abs=tolerance)
    assert [term.product for term in first.terms] == pytest.approx([0.1, 0.1], abs=tolerance)
    assert first.a.value == pytest.approx(0.5744425168116590, abs=tolerance)
    # 0.574442... * (1 - 0.574442...) = 0.244458...
    assert first.slope.value == pytest.approx(0.2444583, abs=tolerance)
    # second layer, unit 1: 0.2 + 0.4 * 0.57444252 + 0.5 * 0.66818777 + 0.6 * 0.75026011
    unit = worked.layers[1].units[1]
    assert unit.z.value == pytest.approx(1.214026957, abs=10 * tolerance)
    assert worked.outputs == pytest.approx(published["layer_outputs"][-1], abs=tolerance)


@pytest.mark.parametrize("which", ["random_search", "numerical_gradient"])
def test_neuros_points(which):
    """The worked losses of the 50 published points have the published mean."""
    from shoal.network import from_nodes

    published = case("neuro_networks.json")[which]
    network, parameters = from_nodes({k: published[k] for k in ("nodes", "weights", "func")})
    network = network.with_inputs(3)
    total = 0.0
    lines = (CASES / "neuro_points.csv").read_text().splitlines()[1:]
    for x1, x2, label in (line.split(",") for line in lines):
        target = Target(y=np.array([float(label)]), loss="binary_crossentropy")
        total += work(network, parameters, [float(x1), float(x2), 1.0], target=target).loss.value
    assert total / 50 == pytest.approx(published["loss"], abs=1e-6)


HIDDEN = [name for name in ACTIVATIONS if name != "exponential"]
FITTING = {
    "binary_crossentropy": ("sigmoid", 1),
    "categorical_crossentropy": ("softmax", 3),
    "squared_error": ("tanh", 2),
    "absolute_error": ("identity", 2),
    "hinge": ("identity", 2),
    "poisson": ("exponential", 1),
}


def compared(network, x, target, dtype="float64", folding=ALL):
    """Work a row and compare everything with the reference in float64."""
    parameters = started(network, dtype)
    worked = work(network, parameters, x, target=target, backward=True, folding=folding)
    exact = parameters.astype("float64")
    stages = forward_pass(network, exact, [x])
    how = {"weights": [target.weight], "label_smoothing": target.label_smoothing}
    y = target.y[None]
    losses = row_losses(network, target.loss, stages, y, **how)
    slopes = backward(network, exact, stages, y, target.loss, "sum", **how).flat
    near = {"rel": 2e-5, "abs": 2e-6} if dtype == "float32" else {"rel": 1e-11, "abs": 1e-13}
    assert worked.outputs == pytest.approx(stages.outputs[-1][0].tolist(), **near)
    assert worked.loss.value == pytest.approx(float(losses[0]), **near)
    seen = 0
    for layer in worked.backward.layers:
        for unit in layer.units:
            for each in unit.parameters:
                assert each.gradient.value == pytest.approx(slopes[each.parameter], **near)
                assert each.weight == pytest.approx(float(exact.flat[each.parameter]), rel=1e-7)
                assert abs(each.difference) < 1e-5 * (1 + abs(each.gradient.value))
                seen += 1
    return worked, seen


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", HIDDEN)
def test_every_activation_forward_and_back(activation, dtype):
    network = Network([Dense(4, activation), Dense(3, activation), Dense(2)], inputs=3)
    target = Target(y=np.array([0.3, -0.8]), loss="squared_error")
    _, seen = compared(network, [0.7, -1.2, 0.4], target, dtype)
    assert seen == network.layout().n_parameters


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("weight", [1.0, 2.5])
def test_every_loss_forward_and_back(loss, weight, dtype):
    activation, units = FITTING.get(loss, ("identity", 2))
    network = Network([Dense(4, "tanh"), Dense(units, activation)], inputs=3)
    y = np.zeros(units)
    y[-1] = 3.0 if loss == "poisson" else 1.0
    target = Target(y=y, loss=Huber(0.25) if loss == "huber" else loss, weight=weight)
    worked, _ = compared(network, [0.7, -1.2, 0.4], target, dtype)
    assert worked.loss.weight == weight
    assert worked.loss.name == loss
    assert worked.loss.equations[-1].value == worked.loss.value


@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy"])
def test_label_smoothing(loss):
    activation, units = FITTING[loss]
    network = Network([Dense(units, activation)], inputs=2)
    y = np.zeros(units)
    y[0] = 1.0
    target = Target(y=y, loss=loss, label_smoothing=0.3)
    worked, _ = compared(network, [0.5, 0.25], target)
    # y (1 - s) + s / 2 = 0.85, or s / 3 = 0.1 more than 0.7
    assert worked.loss.targets[0].y == pytest.approx(0.85 if units == 1 else 0.8)
    assert worked.loss.targets[0].given == 1.0


def test_squared_error_over_softmax():
    """Every output depends on every sum: the slope goes through all of them."""
    network = Network([Dense(3, "softmax"), Dense(3, "softmax")], inputs=2)
    target = Target(y=np.array([0.0, 1.0, 0.0]), loss="squared_error")
    worked, seen = compared(network, [0.5, -2.0], target)
    assert seen == network.layout().n_parameters
    assert all(layer.shared for layer in worked.backward.layers)


def test_the_chain_of_a_sigmoid_by_hand():
    """One weight 2, bias -1, x = 0.5: z = 0, a = 0.5; y = 1: L = log 2, dL/dz = -0.5."""
    network = Network([Dense(1, "sigmoid")], inputs=1)
    parameters = network.start_from([[[2.0]]], [[-1.0]], "float64")
    target = Target(y=np.array([1.0]), loss="binary_crossentropy")
    worked = work(network, parameters, [0.5], target=target, backward=True)
    (unit,) = worked.backward.layers[0].units
    assert worked.loss.value == math.log(2)
    assert unit.dl_da.value == -2.0  # -1 / a
    assert unit.slope.value == 0.25  # a (1 - a)
    assert unit.dl_dz.value == -0.5  # -2 * 0.25
    assert unit.weights[0].gradient.value == -0.25  # -0.5 * x
    assert unit.bias.gradient.value == -0.5
    assert unit.weights[0].check.value == pytest.approx(-0.25, abs=1e-10)


def test_perceptron():
    """w = (1, 1), b = -1.5, x = (1, 1): z = 0.5, says 1 where 0 is right: error 1."""
    network = Network([Dense(1, "step")], inputs=2)
    parameters = network.start_from([[[1.0], [1.0]]], [[-1.5]], "float64")
    target = Target(y=np.array([0.0]), loss="squared_error", rule="perceptron")
    worked = work(network, parameters, [1.0, 1.0], target=target, backward=True)
    (unit,) = worked.backward.layers[0].units
    assert (worked.backward.kind, worked.backward.h) == ("perceptron", None)
    assert unit.dl_dz.value == 1.0
    assert [each.gradient.value for each in unit.parameters] == [1.0, 1.0, 1.0]
    assert all(each.check is None and each.difference is None for each in unit.parameters)


def test_saturated_outputs_stay_finite():
    """z = 800: a is 1, log(1 - a) would be infinite, the loss is 800."""
    network = Network([Dense(1, "sigmoid")], inputs=1)
    parameters = network.start_from([[[800.0]]], [[0.0]], "float64")
    target = Target(y=np.array([0.0]), loss="binary_crossentropy")
    worked = work(network, parameters, [1.0], target=target, backward=True)
    (unit,) = worked.backward.layers[0].units
    assert (worked.loss.value, worked.outputs) == (800.0, (1.0,))
    assert (unit.dl_da, unit.dl_dz.value) == (None, 1.0)


# ---- folding


def test_long_sums_and_layers_are_folded_and_say_so():
    network = Network([Dense(20, "tanh"), Dense(12, "softmax")], inputs=30)
    y = np.eye(12)[7]
    target = Target(y=y, loss="categorical_crossentropy")
    x = np.linspace(-1, 1, 30)
    worked, _ = compared(network, x, target, folding=Folding(terms=4, units=3))
    first, last = worked.layers
    assert (len(first.units), first.folded.n, first.folded.what) == (3, 17, "units")
    assert (len(last.units), last.folded.n) == (3, 9)
    assert 7 in [unit.unit for unit in last.units]  # the row's class is always there
    unit = first.units[0]
    assert (len(unit.terms), unit.folded.n) == (4, 26)
    # what is folded is what is missing of the sum, and smaller than what is shown
    weights = started(network).weights[0][:, unit.unit]
    shown = [term.index for term in unit.terms]
    products = np.abs(weights * x)
    assert set(shown) == set(np.argsort(-products)[:4].tolist())
    rest = np.delete(weights * x, shown).sum()
    assert unit.folded.together == pytest.approx(rest, abs=1e-15)
    back = worked.backward.layers[0].units[0]
    assert back.weights_folded.n == 16


def test_one_more_than_asked_for_is_shown_rather_than_folded():
    network = Network([Dense(1)], inputs=5)
    worked = work(network, started(network), np.ones(5), folding=Folding(terms=4, units=3))
    assert worked.layers[0].units[0].folded is None


@pytest.mark.parametrize("folding", [ALL, Folding(), Folding(terms=2, units=1)])
def test_what_is_shown_changes_no_number_but_the_last_digit(folding):
    network = Network([Dense(20, "relu"), Dense(3, "softmax")], inputs=12)
    x = np.cos(np.arange(12.0))
    whole = work(network, started(network), x, folding=ALL)
    found = work(network, started(network), x, folding=folding)
    assert found.outputs == pytest.approx(whole.outputs, rel=1e-13)


# ---- what cannot be


def test_wrong_rows_and_targets_are_refused():
    network = Network([Dense(1, "sigmoid")], inputs=2)
    parameters = started(network)
    with pytest.raises(ArgumentError) as error:
        work(network, parameters, [1.0])
    assert str(error.value) == (
        "work: `x` must have shape (D,) with D=2 from `network`; got (1,). Give as many as that."
    )
    with pytest.raises(ArgumentError) as error:
        work(network, parameters, [1.0, float("nan")])
    assert (
        str(error.value) == "work: `x` must be finite in float64; got infinity or NaN."
        " Take these numbers out, or fill the gaps first."
    )
    wide, poisson = (
        Target(y=np.zeros(2), loss="squared_error"),
        Target(y=np.zeros(1), loss="poisson"),
    )
    with pytest.raises(ArgumentError, match="must have shape \\(C,\\) with C=1"):
        work(network, parameters, [1.0, 2.0], target=wide)
    with pytest.raises(ArgumentError, match="must fit the network"):
        work(network, parameters, [1.0, 2.0], target=poisson)


def test_sums_that_overflow_are_refused():
    network = Network([Dense(1), Dense(1)], inputs=1)
    parameters = network.start_from([[[3e38]], [[2.0]]], [[0.0], [0.0]], "float32")
    with pytest.raises(ArgumentError) as error:
        work(network, parameters, [1.0])
    assert str(error.value) == (
        "work: `x` must keep every number finite in float32; got inf in layer 2, unit 1."
        " Take these numbers out, or fill the gaps first."
    )


def test_losses_and_derivatives_that_overflow_are_refused():
    """1e25 squared is beyond float32; so is 2 * 1e15 through a weight of 1e30."""
    network = Network([Dense(1)], inputs=1)
    parameters = network.start_from([[[1e25]]], [[0.0]], "float32")
    target = Target(y=np.zeros(1), loss="squared_error")
    with pytest.raises(ArgumentError) as error:
        work(network, parameters, [1.0], target=target)
    assert (
        str(error.value) == "work: `x` must keep the loss finite in float32; got inf."
        " Take these numbers out, or fill the gaps first."
    )
    deep = Network([Dense(1), Dense(1)], inputs=1)
    parameters = deep.start_from([[[1e-15]], [[1e30]]], [[0.0], [0.0]], "float32")
    with pytest.raises(ArgumentError) as error:
        work(deep, parameters, [1.0], target=target, backward=True)
    assert str(error.value) == (
        "work: `x` must keep every derivative finite in float32; got dL/da1[1] = inf."
        " Take these numbers out, or fill the gaps first."
    )


def test_a_slope_that_overflows_where_it_cancels_is_left_out():
    """a = e^-100 is a float32 near 0: 1 / a is none, dL/dz = a - 1 is one."""
    network = Network([Dense(1, "sigmoid")], inputs=1)
    parameters = network.start_from([[[-100.0]]], [[0.0]], "float32")
    target = Target(y=np.array([1.0]), loss="binary_crossentropy")
    worked = work(network, parameters, [1.0], target=target, backward=True)
    (unit,) = worked.backward.layers[0].units
    assert 0 < worked.outputs[0] < 1e-40
    assert (unit.dl_da, unit.dl_dz.value, worked.loss.value) == (None, -1.0, 100.0)
