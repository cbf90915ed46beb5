"""Networks as {"nodes", "weights", "func"}: there and back, and what is refused."""

import pytest

from shoal.errors import ArgumentError
from shoal.network import FUNCTIONS, Dense, Network, from_nodes, to_nodes

DATA = {
    "nodes": [2, 3, 1],
    "weights": [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[7.0], [8.0], [9.0]]],
    "func": "logistic",
}


@pytest.mark.parametrize("func", FUNCTIONS)
def test_there_and_back(func):
    data = {**DATA, "func": func}
    network, parameters = from_nodes(data)
    assert network == Network(
        [Dense(3, FUNCTIONS[func], bias=False), Dense(1, FUNCTIONS[func], bias=False)], inputs=2
    )
    assert parameters.flat.dtype == "float64"
    assert to_nodes(network, parameters) == data


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"func": "logistik"},
         "from_nodes: `func` must be one of logistic, step, identity, tanh, relu; "
         "got 'logistik'. Did you mean 'logistic'?"),
        ({"nodes": [2]},
         "from_nodes: `nodes` must be 2 to 65 whole numbers from 1 to 65536; got [2]."
         " Give a value within the bounds."),
        ({"nodes": [2, True, 1]},
         "from_nodes: `nodes` must be 2 to 65 whole numbers from 1 to 65536; got [2, True, 1]."
         " Give a value within the bounds."),
        ({"nodes": [2, 4, 1]},
         "from_nodes: `weights[0]` must have shape (2, 4) in layer 1; got (2, 3)."
         " Give as many as that."),
        ({"weights": [[[1.0]]]},
         "from_nodes: `weights` must be a list of 2 layers, one less than nodes; got 1."
         " Give a value of that kind."),
        ({"weights": "abc"},
         "from_nodes: `weights` must be a list of 2 layers, one less than nodes; got str."
         " Give a value of that kind."),
        ({"bias": 1},
         "from_nodes: `data` must have the keys nodes, weights and func; "
         "got nodes, weights, func, bias. Give a value of that kind."),
    ],
)  # fmt: skip
def test_wrong_data_is_refused(change, message):
    with pytest.raises(ArgumentError) as error:
        from_nodes({**DATA, **change})
    assert str(error.value) == message


def test_a_population_in_the_weights_is_refused():
    with pytest.raises(ArgumentError) as error:
        from_nodes({"nodes": [1, 1], "weights": [[[[1.0]], [[2.0]]]], "func": "tanh"})
    assert (
        str(error.value) == "from_nodes: `weights` must be of a single network; got 2."
        " Choose one of the names that are known."
    )


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([Dense(2, "tanh")],
         "to_nodes: `network` must have no biases; got one in layer 1. "
         "Give it bias=False and a constant input."),
        ([Dense(2, "tanh", bias=False), Dense(1, "relu", bias=False)],
         "to_nodes: `network` must have one activation in all layers, of sigmoid, step, "
         "identity, tanh, relu; got relu, tanh. Give what belongs to it."),
        ([Dense(2, "gelu", bias=False)],
         "to_nodes: `network` must have one activation in all layers, of sigmoid, step, "
         "identity, tanh, relu; got gelu. Give what belongs to it."),
    ],
)  # fmt: skip
def test_networks_without_such_a_form_are_refused(layers, message):
    network = Network(layers, initializer="zeros", inputs=1)
    with pytest.raises(ArgumentError) as error:
        to_nodes(network, network.initialize(0))
    assert str(error.value) == message
