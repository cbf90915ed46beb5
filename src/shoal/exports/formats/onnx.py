"""ONNX: IR 8, opset 17, all weights inline; scaled in double, networks as batched products.

Operators that opset 17 does not have (gelu, silu), or that onnxruntime has for float only, are
put together from others.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from shoal.errors import InputError, InternalError, MissingExtraError
from shoal.exports.formats.plain import about, no_activation, vectors
from shoal.exports.portable import Portable, PortableLayer
from shoal.exports.proof import Proof, judged
from shoal.network.worked.formula import Call, Div, Formula, Neg, Num, Pow, Prod, Sum
from shoal.network.worked.spelling import plain_output, spelled

SUFFIX: Final = ".onnx"
IR_VERSION: Final = 8
OPSET: Final = 17
MAX_BYTES: Final = 1_900_000_000
"""Of weights: a file of ONNX with its weights inside holds 2 GB at most."""


def write(portable: Portable) -> dict[str, bytes]:
    """Return the file.

    Raises:
        InputError: the weights are more than a file holds, or an activation is unknown here.
        MissingExtraError: onnx is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise MissingExtraError("onnx export", "onnx", "export") from None
    n_bytes = portable.n_parameters * np.dtype(portable.dtype).itemsize
    if n_bytes > MAX_BYTES:
        raise InputError(
            f"export: {n_bytes:,} bytes of weights are more than one ONNX file can hold. "
            "Give --network best for one network.",
            code="T102",
        )
    graph = _Graph(onnx, portable.dtype)
    inputs, outputs = _build(graph, portable)
    model = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, portable.name, inputs, outputs, graph.constants),
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="shoal",
        producer_version=portable.model.version,
        doc_string="\n".join(about(portable)),
    )
    onnx.helper.set_model_props(model, _metadata(portable))
    onnx.checker.check_model(model, full_check=True)
    return {SUFFIX: model.SerializeToString(deterministic=True)}


def prove(paths: Mapping[str, Path], portable: Portable) -> Proof | None:
    """Run the file with onnxruntime: all rows, each row alone, and none.

    Raises:
        InternalError: a row alone, or no rows, do not give what they should.
    """
    try:
        import onnxruntime
    except ImportError:
        return None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        paths[SUFFIX].read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    x = np.array(portable.vectors.x, np.float64)
    name = _outputs(portable)[0]
    found = session.run([name], {"features": x})[0]
    proof = judged(f"onnxruntime {onnxruntime.__version__}", portable.vectors, found)
    alone = [session.run([name], {"features": row[None]})[0] for row in x]
    none = session.run(None, {"features": x[:0]})
    close = (np.abs(np.concatenate(alone) - found) <= portable.vectors.tolerances).all()
    if not close or any(len(each) for each in none):
        raise InternalError("export: onnxruntime gives other figures for a row alone, or for none.")
    _check_names(session, portable, x)
    return proof


def _check_names(session: Any, portable: Portable, x: Any) -> None:
    """Check that the classes that the file names are the model's, where none is on the edge."""
    if portable.kind == "regression":
        return
    expected = portable.vectors.expected
    named = session.run([_outputs(portable)[1]], {"features": x})[0]
    ordered = np.sort(expected, axis=-1)
    margin = np.abs(expected - 0.5)
    if portable.kind == "classification":
        margin = ordered[:, -1] - ordered[:, -2]
    clear = margin > 10 * portable.vectors.tolerances.max()
    if not (named == portable.model.predict(x))[clear].all():
        raise InternalError("export: onnxruntime names other classes than the model.")


def _outputs(portable: Portable) -> tuple[str, ...]:
    """Return the names of the outputs, figures first."""
    if portable.kind == "regression":
        return ("value",)
    return ("probabilities", "class" if portable.kind == "classification" else "labels")


