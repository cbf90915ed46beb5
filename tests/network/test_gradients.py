"""Truth: gradients of every activation with every loss against central differences."""

import itertools

import numpy as np
import pytest

from shoal.errors import ArgumentError
from shoal.network import (
    ACTIVATIONS,
    LOSSES,
    Dense,
    Huber,
    Network,
    Parameters,
    backward,
    check_fit,
    check_perceptron,
    forward_pass,
    loss_name,
    loss_of,
    penalty_gradient,
    perceptron_delta,
    row_losses,
)

H = 1e-5
N, D, C = 5, 2, 3

COMBINATIONS = [
    (hidden, output, loss)
    for hidden, output, loss in itertools.product(ACTIVATIONS, ACTIVATIONS, LOSSES)
    if check_fit(Network([Dense(4, hidden), Dense(C, output)]), loss) is None
]


def targets(loss):
    if loss == "categorical_crossentropy":
        return np.eye(C)[[0, 2, 1, 1, 0]]
    rng = np.random.default_rng(5)
    if loss == "poisson":
        return rng.integers(5, size=(N, C)).astype(float)
    classes = LOSSES[loss].kind == "classification"
    return np.eye(C)[[0, 2, 1, 2, 0]] if classes else rng.uniform(size=(N, C))


def near_a_kink_of_the_loss(loss, a, y):
    """The losses that are not smooth: |e| at 0, Huber's second slope at delta, hinge at 1."""
    e = np.abs(a - y)
    return {
        "absolute_error": e,
        "huber": np.abs(e - 1.0),
        "hinge": np.abs((2 * y - 1) * a - 1),
    }.get(loss, np.ones(1))


def away_from_kinks(network, layout, x, loss, y):
    """Return parameters at which no weighted sum is near a kink: differences need a smooth
    way of length H on both sides, and a weight moves a sum by at most H max|x| < 1e-4."""
    for seed in range(100):
        flat = np.random.default_rng(seed).normal(size=layout.n_parameters)
        stages = forward_pass(network, Parameters.from_flat(layout, flat), x)
        near = [
            np.abs(z - kink).min()
            for layer, z in zip(network.layers, stages.weighted_sums, strict=True)
            for kink in layer.function.kinks
        ]
        near.append(near_a_kink_of_the_loss(loss, stages.outputs[-1], y).min())
        if min(near) > 0.01:
            return flat
    raise AssertionError("no start away from the kinks")


def differences(network, layout, flat, x, y, loss, reduction, masks=(), **settings):
    def value(at):
        stages = forward_pass(network, Parameters.from_flat(layout, at), x, masks)
        return loss_of(network, loss, stages, y, reduction, **settings)

    steps = np.eye(layout.n_parameters) * H
    return np.array([(value(flat + s) - value(flat - s)) / (2 * H) for s in steps])


def compare(network, loss, reduction, masks=(), **settings):
    x = np.random.default_rng(1).normal(size=(N, D))
    y, layout = targets(loss_name(loss)), network.layout(D)
    flat = away_from_kinks(network, layout, x, loss_name(loss), y)
    parameters = Parameters.from_flat(layout, flat)
    stages = forward_pass(network, parameters, x, masks)
    found = backward(network, parameters, stages, y, loss, reduction, **settings).flat
    expected = differences(network, layout, flat, x, y, loss, reduction, masks, **settings)
    # relative to the largest element: differences are off by h^2 f''' / 6, about 1e-10, and
    # by rounding, about 1e-16 f / h = 1e-11, the same for small elements as for large ones
    scale = max(np.abs(expected).max(), 1e-3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * scale)
    return found


def test_every_activation_and_loss_is_covered():
    n = len(ACTIVATIONS)
    assert {hidden for hidden, _, _ in COMBINATIONS} == set(ACTIVATIONS)
    assert {(output, loss) for _, output, loss in COMBINATIONS if loss == "squared_error"} == {
        (name, "squared_error") for name in ACTIVATIONS
    }
    # squared error takes every pair; absolute error, Huber and hinge every pair whose output is
    # not step; the cross-entropies and Poisson one output each
    assert len(COMBINATIONS) == n * n + 3 * n * (n - 1) + 3 * n


