"""Activation functions: what a layer makes of its weighted sums, and the slope of it.

One table, `ACTIVATIONS`, drives the networks, the compiled core, the page and the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

import numpy as np

from shoal.fields import NameIn
from shoal.network.arrays import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """An activation function and its derivative.

    Attributes:
        name: the name in documents.
        function: ``function(z, **settings) -> a``.
        slope: ``slope(z, a, **settings) -> da/dz``, elementwise; None if every output depends
            on every weighted sum of the row, as in softmax.
        pullback_rows: ``pullback_rows(z, a, d_a) -> d_z`` for those without a slope.
        settings: its settings and their defaults.
        kinks: the z at which it has no slope, or where its slope turns at once: a finite
            difference across them says little.

    Shapes:
        z, a, d_a, d_z (..., H)
    """

    name: str
    function: Callable[..., FloatArray]
    slope: Callable[..., FloatArray] | None = None
    pullback_rows: Callable[..., FloatArray] | None = None
    settings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    kinks: tuple[float, ...] = ()

    def pullback(
        self, z: FloatArray, a: FloatArray, d_a: FloatArray, **settings: float
    ) -> FloatArray:
        """Return dLoss/dz from `d_a` = dLoss/da: the vector-Jacobian product.

        Shapes:
            z, a, d_a (..., H) -> (..., H)
        """
        if self.slope is not None:
            product: FloatArray = d_a * self.slope(z, a, **settings)
            return product
        assert self.pullback_rows is not None
        return self.pullback_rows(z, a, d_a, **settings)


def identity(z: FloatArray) -> FloatArray:
    """Return ``z`` as it is."""
    return z.copy()


def step(z: FloatArray, at_zero: float = 1.0) -> FloatArray:
    """Return 1 for z > 0, 0 for z < 0, and `at_zero` for z = 0.

    Example:
        >>> step(np.array([-1.0, 0.0, 2.0]))
        array([0., 1., 1.])
    """
    return np.heaviside(z, at_zero)


def sigmoid(z: FloatArray) -> FloatArray:
    """Return ``1 / (1 + exp(-z))``, from ``exp(-|z|)`` so that nothing overflows.

    Example:
        >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
        array([0. , 0.5, 1. ])
    """
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def tanh(z: FloatArray) -> FloatArray:
    """Return the hyperbolic tangent of ``z``."""
    return np.tanh(z)


def relu(z: FloatArray) -> FloatArray:
    """Return ``max(z, 0)``; its slope at 0 is taken as 0."""
    return np.maximum(z, 0.0)


def leaky_relu(z: FloatArray, alpha: float = 0.01) -> FloatArray:
    """Return ``z`` where positive, else ``alpha z``; its slope at 0 is taken as alpha.

    Source:
        Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models"
        (2013).
    """
    return np.where(z > 0, z, alpha * z)


def elu(z: FloatArray, alpha: float = 1.0) -> FloatArray:
    """Return ``z`` where positive, else ``alpha (exp(z) - 1)``; its slope at 0 is alpha.

    Source:
        Clevert, Unterthiner, Hochreiter, "Fast and accurate deep network learning by
        exponential linear units" (2016).
    """
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0.0)))


def gelu(z: FloatArray) -> FloatArray:
    """Return ``z Phi(z)``, Phi the normal distribution function: the exact form, not by tanh.

    Source:
        Hendrycks, Gimpel, "Gaussian error linear units" (2016).

    Example:
        >>> print(round(float(gelu(np.array(1.0))), 7))
        0.8413447
    """
    product: FloatArray = z * _normal_cdf(z)
    return product


def silu(z: FloatArray) -> FloatArray:
    """Return ``z sigmoid(z)``, also known as swish."""
    product: FloatArray = z * sigmoid(z)
    return product


def softplus(z: FloatArray) -> FloatArray:
    """Return ``log(1 + exp(z))`` as ``max(z, 0) + log1p(exp(-|z|))``, which never overflows."""
    total: FloatArray = np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))
    return total


def exponential(z: FloatArray) -> FloatArray:
    """Return ``exp(z)``, infinity where that is too large a number; for Poisson's loss.

    Example:
        >>> exponential(np.array([0.0, 1e4]))
        array([ 1., inf])
    """
    with np.errstate(over="ignore"):
        return np.exp(z)


def softmax(z: FloatArray) -> FloatArray:
    """Return ``exp(z) / sum(exp(z))`` over the last axis, the largest z subtracted first.

    Subtracting changes nothing in the result, and nothing overflows.

    Shapes:
        z (..., H) -> (..., H)

    Example:
        >>> softmax(np.array([1000.0, 1000.0]))
        array([0.5, 0.5])
    """
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    share: FloatArray = e / e.sum(axis=-1, keepdims=True)
    return share


def _softmax_pullback(z: FloatArray, a: FloatArray, d_a: FloatArray) -> FloatArray:
    # da_i/dz_j = a_i (i == j) - a_i a_j, multiplied by d_a from the left
    d_z: FloatArray = a * (d_a - (d_a * a).sum(axis=-1, keepdims=True))
    return d_z


def _positive_or(z: FloatArray, otherwise: FloatArray | float) -> FloatArray:
    """The slope of a function that is z where z > 0."""
    return np.where(z > 0, np.ones_like(z), np.asarray(otherwise, dtype=z.dtype))


def _gelu_slope(z: FloatArray, a: FloatArray) -> FloatArray:
    density = np.exp(-0.5 * z * z) * (1 / math.sqrt(2 * math.pi))
    slope: FloatArray = _normal_cdf(z) + z * density
    return slope


def _silu_slope(z: FloatArray, a: FloatArray) -> FloatArray:
    s = sigmoid(z)
    slope: FloatArray = s + a * (1 - s)
    return slope


_erfc = np.frompyfunc(math.erfc, 1, 1)


def _normal_cdf(z: FloatArray) -> FloatArray:
    # (1 + erf(z / sqrt 2)) / 2, written with erfc because 1 + erf cancels for z << 0;
    # a Python call for every element: this is the reference, not the kernel
    tail = np.asarray(_erfc(np.asarray(z, dtype=np.float64) * -math.sqrt(0.5)))
    cdf: FloatArray = (0.5 * tail.astype(np.float64)).astype(z.dtype)
    return cdf


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {
        entry.name: entry
        for entry in (
            Activation(name="identity", function=identity, slope=lambda z, a: np.ones_like(z)),
            Activation(
                name="step",
                function=step,
                slope=lambda z, a, at_zero=1.0: np.zeros_like(z),
                settings=MappingProxyType({"at_zero": 1.0}),
                kinks=(0.0,),
            ),
            Activation(name="sigmoid", function=sigmoid, slope=lambda z, a: a * (1 - a)),
            Activation(name="tanh", function=tanh, slope=lambda z, a: 1 - a * a),
            Activation(
                name="relu",
                function=relu,
                slope=lambda z, a: _positive_or(z, 0.0),
                kinks=(0.0,),
            ),
            Activation(
                name="leaky_relu",
                function=leaky_relu,
                slope=lambda z, a, alpha=0.01: _positive_or(z, alpha),
                settings=MappingProxyType({"alpha": 0.01}),
                kinks=(0.0,),
            ),
            Activation(
                name="elu",
                function=elu,
                slope=lambda z, a, alpha=1.0: _positive_or(z, a + alpha),
                settings=MappingProxyType({"alpha": 1.0}),
                kinks=(0.0,),
            ),
            Activation(name="gelu", function=gelu, slope=_gelu_slope),
            Activation(name="silu", function=silu, slope=_silu_slope),
            Activation(name="softplus", function=softplus, slope=lambda z, a: sigmoid(z)),
            Activation(name="exponential", function=exponential, slope=lambda z, a: a.copy()),
            Activation(name="softmax", function=softmax, pullback_rows=_softmax_pullback),
        )
    }
)
"""Every activation, by name."""

ActivationName = Annotated[str, NameIn("activation", ACTIVATIONS)]
"""The type of a document field that names an activation."""
