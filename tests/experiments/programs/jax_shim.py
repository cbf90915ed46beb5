"""The few functions of JAX that programs use, on NumPy, with slopes by central differences.

Where JAX is not installed it tells whether a program's arithmetic is right, to the 1e-6 or so of
central differences; whether it spells JAX rightly only JAX can tell.
"""

from __future__ import annotations

import sys
import types
from contextlib import contextmanager

import numpy as np

from shoal.network.activations import ACTIVATIONS


def grad(function, step=1e-6):
    """Return a function that differentiates by its first argument, a list of arrays."""

    def slopes(parameters, *others):
        found = []
        for place, array in enumerate(parameters):
            slope = np.zeros_like(array)
            for k in np.ndindex(array.shape):
                ends = []
                for sign in (1, -1):
                    moved = [each.copy() for each in parameters]
                    moved[place][k] += sign * step
                    ends.append(float(function(moved, *others)))
                slope[k] = (ends[0] - ends[1]) / (2 * step)
            found.append(slope)
        return found

    return slopes


def scan(function, carry, given):
    """Return the carry after the steps of a loop; what they give is always None here."""
    for k in range(len(first(given))):
        carry, nothing = function(carry, sliced(given, k))
        assert nothing is None
    return carry, None


def first(tree):
    return first(tree[0]) if isinstance(tree, list | tuple) else tree


def sliced(tree, k):
    return (
        type(tree)(sliced(each, k) for each in tree) if isinstance(tree, list | tuple) else tree[k]
    )


def log_softmax(z):
    s = z - z.max(axis=-1, keepdims=True)
    return s - np.log(np.exp(s).sum(axis=-1, keepdims=True))


def shim():
    """Return stand-ins by module name."""
    reference = {name: entry.function for name, entry in ACTIVATIONS.items()}
    nn = types.SimpleNamespace(
        log_softmax=log_softmax, sigmoid=reference["sigmoid"], relu=reference["relu"],
        leaky_relu=reference["leaky_relu"], elu=reference["elu"], silu=reference["silu"],
        gelu=lambda z, approximate: reference["gelu"](z), softplus=reference["softplus"],
        softmax=reference["softmax"],
    )  # fmt: skip
    random = types.SimpleNamespace(
        key=np.random.default_rng,
        fold_in=lambda key, number: key,
        split=lambda key, n: np.array([key] * n, object),
        bernoulli=lambda key, share, shape: key.random(shape) < share,
        normal=lambda key, shape, dtype: key.standard_normal(shape).astype(dtype),
    )
    jax = types.ModuleType("jax")
    jax.__dict__.update(
        grad=grad, jit=lambda function: function, nn=nn, random=random, numpy=np,
        lax=types.SimpleNamespace(scan=scan),
        config=types.SimpleNamespace(update=lambda name, value: None),
    )  # fmt: skip
    return {"jax": jax, "jax.numpy": np}


@contextmanager
def stand_in():
    """Let `import jax` find the stand-in for as long as the block runs."""
    before = {name: sys.modules.get(name) for name in shim()}
    sys.modules.update(shim())
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