class _Graph:
    """Nodes and constants as they come; every method returns the name of a result."""

    def __init__(self, onnx: Any, dtype: str) -> None:
        self.onnx = onnx
        self.dtype = np.dtype(dtype)
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: dict[tuple[Any, ...], str] = {}

    def __call__(self, operator: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add a node with one output."""
        output = name or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(
            self.onnx.helper.make_node(operator, list(inputs), [output], name=output, **attributes)
        )
        return output

    def constant(self, name: str, value: Any, dtype: Any = np.float64) -> str:
        """Add an array, weights inline."""
        array = np.ascontiguousarray(np.asarray(value, dtype))
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def number(self, value: float, dtype: Any = None) -> str:
        """Add a scalar in the networks' precision, or another; the same one once."""
        kind = np.dtype(self.dtype if dtype is None else dtype)
        key = (value, kind)
        if key not in self._known:
            self._known[key] = self.constant(f"number_{len(self._known)}", value, kind)
        return self._known[key]

    def text(self, name: str, values: Sequence[str]) -> str:
        """Add a list of texts."""
        tensor = self.onnx.helper.make_tensor(
            name, self.onnx.TensorProto.STRING, [len(values)], [v.encode() for v in values]
        )
        self.constants.append(tensor)
        return name

    def cast(self, x: str, to: Any, name: str = "") -> str:
        """Add a cast to a type of NumPy."""
        kind = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(to))
        return self("Cast", x, name=name, to=kind)


def _build(graph: _Graph, portable: Portable) -> tuple[list[Any], list[Any]]:
    """Fill the graph, and return what goes in and what comes out."""
    values = _scaled(graph, portable)
    for number, layer in enumerate(portable.layers):
        # shares of outputs that are all near 0 ask for their relative error
        exact = portable.decision == "shares" and layer is portable.layers[-1]
        values = _layer(graph, layer, values, number, exact=exact)
    values = graph.cast(values, np.float64)
    if portable.hinge:
        half = graph.number(0.5, np.float64)
        values = graph("Add", graph("Mul", values, half), half)
    figures = _DECISIONS[portable.decision](graph, values, portable)
    first = _outputs(portable)[0]
    if portable.n_networks > 1:
        graph("ReduceMean", figures, name=first, axes=[0], keepdims=0)
    else:
        graph("Identity", figures, name=first)
    _name_classes(graph, portable)
    helper, kinds = graph.onnx.helper, graph.onnx.TensorProto
    inputs = [helper.make_tensor_value_info("features", kinds.DOUBLE, ["N", portable.n_features])]
    shape = ["N", portable.n_figures]
    outputs = [helper.make_tensor_value_info(first, kinds.DOUBLE, shape)]
    for name in _outputs(portable)[1:]:
        told = shape if portable.kind == "multilabel" else ["N"]
        outputs.append(helper.make_tensor_value_info(name, kinds.STRING, told))
    return inputs, outputs


def _scaled(graph: _Graph, portable: Portable) -> str:
    """Return (N, D), or (P, N, D) where networks have scalers of their own, cast at the end."""
    x = "features"
    if portable.multiply != 1:
        x = graph("Mul", x, graph.number(portable.multiply, np.float64))
    if portable.add != 0:
        x = graph("Add", x, graph.number(portable.add, np.float64))
    x = _with_derived(graph, portable, x)
    centers, scales = portable.centers, portable.scales
    alike = bool((centers == centers[:1]).all() and (scales == scales[:1]).all())
    centers, scales = (each[0] if alike else each[:, None, :] for each in (centers, scales))
    x = graph("Sub", x, graph.constant("center", centers))
    x = graph("Div", x, graph.constant("scale", scales))
    return graph.cast(x, graph.dtype, name="scaled")


def _with_derived(graph: _Graph, portable: Portable, x: str) -> str:
    """Return (N, D + derived): each derived feature from the columns that it is made of."""
    if not portable.derived:
        return x
    places = sorted({place for step in portable.derived for place in step.places})
    column = {
        place: graph("Gather", x, graph.constant(f"place_{place}", [place], np.int64), axis=1)
        for place in places
    }
    made = [_FORMULAS[step.formula](graph, *map(column.__getitem__, step.places))
            for step in portable.derived]  # fmt: skip
    return graph("Concat", x, *made, axis=1)


def _cube(graph: _Graph, x: str) -> str:
    return graph("Mul", graph("Mul", x, x), x)


def _cos(graph: _Graph, x: str) -> str:
    """The sine of a quarter turn more: not every onnxruntime has Cos in double."""
    return graph("Sin", graph("Add", x, graph.number(math.pi / 2, np.float64)))


_FORMULAS: Final[Mapping[str, Callable[..., str]]] = {
    "square": lambda graph, x: graph("Mul", x, x),
    "cube": _cube,
    "product": lambda graph, x, y: graph("Mul", x, y),
    "sin": lambda graph, x: graph("Sin", x),
    "cos": _cos,
    "abs": lambda graph, x: graph("Abs", x),
}
"""Every formula as nodes."""


