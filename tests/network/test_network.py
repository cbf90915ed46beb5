"""The network as a document: what it accepts, what it says when it does not, and its table."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import shoal.network
from shoal.errors import ArgumentError
from shoal.network import (
    ACTIVATIONS,
    INITIALIZERS,
    Constant,
    Dense,
    Input,
    LayerRow,
    Layout,
    Network,
    Normal,
    Parameters,
    Scaled,
    Uniform,
)

numbers = st.floats(-100, 100)
initializers = st.one_of(
    st.sampled_from([name for name in INITIALIZERS if name != "constant"]),
    st.builds(Constant, numbers),
    st.builds(Uniform, st.floats(-100, 0), st.floats(1, 100)),
    st.builds(Normal, numbers, st.floats(0, 100)),
)


@st.composite
def denses(draw):
    activation = draw(st.sampled_from(list(ACTIVATIONS)))
    extra = {}
    if draw(st.booleans()):
        extra = {name: draw(st.floats(0, 1)) for name in ACTIVATIONS[activation].settings}
    initializer = draw(st.none() | initializers)
    bias = draw(st.booleans())
    return Dense(draw(st.integers(1, 50)), activation, bias=bias, initializer=initializer, **extra)


names = st.text(min_size=1, max_size=8)
inputs = st.one_of(
    st.none(),
    st.integers(1, 65_536),
    st.lists(
        st.one_of(names, st.builds(Input, names, st.integers(1, 100))),
        min_size=1,
        max_size=5,
        unique_by=lambda each: each if isinstance(each, str) else each.name,
    ),
)
networks = st.builds(
    Network, st.lists(denses(), min_size=1, max_size=6), initializers, inputs, initializers
)


@given(networks)
def test_json_there_and_back(network):
    assert Network.model_validate_json(network.model_dump_json()) == network
    assert Network.model_validate(network.model_dump()) == network
    assert Network.model_validate(network.model_dump(exclude_unset=True)) == network
    assert Network.model_validate(network.model_dump(exclude_defaults=True)) == network


@given(networks, st.integers(1, 20))
def test_layout_and_table_agree(network, n_inputs):
    n_inputs = network.n_inputs or n_inputs
    layout, table = network.layout(n_inputs), network.table(n_inputs)
    assert layout.n_parameters == sum(row.n_parameters for row in table)
    assert (layout.n_inputs, layout.n_outputs) == (n_inputs, network.n_outputs)


def test_the_form_in_toml_is_the_form_in_python():
    document = {
        "layers": [
            {"units": 3, "activation": "tanh"},
            {"units": 1, "activation": "step", "bias": False, "at_zero": 0.5},
        ],
        "initializer": {"name": "uniform", "low": 0.0, "high": 1.0},
        "inputs": ["input1", {"name": "rest", "width": 4}],
    }
    assert Network.model_validate(document) == Network(
        [Dense(3, "tanh"), Dense(1, "step", bias=False, at_zero=0.5)],
        Uniform(0.0, 1.0),
        [Input("input1"), Input("rest", 4)],
    )


def test_table_and_layout_by_hand():
    network = Network([Dense(3, "tanh"), Dense(2, "relu", bias=False), Dense(1)], inputs=2)
    assert network.table() == [
        LayerRow(layer=1, shape=(2, 3), n_parameters=9, activation="tanh"),
        LayerRow(layer=2, shape=(3, 2), n_parameters=6, activation="relu"),
        LayerRow(layer=3, shape=(2, 1), n_parameters=3, activation="identity"),
    ]
    places = [(at.start, at.bias_start, at.stop) for at in network.layout().layers]
    assert places == [(0, 6, 9), (9, 15, 15), (15, 17, 18)]


def test_flat_parameters_are_views_there_and_back():
    layout = Layout.of(2, [(3, True), (1, False)])
    flat = np.arange(24.0).reshape(2, 12)
    parameters = Parameters.from_flat(layout, flat)
    # weight from input 1 to output 2 is number 1 * 3 + 2 = 5 of network 0
    assert parameters.weights[0][0, 1, 2] == 5.0
    assert parameters.biases[0][1].tolist() == [18.0, 19.0, 20.0]
    assert parameters.biases[1] is None
    assert parameters.flat is flat
    assert all(np.shares_memory(w, flat) for w in parameters.weights)
    rebuilt = Parameters(weights=parameters.weights, biases=parameters.biases)
    np.testing.assert_array_equal(rebuilt.flat, flat)
    assert (rebuilt.layout, rebuilt.n_networks) == (layout, 2)
    stacked = Parameters.stack([parameters.member(0), parameters.member(1)])
    np.testing.assert_array_equal(stacked.flat, flat)
    assert parameters.member(0).n_networks is None
    assert parameters.astype("float32").flat.dtype == np.float32


def test_named_inputs_are_joined_in_the_networks_order():
    network = Network([Dense(1)], inputs=["a", Input("b", 2)])
    parameters = network.start_from([[[1.0], [10.0], [100.0]]])
    x = {"b": [[2.0, 3.0], [5.0, 6.0]], "a": [1.0, 4.0]}
    # row 0: 1 * 1 + 2 * 10 + 3 * 100
    assert network.forward(parameters, x).tolist() == [[321.0], [654.0]]
    assert network.n_inputs == 3


@pytest.mark.parametrize("units", [np.int64(3), 3])
def test_numpy_numbers_are_numbers(units):
    assert type(Dense(units).units) is int
    assert Dense(1, "elu", alpha=np.float32(0.5)).alpha == 0.5


def test_settings_have_defaults():
    assert dict(Dense(1, "leaky_relu").settings) == {"alpha": 0.01}
    assert dict(Dense(1, "elu").settings) == {"alpha": 1.0}
    assert dict(Dense(1, "elu", alpha=0.0).settings) == {"alpha": 0.0}
    assert dict(Dense(1, "step").settings) == {"at_zero": 1.0}
    assert dict(Dense(1, "tanh").settings) == {}


LAYER = {"units": 1}


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ({"layers": []}, ("layers",), "needs at least one layer; got an empty list"),
        ({"layers": [LAYER] * 65}, ("layers",),
         "Tuple should have at most 64 items after validation, not 65"),
        ({"layers": [{}]}, ("layers", 0, "units"), "Field required"),
        ({"layers": [{"units": 0}]}, ("layers", 0, "units"),
         "Input should be greater than or equal to 1"),
        ({"layers": [{"units": 65_537}]}, ("layers", 0, "units"),
         "Input should be less than or equal to 65536"),
        ({"layers": [{"units": True}]}, ("layers", 0, "units"),
         "Input should be a valid integer"),
        ({"layers": [{"units": "3"}]}, ("layers", 0, "units"),
         "Input should be a valid integer"),
        ({"layers": [{"units": 1, "activation": "sigmoyd"}]}, ("layers", 0, "activation"),
         "unknown activation 'sigmoyd'. Did you mean 'sigmoid'?"),
        ({"layers": [{"units": 1, "unit": 1}]}, ("layers", 0, "unit"),
         "Extra inputs are not permitted"),
        ({"layers": [{"units": 1, "activation": "tanh", "alpha": 0.1}]}, ("layers", 0, "alpha"),
         'alpha fits only "leaky_relu" and "elu"; got "tanh"'),
        ({"layers": [{"units": 1, "activation": "relu", "at_zero": 0.0}]},
         ("layers", 0, "at_zero"), 'at_zero fits only "step"; got "relu"'),
        ({"layers": [{"units": 1, "activation": "step", "at_zero": 1.5}]},
         ("layers", 0, "at_zero"), "Input should be less than or equal to 1"),
        ({"layers": [{"units": 1, "activation": "elu", "alpha": float("nan")}]},
         ("layers", 0, "alpha"), "Input should be a finite number"),
        ({"layers": [LAYER], "inputs": 0}, ("inputs",),
         "must be a number of features from 1 to 65536, or a list of named inputs; got 0"),
        ({"layers": [LAYER], "inputs": "a"}, ("inputs",),
         "must be a number of features from 1 to 65536, or a list of named inputs; got 'a'"),
        ({"layers": [LAYER], "inputs": True}, ("inputs",),
         "must be a number of features from 1 to 65536, or a list of named inputs; got True"),
        ({"layers": [LAYER], "inputs": []}, ("inputs",),
         "needs at least one named input; got an empty list"),
        ({"layers": [LAYER], "inputs": ["a", {"name": "a", "width": 2}]}, ("inputs",),
         "the input 'a' is named twice"),
        ({"layers": [LAYER], "inputs": [{"name": "a", "width": 65_536}, "b"]}, ("inputs",),
         "at most 65536 features together; got 65537"),
        ({"layers": [LAYER], "inputs": [{"name": "a", "width": 0}]}, ("inputs", 0, "width"),
         "Input should be greater than or equal to 1"),
        # 65536 * 2000 + 2000 with the bias, and 2000 + 1 for the last layer
        ({"layers": [{"units": 2000}, LAYER], "inputs": 65_536}, (),
         "131,076,001 parameters are more than 100,000,000. Take fewer units."),
    ],
)  # fmt: skip
def test_a_wrong_document_is_told_once_and_where(document, path, message):
    with pytest.raises(ValidationError) as error:
        Network.model_validate(document)
    assert [(e["loc"], e["msg"]) for e in error.value.errors()] == [(path, message)]


def test_all_problems_at_once():
    with pytest.raises(ValidationError) as error:
        Network.model_validate(
            {"layers": [{"units": 0, "activation": "x"}], "initializer": "y", "inputs": "z"}
        )
    assert [e["loc"] for e in error.value.errors()] == [
        ("layers", 0, "units"),
        ("layers", 0, "activation"),
        ("initializer",),
        ("inputs",),
    ]


NETWORK = Network([Dense(3, "tanh"), Dense(1, bias=False)], inputs=2)
OPEN = Network([Dense(3, "tanh")])
NAMED = Network([Dense(1)], inputs=["a", Input("b", 2)])
GOOD = NETWORK.start_from([np.ones((2, 3)), np.ones((3, 1))])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: OPEN.table(),
         "Network.table: `n_inputs` must be given, since the network leaves it to the data; "
         "got None. Give it here or as `inputs` of the network."),
        (lambda: NETWORK.layout(3),
         "Network.layout: `n_inputs` must be 2, as the network says; got 3."
         " Choose one of the names that are known."),
        (lambda: OPEN.layout(0), "Network.layout: `n_inputs` must be 1 to 65536; got 0."
                                 " Choose one of the names that are known."),
        (lambda: Network([Dense(2000)]).with_inputs(65_000),
         "Network.with_inputs: `n_inputs` must leave at most 100,000,000 parameters; got 65000. "
         "130,002,000 parameters are more than 100,000,000. Take fewer units."),
        (lambda: NETWORK.start_from([np.ones((2, 4)), np.ones((3, 1))]),
         "Network.start_from: `weights[0]` must have shape (2, 3) in layer 1; got (2, 4)."
         " Give as many as that."),
        (lambda: NETWORK.start_from([np.ones((2, 3)), np.ones((1, 3))]),
         "Network.start_from: `weights[1]` must have shape (3, 1) in layer 2; got (1, 3)."
         " Give as many as that."),
        (lambda: NETWORK.start_from([np.ones((2, 3))]),
         "Network.start_from: `parameters` must have weights and biases of 2 layers; "
         "got 1 weights and 2 biases. Give as many as that."),
        (lambda: NETWORK.start_from([np.ones((2, 3)), np.ones((3, 1))], [np.ones(2), None]),
         "Network.start_from: `biases[0]` must have shape (3,) in layer 1; got (2,)."
         " Give as many as that."),
        (lambda: NETWORK.start_from([np.ones((2, 3)), np.ones((3, 1))], [np.ones(3), [1.0]]),
         "Network.start_from: `biases[1]` must be None in layer 2; got shape (1,)."
         " Give as many as that."),
        (lambda: NETWORK.start_from([np.ones((2, 3)), np.ones((3, 1))], [None, None]),
         "Network.start_from: `biases[0]` must be an array in layer 1; got None."
         " Give as many as that."),
        (lambda: NETWORK.start_from([[[1.0, 2.0], [3.0]], np.ones((3, 1))]),
         "Network.start_from: `weights[0]` must be a table of numbers with rows of one length; "
         "got something else. Give a value of that kind."),
        (lambda: NETWORK.start_from([np.full((2, 3), np.inf), np.ones((3, 1))]),
         "Network.start_from: `weights[0]` must be finite; got infinity or NaN."
         " Take these numbers out, or fill the gaps first."),
        (lambda: NETWORK.forward(GOOD, np.ones((4, 3))),
         "Network.forward: `x` must have shape (N, D) with D=2 from `network`; got (4, 3)."
         " Give as many as that."),
        (lambda: OPEN.forward(OPEN.start_from([np.ones((2, 3))]), np.ones((4, 3))),
         "Network.forward: `x` must have shape (N, D) with D=2 from the weights of layer 1; "
         "got (4, 3). Give as many as that."),
        (lambda: NETWORK.forward(GOOD, np.ones(2)),
         "Network.forward: `x` must have shape (N, D) with at least one row; got (2,)."
         " Give as many as that."),
        (lambda: NETWORK.forward(GOOD, {"a": [1.0]}),
         "Network.forward: `x` must be an array, since the inputs have no names; "
         "got a dictionary. Give a value of that kind."),
        (lambda: NAMED.join({"a": [1.0]}),
         "Network.forward: `x` must have the inputs 'a', 'b'; got 'a'."
         " Give what belongs to it."),
        (lambda: NAMED.join({"a": [1.0], "b": [[1.0, 2.0]] * 2}),
         "Network.forward: `x['b']` must have shape (N, 2) with N=1; got (2, 2)."
         " Give as many as that."),
        (lambda: Parameters.from_flat(NETWORK.layout(), np.ones(11)),
         "Parameters.from_flat: `flat` must have shape (..., K) with K=12 from `layout`; "
         "got (11,). Give as many as that."),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(call, message):
    with pytest.raises(ArgumentError) as error:
        call()
    assert str(error.value) == message


def test_mixed_precision_is_refused():
    mixed = Parameters(
        weights=(GOOD.weights[0], GOOD.weights[1].astype(np.float64)), biases=GOOD.biases
    )
    with pytest.raises(ArgumentError) as error:
        NETWORK.forward(mixed, np.ones((1, 2)))
    assert str(error.value) == (
        "Network.forward: `parameters` must have one precision, float32 as in layer 1; "
        "got another in layer 2."
        " Give a value of that kind."
    )


def test_with_inputs_settles_the_number():
    assert OPEN.n_inputs is None
    assert OPEN.with_inputs(5) == Network([Dense(3, "tanh")], inputs=5)
    assert NAMED.with_inputs(3) is NAMED


def test_start_from_takes_a_population():
    parameters = NETWORK.start_from([np.ones((5, 2, 3)), np.ones((5, 3, 1))])
    assert parameters.flat.shape == (5, 12)
    assert NETWORK.forward(parameters, np.ones((4, 2))).shape == (5, 4, 1)


def _positional_records():
    found = [
        each
        for each in vars(shoal.network).values()
        if inspect.isclass(each) and hasattr(each, "model_fields") and "__init__" in vars(each)
    ]
    assert {Dense, Network, Input, Scaled} <= set(found)
    return found


@pytest.mark.parametrize("record", _positional_records())
def test_signatures_repeat_the_defaults_of_the_fields(record):
    signature = inspect.signature(record)
    assert set(signature.parameters) == set(record.model_fields)
    for name, parameter in signature.parameters.items():
        default = record.model_fields[name].get_default()
        if parameter.default is not inspect.Parameter.empty:
            short = getattr(default, "name", default)
            assert parameter.default == short, name
        else:
            assert record.model_fields[name].is_required()


def test_python_mistakes_are_python_errors():
    with pytest.raises(TypeError) as error:
        Dense(3, "tanh", alph=1)
    assert str(error.value) == "Dense: got an unexpected keyword argument 'alph'."
    with pytest.raises(TypeError) as error:
        Dense()
    assert str(error.value) == "Dense: missing a required argument: 'units'."


def test_the_json_schema_offers_the_names():
    schema = Network.model_json_schema()
    dense = schema["$defs"]["Dense"]["properties"]
    assert dense["activation"]["enum"] == list(ACTIVATIONS)
    assert schema["properties"]["initializer"]["anyOf"][0]["enum"] == list(INITIALIZERS)
    assert schema["properties"]["layers"]["minItems"] == 1


def test_every_public_name_is_there():
    assert sorted(shoal.network.__all__) == sorted(set(shoal.network.__all__))
    assert all(hasattr(shoal.network, name) for name in shoal.network.__all__)