@pytest.mark.parametrize(("hidden", "output", "loss"), COMBINATIONS)
def test_gradient_is_the_limit_of_differences(hidden, output, loss):
    found = compare(Network([Dense(4, hidden), Dense(C, output)]), loss, "mean")
    if output == "step":
        assert not found.any()
    else:
        assert found.any()


@pytest.mark.parametrize("delta", [0.1, 0.5, 3.0])
def test_hubers_delta(delta):
    network, loss = Network([Dense(4, "tanh"), Dense(C)]), Huber(delta)
    x = np.random.default_rng(1).normal(size=(N, D))
    layout, y = network.layout(D), targets("huber")
    flat = np.random.default_rng(3).normal(size=layout.n_parameters)
    parameters = Parameters.from_flat(layout, flat)
    stages = forward_pass(network, parameters, x)
    far = np.abs(stages.outputs[-1] - y)
    assert np.abs(far - delta).min() > 1e-3
    found = backward(network, parameters, stages, y, loss).flat
    expected = differences(network, layout, flat, x, y, loss, "mean")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", LOSSES)
def test_weighted_rows(loss, reduction):
    network = Network([Dense(4, "tanh"), Dense(C, LOSSES[loss].activation or "identity")])
    # mean 1, so that sum(w f) / sum(w) and sum(w f) / N are the same
    compare(network, loss, reduction, weights=np.array([0.0, 0.5, 1.0, 1.5, 2.0]))


@pytest.mark.parametrize("loss", [n for n, e in LOSSES.items() if e.kind == "classification"])
def test_smoothed_labels(loss):
    network = Network([Dense(4, "tanh"), Dense(C, LOSSES[loss].activation or "tanh")])
    plain = compare(network, loss, "mean")
    assert not np.allclose(plain, compare(network, loss, "mean", label_smoothing=0.2))


@pytest.mark.parametrize("hidden", ["tanh", "relu", "softmax", "exponential"])
def test_dropped_units(hidden):
    network = Network([Dense(4, hidden), Dense(3, "tanh"), Dense(C, "sigmoid")])
    rng = np.random.default_rng(8)
    masks = [(rng.uniform(size=(N, 4)) < 0.5) * 2.0, (rng.uniform(size=(N, 3)) < 0.8) / 0.8, None]
    found = compare(network, "binary_crossentropy", "mean", masks)
    assert not np.allclose(found, compare(network, "binary_crossentropy", "mean"))


def test_a_unit_that_is_dropped_everywhere_learns_nothing():
    network = Network([Dense(3, "tanh"), Dense(1)], inputs=D)
    layout = network.layout()
    parameters = Parameters.from_flat(layout, np.linspace(-1, 1, layout.n_parameters))
    x, mask = np.ones((N, D)), np.ones((N, 3))
    mask[:, 1] = 0.0
    stages = forward_pass(network, parameters, x, [mask, None])
    gradient = backward(network, parameters, stages, np.ones((N, 1)), "squared_error")
    assert gradient.weights[0][:, 1].tolist() == [0.0, 0.0]
    assert gradient.weights[1][1].tolist() == [0.0]
    assert gradient.weights[0][:, [0, 2]].all()


def test_penalties_by_hand_and_by_differences():
    network = Network([Dense(2), Dense(1)], inputs=1)
    layout = network.layout()
    flat = np.array([3.0, -2.0, 9.0, 9.0, 0.5, -4.0, 9.0])  # weights, biases of two layers
    parameters = Parameters.from_flat(layout, flat)
    found = penalty_gradient(network, parameters, [0.5, 0.0], [0.1, 2.0])
    # 0.5 sign(w) + 0.1 w: 0.8 and -0.7; 2 w: 1 and -8; nothing for biases
    np.testing.assert_allclose(found.flat, [0.8, -0.7, 0, 0, 1.0, -8.0, 0], rtol=1e-15)
    assert not penalty_gradient(network, parameters, (), ()).flat.any()

    def penalty(at):
        one, two = Parameters.from_flat(layout, at).weights
        return 0.5 * np.abs(one).sum() + 0.05 * (one**2).sum() + 1.0 * (two**2).sum()

    steps = np.eye(7) * H
    expected = [(penalty(flat + s) - penalty(flat - s)) / (2 * H) for s in steps]
    np.testing.assert_allclose(found.flat, expected, atol=1e-9)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", LOSSES)