def _layer(graph: _Graph, layer: PortableLayer, x: str, number: int, *, exact: bool) -> str:
    """Return (P, N, H); (N, H) for one network."""
    weights, biases = layer.weights, layer.biases
    single = len(weights) == 1
    array = weights[0] if single else weights
    z = graph("MatMul", x, graph.constant(f"weights.{number}", array, graph.dtype))
    if biases is not None:
        array = biases[0] if single else biases[:, None, :]
        z = graph("Add", z, graph.constant(f"biases.{number}", array, graph.dtype))
    if layer.activation not in _ACTIVATIONS:
        formula = plain_output(layer.activation)
        if formula is None or spelled(formula, "numpy") is None:
            raise no_activation("ONNX", layer.activation)
        return _plain(graph, z, formula)
    if exact and layer.activation == "sigmoid":
        return _exact_sigmoid(graph, z)
    return _ACTIVATIONS[layer.activation](graph, z, **layer.settings)


def _step(graph: _Graph, z: str, at_zero: float) -> str:
    zero = graph.number(0.0)
    below = graph("Where", graph("Less", z, zero), zero, graph.number(at_zero))
    return graph("Where", graph("Greater", z, zero), graph.number(1.0), below)


def _exact_sigmoid(graph: _Graph, z: str) -> str:
    """1 / (1 + exp(-z)) from exp(-|z|); onnxruntime's Sigmoid takes z below -18 as -18."""
    one = graph.number(1.0)
    small = graph("Exp", graph("Neg", graph("Abs", z)))
    above = graph("Greater", z, graph.number(0.0))
    return graph("Div", graph("Where", above, one, small), graph("Add", small, one))


def _elu(graph: _Graph, z: str, alpha: float) -> str:
    below = graph("Exp", graph("Min", z, graph.number(0.0)))
    below = graph("Mul", graph("Sub", below, graph.number(1.0)), graph.number(alpha))
    return graph("Where", graph("Greater", z, graph.number(0.0)), z, below)


def _leaky_relu(graph: _Graph, z: str, alpha: float) -> str:
    below = graph("Mul", z, graph.number(alpha))
    return graph("Where", graph("Greater", z, graph.number(0.0)), z, below)


def _gelu(graph: _Graph, z: str) -> str:
    """z (1 + erf(z / sqrt 2)) / 2; onnxruntime has Erf in float only, good to 1e-7."""
    u = graph("Mul", z, graph.number(float(np.sqrt(0.5))))
    if graph.dtype != np.float32:
        u = graph.cast(graph("Erf", graph.cast(u, np.float32)), graph.dtype)
    else:
        u = graph("Erf", u)
    half = graph("Mul", graph("Add", u, graph.number(1.0)), graph.number(0.5))
    return graph("Mul", z, half)


def _softplus(graph: _Graph, z: str) -> str:
    """max(z, 0) + log(1 + exp(-|z|)), which never overflows."""
    small = graph("Exp", graph("Neg", graph("Abs", z)))
    log = graph("Log", graph("Add", small, graph.number(1.0)))
    return graph("Add", graph("Relu", z), log)


def _silu(graph: _Graph, z: str) -> str:
    return graph("Mul", z, graph("Sigmoid", z))


_ACTIVATIONS: Final[Mapping[str, Callable[..., str]]] = {
    "identity": lambda graph, z: z,
    "step": _step,
    "sigmoid": lambda graph, z: graph("Sigmoid", z),
    "tanh": lambda graph, z: graph("Tanh", z),
    "relu": lambda graph, z: graph("Relu", z),
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "silu": _silu,
    "softplus": _softplus,
    "exponential": lambda graph, z: graph("Exp", z),
    "softmax": lambda graph, z: graph("Softmax", z, axis=-1),
}
"""Every activation that has nodes of its own; others are made of their formula."""
_OPERATORS: Final[Mapping[str, str]] = {
    "abs": "Abs", "max": "Max", "min": "Min", "sqrt": "Sqrt", "tanh": "Tanh",
}  # fmt: skip


def _plain(graph: _Graph, z: str, of: Formula) -> str:
    """Return the nodes of a plain formula."""

    def chained(operator: str, parts: Sequence[Formula]) -> str:
        first, *others = (_plain(graph, z, part) for part in parts)
        return functools.reduce(lambda a, b: graph(operator, a, b), others, first)

    match of:
        case Num(value):
            return graph.number(value)
        case Sum(terms):
            return chained("Add", terms)
        case Prod(factors):
            return chained("Mul", factors)
        case Div(top, bottom):
            return chained("Div", (top, bottom))
        case Neg(inner):
            return graph("Neg", _plain(graph, z, inner))
        case Pow(base, Num(value)):
            return chained("Mul", (base,) * int(value))
        case Call(function, arguments):
            return graph(_OPERATORS[function], *(_plain(graph, z, each) for each in arguments))
    return z


