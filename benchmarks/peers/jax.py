"""JAX: a whole run as one compiled ``lax.scan``, alone and under ``vmap``.

Two ways of writing it. *Plain* is what one writes: a list of layers, ``x @ w``, and
``jax.random.permutation`` for the orders. *Tuned* is the fastest that we found on a CPU: the
orders drawn by NumPy outside (timed too), and what each way says in `WAYS`. Compiling is
not timed; the seconds it took are among the facts of a sample.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from benchmarks.peers import Once, Prepare, Sample, Task
from benchmarks.rows import judge
from benchmarks.workloads import Work

Tree = Any
Unravel = Callable[[Tree], Tree]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a run is written.

    `multiplies_by_sum` writes x @ w as a broadcast product and a sum, `is_flat` keeps all
    weights in one vector, `numpy_orders` draws the orders outside, `unroll` is the scan's,
    `networks_last` gives the population the last axis of every array in place of the first.
    """

    with_figures: bool = False
    multiplies_by_sum: bool = False
    is_flat: bool = False
    numpy_orders: bool = False
    unroll: int = 1
    networks_last: bool = False


PLAIN = Recipe()


def versions() -> dict[str, str]:
    """Return what is measured."""
    return {"jax": jax.__version__}


def init(key: jax.Array, sizes: tuple[int, ...]) -> Tree:
    """Return glorot_uniform weights and zero biases, a pair for every layer."""
    layers = []
    for n_in, n_out in pairwise(sizes):
        key, part = jax.random.split(key)
        limit = (6.0 / (n_in + n_out)) ** 0.5
        weights = jax.random.uniform(part, (n_in, n_out), minval=-limit, maxval=limit)
        layers.append((weights, jnp.zeros(n_out)))
    return layers


def forward(work: Work, layers: Tree, x: jax.Array, recipe: Recipe) -> jax.Array:
    """Return the last layer's weighted sums (N, C)."""
    activate = jnp.tanh if work.hidden == "tanh" else jax.nn.relu

    def dense(layer: Tree, x: jax.Array) -> jax.Array:
        weights, bias = layer
        if recipe.multiplies_by_sum:
            return (x[:, :, None] * weights).sum(1) + bias
        return x @ weights + bias

    for layer in layers[:-1]:
        x = activate(dense(layer, x))
    return dense(layers[-1], x)


def loss_of(work: Work, z: jax.Array, y: jax.Array) -> jax.Array:
    """Return the mean loss of the weighted sums `z` (N, C)."""
    if work.output == "sigmoid":
        return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z))))
    if work.output == "softmax":
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(z), 1))
    return jnp.mean((z - y) ** 2)


def accuracy(work: Work, z: jax.Array, y: jax.Array) -> jax.Array:
    """Return the share of rows on the right side, or of the right class."""
    if work.output == "softmax":
        return jnp.mean(z.argmax(1) == y.argmax(1))
    return jnp.mean((z > 0) == (y > 0.5))


def adam(work: Work, state: Tree, gradient: Tree) -> Tree:
    """Return the state (weights, two moments, two powers of beta) after one step."""
    weights, first, second, power1, power2 = state
    power1, power2 = power1 * work.beta1, power2 * work.beta2
    rate = work.learning_rate * jnp.sqrt(1 - power2) / (1 - power1)
    b1, b2 = work.beta1, work.beta2
    first = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, first, gradient)
    second = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, second, gradient)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) + work.epsilon), weights, first, second
    )
    return weights, first, second, power1, power2


def figures_of(layers: Tree, task: Task, recipe: Recipe) -> Tree:
    """Return loss and accuracy on all training rows, then on all validation rows."""
    rows = task.rows
    figures: list[jax.Array] = []
    for x, y in ((rows.x_train, rows.y_train), (rows.x_validation, rows.y_validation)):
        z, truth = forward(task.work, layers, jnp.asarray(x), recipe), jnp.asarray(y)
        figures += [loss_of(task.work, z, truth), accuracy(task.work, z, truth)]
    return figures


def make_gradient(work: Work, recipe: Recipe, unravel: Unravel) -> Callable[..., Tree]:
    """Return gradient(weights, x, y), of a whole population if its axis is the last."""

    def loss(weights: Tree, x: jax.Array, y: jax.Array) -> jax.Array:
        return loss_of(work, forward(work, unravel(weights), x, recipe), y)

    gradient: Callable[..., Tree] = jax.grad(loss)
    if recipe.networks_last:
        gradient = jax.vmap(gradient, in_axes=(-1, None, None), out_axes=-1)
    return gradient