def test_deep_networks_without_some_biases_and_with_settings(loss, reduction):
    output = LOSSES[loss].activation or "tanh"
    layers = [
        Dense(4, "leaky_relu", alpha=0.3),
        Dense(3, "elu", alpha=0.7, bias=False),
        Dense(3, "softmax"),
        Dense(C, output, bias=False),
    ]
    compare(Network(layers), loss, reduction)


@pytest.mark.parametrize("loss", LOSSES)
def test_mean_is_sum_over_the_number_of_rows(loss):
    network = Network([Dense(4, "tanh"), Dense(C, LOSSES[loss].activation or "identity")])
    layout, x = network.layout(D), np.random.default_rng(1).normal(size=(N, D))
    parameters = Parameters.from_flat(layout, np.linspace(-1, 1, layout.n_parameters))
    stages, y = forward_pass(network, parameters, x), targets(loss)
    mean, total = (backward(network, parameters, stages, y, loss, r).flat for r in ("mean", "sum"))
    np.testing.assert_allclose(mean * N, total, rtol=1e-12, atol=1e-15)
    assert loss_of(network, loss, stages, y, "sum") == pytest.approx(
        N * loss_of(network, loss, stages, y, "mean"), rel=1e-14
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_population_is_its_networks_side_by_side(dtype):
    network = Network([Dense(4, "gelu"), Dense(C, "softmax", bias=False)])
    layout, loss = network.layout(D), "categorical_crossentropy"
    x, y = np.random.default_rng(1).normal(size=(N, D)), targets(loss)
    flat = np.random.default_rng(2).normal(size=(7, layout.n_parameters)).astype(dtype)
    together = Parameters.from_flat(layout, flat)
    stages = forward_pass(network, together, x)
    gradients = backward(network, together, stages, y, loss)
    rows = row_losses(network, loss, stages, y)
    assert (rows.shape, gradients.flat.shape) == ((7, N), flat.shape)
    # NumPy may add a single product and a stacked one in another order
    near = {"rtol": 1e-4 if dtype == "float32" else 1e-12, "atol": np.finfo(dtype).eps * 8}
    for i in range(7):
        alone = together.member(i)
        own = forward_pass(network, alone, x)
        np.testing.assert_allclose(rows[i], row_losses(network, loss, own, y), **near)
        gradient = backward(network, alone, own, y, loss)
        assert gradient.flat.dtype == dtype
        np.testing.assert_allclose(gradients.flat[i], gradient.flat, **near)


def test_the_perceptron_learns_or_by_its_rule():
    # from zero, rate 1, all four rows: z = 0 everywhere and step(0) = 1, so only row (0, 0)
    # is wrong: delta 1 there, and the bias goes to -1 while the weights stay
    network = Network([Dense(1, "step")], inputs=2)
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float), np.array([[0], [1], [1], [1]], float)
    zero = Parameters.from_flat(network.layout(), np.zeros(3))
    stages = forward_pass(network, zero, x)
    assert perceptron_delta(stages.outputs[-1], y).tolist() == [[1], [0], [0], [0]]
    found = backward(network, zero, stages, y, "squared_error", "sum", rule="perceptron")
    assert found.flat.tolist() == [0.0, 0.0, 1.0]
    assert not backward(network, zero, stages, y, "squared_error", "sum").flat.any()


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ([Dense(1, "step")], None),
        ([Dense(1, "tanh")], 'perceptron needs "step" in its layer; got "tanh"'),
        ([Dense(2, "step"), Dense(1, "step")], "perceptron needs a single layer; got 2"),
    ],
)
def test_where_the_perceptron_rule_fits(layers, why):
    assert check_perceptron(Network(layers)) == why