def _values(graph: _Graph, a: str, portable: Portable) -> str:
    centers, scales = portable.target_centers, portable.target_scales
    single = portable.n_networks == 1
    centers, scales = (each[0] if single else each[:, None, :] for each in (centers, scales))
    a = graph("Mul", a, graph.constant("target_scale", scales))
    return graph("Add", a, graph.constant("target_center", centers))


def _clipped(graph: _Graph, a: str, portable: Portable) -> str:
    return graph("Clip", a, graph.number(0.0, np.float64), graph.number(1.0, np.float64))


def _one(graph: _Graph, a: str, portable: Portable) -> str:
    p = _clipped(graph, a, portable)
    other = graph("Sub", graph.number(1.0, np.float64), p)
    return graph("Concat", other, p, axis=-1)


def _shares(graph: _Graph, a: str, portable: Portable) -> str:
    """a / sum(a), all alike where the sum is 0."""
    last = graph.constant("last_axis", [-1], np.int64)
    total = graph("ReduceSum", a, last, keepdims=1)
    empty = graph("Equal", total, graph.number(0.0, np.float64))
    one = graph.number(1.0, np.float64)
    share = graph("Div", a, graph("Where", empty, one, total))
    return graph("Where", empty, graph.number(1.0 / portable.n_figures, np.float64), share)


def _nearest(graph: _Graph, a: str, portable: Portable) -> str:
    """The nearest point among the probabilities; see shoal.models.nearest_probabilities."""
    n = portable.n_figures
    one = graph.number(1.0, np.float64)
    v = graph("Sub", a, graph("ReduceMax", a, axes=[-1], keepdims=1))
    v = graph("Max", v, graph.number(-1.0, np.float64))
    helper = graph.onnx.helper
    count = graph.constant("n_classes", [n], np.int64)
    graph.nodes.append(
        helper.make_node("TopK", [v, count], ["descending", "places"], name="descending", axis=-1)
    )
    summed = graph("CumSum", "descending", graph.constant("cumsum_axis", -1, np.int64))
    theta = graph("Sub", summed, one)
    theta = graph("Div", theta, graph.constant("counted", np.arange(1, n + 1)))
    # the right one of the thetas is the largest: they grow as long as they are below the values
    chosen = graph("ReduceMax", theta, axes=[-1], keepdims=1)
    return graph("Max", graph("Sub", v, chosen), graph.number(0.0, np.float64))


_DECISIONS: Final[Mapping[str, Callable[[_Graph, str, Portable], str]]] = {
    "values": _values,
    "labels": _clipped,
    "one": _one,
    "softmax": lambda graph, a, portable: a,
    "shares": _shares,
    "nearest": _nearest,
}


def _name_classes(graph: _Graph, portable: Portable) -> None:
    """Add the output with names: of the first most probable class, or of every label."""
    if portable.kind == "classification":
        code = graph("ArgMax", "probabilities", axis=-1, keepdims=0)
        graph("Gather", graph.text("classes", portable.classes), code, name="class")
    elif portable.kind == "multilabel":
        says_yes = graph("Greater", "probabilities", graph.number(0.5, np.float64))
        yes = graph.text("names_of_1", [pair[1] for pair in portable.label_classes])
        no = graph.text("names_of_0", [pair[0] for pair in portable.label_classes])
        graph("Where", says_yes, yes, no, name="labels")


def _metadata(portable: Portable) -> dict[str, str]:
    """Return what a receiver should know, each as JSON."""
    model = portable.model
    facts: dict[str, Any] = {
        "kind": portable.kind,
        "targets": list(portable.targets),
        "classes": list(portable.classes),
        "label_classes": [list(pair) for pair in portable.label_classes],
        "feature_names": list(portable.feature_names),
        "columns": [{"name": c.name, "categories": c.categories} for c in portable.columns],
        **(
            {"derived": [each.name for each in portable.model.schema.derived]}
            if portable.derived
            else {}
        ),
        "digest": portable.digest,
        "made_by": f"shoal {model.version}",
        "vectors": vectors(portable),
    }
    return {key: json.dumps(value, ensure_ascii=False) for key, value in facts.items()}