def make_epoch(task: Task, recipe: Recipe, unravel: Unravel) -> Callable[..., Any]:
    """Return the body of the scan over epochs: all full batches, then the incomplete one."""
    work = task.work
    x, y = jnp.asarray(task.rows.x_train), jnp.asarray(task.rows.y_train)
    n_full = work.n_train // work.batch_size
    cut = n_full * work.batch_size
    gradient = make_gradient(work, recipe, unravel)

    def step(state: Tree, batch: Tree) -> tuple[Tree, None]:
        return adam(work, state, gradient(state[0], *batch)), None

    def epoch(state: Tree, order: jax.Array) -> tuple[Tree, Tree]:
        if not work.is_shuffled:
            return step(state, (x, y))
        if not recipe.numpy_orders:
            order = jax.random.permutation(order, work.n_train)
        xs, ys = x[order], y[order]
        batches = tuple(rows[:cut].reshape(n_full, work.batch_size, -1) for rows in (xs, ys))
        state, _ = jax.lax.scan(step, state, batches, unroll=recipe.unroll)
        if cut < work.n_train:
            state, _ = step(state, (xs[cut:], ys[cut:]))
        return state, figures_of(unravel(state[0]), task, recipe) if recipe.with_figures else None

    return epoch


def make_run(task: Task, recipe: Recipe) -> Callable[[jax.Array, Any], Tree]:
    """Return run(key, orders) -> (layers, figures) for one network."""
    ravel, unravel = _one_vector(task.work.sizes) if recipe.is_flat else (_same, _same)
    epoch = make_epoch(task, recipe, unravel)

    def run(key: jax.Array, orders: Any) -> Tree:
        first, second = jax.random.split(key)
        if not recipe.numpy_orders:
            orders = jax.random.split(second, task.epochs)
        begin = begin_state(ravel(init(first, task.work.sizes)))
        state, figures = jax.lax.scan(epoch, begin, orders)
        return unravel(state[0]), figures

    return run


def make_population_run(task: Task, recipe: Recipe) -> Callable[[jax.Array, Any], Tree]:
    """Return run(keys, None) -> (layers, None) for full batches, the population's axis last."""
    epoch = make_epoch(task, recipe, _same)

    def run(keys: jax.Array, _: None) -> Tree:
        layers = jax.vmap(partial(init, sizes=task.work.sizes), out_axes=-1)(keys)
        state, _ = jax.lax.scan(epoch, begin_state(layers), None, length=task.epochs)
        return jax.tree.map(lambda array: jnp.moveaxis(array, -1, 0), state[0]), None

    return run


def begin_state(weights: Tree) -> Tree:
    """Return the state before the first step."""
    zeros = jax.tree.map(jnp.zeros_like, weights)
    return weights, zeros, zeros, jnp.float32(1), jnp.float32(1)


def _same(tree: Tree) -> Tree:
    return tree


def _one_vector(sizes: tuple[int, ...]) -> tuple[Unravel, Unravel]:
    _, unravel = ravel_pytree(init(jax.random.key(0), sizes))
    return lambda tree: ravel_pytree(tree)[0], unravel


def draw_orders(task: Task, rng: np.random.Generator) -> np.ndarray:
    """Return orders int32 (P, T, N), or (T, N) for one network: rows in random order."""
    shape = (task.n_networks, task.epochs) if task.n_networks > 1 else (task.epochs,)
    rows = np.broadcast_to(
        np.arange(task.work.n_train, dtype=np.int32), (*shape, task.work.n_train)
    )
    return rng.permuted(rows, axis=-1)


def outputs_of(layers: Tree, task: Task) -> np.ndarray:
    """Return the outputs on the validation rows, (N, C) or (P, N, C), activation included."""
    x = jnp.asarray(task.rows.x_validation)
    last = {"sigmoid": jax.nn.sigmoid, "softmax": jax.nn.softmax, "identity": _same}

    def one(layers: Tree) -> jax.Array:
        return last[task.work.output](forward(task.work, layers, x, PLAIN))

    return np.asarray(jax.vmap(one)(layers) if task.n_networks > 1 else one(layers))


def _prepare(recipe: Recipe, task: Task) -> Once:
    run = (make_population_run if recipe.networks_last else make_run)(task, recipe)
    rng = np.random.default_rng(0)
    keys = jax.random.key(0)
    if task.n_networks > 1:
        keys = jax.random.split(keys, task.n_networks)
        run = run if recipe.networks_last else jax.vmap(run)

    def orders() -> np.ndarray | None:
        return draw_orders(task, rng) if recipe.numpy_orders else None

    start = time.perf_counter()
    compiled = jax.jit(run).lower(keys, orders()).compile()
    compile_s = time.perf_counter() - start

    def once() -> Sample:
        start = time.perf_counter()
        layers, _ = jax.block_until_ready(compiled(keys, orders()))
        seconds = time.perf_counter() - start
        learnt = judge(task.work, outputs_of(layers, task), task.rows.y_validation)
        return Sample(seconds=seconds, epochs=task.epochs, facts={"compile_s": compile_s}, **learnt)

    return once


WAYS: dict[str, Prepare] = {
    "plain": partial(_prepare, PLAIN),
    "figures": partial(_prepare, Recipe(with_figures=True)),
    "orders": partial(_prepare, Recipe(numpy_orders=True)),
    "flat": partial(
        _prepare, Recipe(multiplies_by_sum=True, is_flat=True, numpy_orders=True, unroll=4)
    ),
    "last": partial(_prepare, Recipe(networks_last=True)),
}