def _two_rows(lead=()):
    network = Network([Dense(1)], inputs=2)
    flat = np.zeros((*lead, network.layout().n_parameters))
    parameters = Parameters.from_flat(network.layout(), flat)
    return network, parameters, forward_pass(network, parameters, np.ones((2, 2)))


def test_targets_of_another_shape_are_refused():
    network, parameters, stages = _two_rows()
    with pytest.raises(ArgumentError) as error:
        backward(network, parameters, stages, [0.0, 1.0], "squared_error")
    assert str(error.value) == (
        "backward: `y` must have shape (N, C) with N=2 from `forward_pass` and C=1 from "
        "`network`; got (2,)."
        " Give as many as that."
    )


def test_a_loss_that_does_not_fit_is_refused():
    network, _, stages = _two_rows()
    with pytest.raises(ArgumentError) as error:
        loss_of(network, "binary_crossentropy", stages, [[0.0], [1.0]])
    assert str(error.value) == (
        "loss_of: `loss` must fit the network; got 'binary_crossentropy'. "
        'binary_crossentropy needs "sigmoid" in the last layer; got "identity".'
        " Give what belongs to it."
    )


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ([None, None], "Network.forward: `masks` must hold a mask or None for each of 1 layers, "
         "None for the last; got 2 entries. Give as many as that."),
        ([np.ones((2, 1))], "Network.forward: `masks` must hold a mask or None for each of 1 "
         "layers, None for the last; got 1 entries. Give as many as that."),
    ],
)  # fmt: skip
def test_masks_that_do_not_fit_are_refused(masks, message):
    network, parameters, _ = _two_rows()
    with pytest.raises(ArgumentError) as error:
        forward_pass(network, parameters, np.ones((2, 2)), masks)
    assert str(error.value) == message


def test_a_mask_of_another_shape_is_refused():
    network = Network([Dense(3), Dense(1)], inputs=2)
    parameters = Parameters.from_flat(network.layout(), np.zeros(network.layout().n_parameters))
    with pytest.raises(ArgumentError) as error:
        forward_pass(network, parameters, np.ones((2, 2)), [np.ones((2, 2)), None])
    assert str(error.value) == (
        "Network.forward: `masks[0]` must have shape (2, 3) in layer 1; got (2, 2)."
        " Give as many as that."
    )


def test_weights_of_another_shape_are_refused():
    network, _, stages = _two_rows()
    with pytest.raises(ArgumentError) as error:
        loss_of(network, "squared_error", stages, [[0.0], [1.0]], weights=[1.0])
    assert str(error.value) == (
        "loss_of: `weights` must have shape (N,) with N=2 from `forward_pass`; got (1,)."
        " Give as many as that."
    )


def test_one_loss_of_a_population_is_refused():
    network, _, stages = _two_rows(lead=(3,))
    with pytest.raises(ArgumentError) as error:
        loss_of(network, "squared_error", stages, [[0.0], [1.0]])
    assert str(error.value) == (
        "loss_of: `forward_pass` must be of a single network; got 3. "
        "Use row_losses for a population."
    )


def test_an_unknown_reduction_is_refused():
    network, parameters, stages = _two_rows()
    with pytest.raises(ArgumentError) as error:
        backward(network, parameters, stages, [[0.0], [1.0]], "squared_error", "average")
    assert (
        str(error.value) == 'backward: `reduction` must be "mean" or "sum"; got \'average\'.'
        " Choose one of the names that are known."
    )


def test_the_perceptron_rule_elsewhere_is_refused():
    network, parameters, stages = _two_rows()
    with pytest.raises(ArgumentError) as error:
        backward(network, parameters, stages, [[0.0], [1.0]], "squared_error", rule="perceptron")
    assert str(error.value) == (
        "backward: `rule` must fit the network; got 'perceptron'. "
        'perceptron needs "step" in its layer; got "identity".'
        " Leave one of the two out."
    )
