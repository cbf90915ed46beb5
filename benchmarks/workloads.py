"""The pieces of work that everybody is given: their networks, rows and training.

Needs NumPy only, so that a peer's environment can import it without shoal. Axes as
everywhere: P networks, N rows, D features, C outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Output = Literal["sigmoid", "softmax", "identity"]
Data = Literal["greater", "xor", "teacher", "pixels", "matrices"]
N_VALIDATION = 2_000
"""Rows to validate with, where the work does not say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One experiment in float32: Adam, glorot_uniform weights, zero biases.

    Args:
        title: what it is, for the heading of its table.
        sizes: from the D features over the hidden units to the C outputs.
        data: which rows, see `benchmarks.rows`.
        hidden: activation of the hidden layers.
        output: of the last layer; it decides the loss: binary cross-entropy, categorical
            cross-entropy, squared error.
        with_figures: whether figures are computed after every epoch, by who can.
        is_whole_call: whether shoal's time is that of the whole call; if not, that of
            training, since peers too have their rows ready before the clock starts.
    """

    name: str
    title: str
    sizes: tuple[int, ...]
    n_train: int
    batch_size: int
    epochs: int
    data: Data
    n_validation: int = N_VALIDATION
    hidden: Literal["tanh", "relu"] = "tanh"
    output: Output = "sigmoid"
    with_figures: bool = False
    is_whole_call: bool = False
    learning_rate: float = 0.03
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7

    @property
    def is_shuffled(self) -> bool:
        """A batch of all rows needs no order."""
        return self.batch_size < self.n_train

    @property
    def steps_per_epoch(self) -> int:
        """The last incomplete batch of an epoch is a batch."""
        return -(-self.n_train // self.batch_size)

    @property
    def n_steps(self) -> int:
        """Updates of a whole run."""
        return self.steps_per_epoch * self.epochs

    @property
    def n_multiply_adds(self) -> int:
        """Multiply-adds of the matrix products of one row, forwards.

        Example:
            >>> GREATER.n_multiply_adds  # 2 x 3 + 3 x 3 + 3 x 3 + 3 x 1
            27
        """
        return sum(n_in * n_out for n_in, n_out in pairwise(self.sizes))

    @property
    def flop(self) -> float:
        """Floating-point operations of a whole run: 6 x multiply-adds for each row.

        Two for each multiply-add, three products for each layer: the outputs, the gradient of
        the weights, the gradient of the inputs. Activations, Adam and figures are not counted,
        and the first layer's third product is, though nobody computes it: a convention.
        """
        return 6.0 * self.n_multiply_adds * self.n_train * self.epochs


GREATER = Work(
    name="greater",
    title="greater: 10,000 rows (8,000 to train), 2-3-3-3-1 tanh, batch 30, 100 epochs",
    sizes=(2, 3, 3, 3, 1),
    n_train=8_000,
    batch_size=30,
    epochs=100,
    data="greater",
    with_figures=True,
    is_whole_call=True,
)
XOR_1 = Work(
    name="xor1",
    title="xor1: 4 rows, 2-4-1 tanh, batch 1, shuffled, 250 epochs (1,000 steps)",
    sizes=(2, 4, 1),
    n_train=4,
    batch_size=1,
    epochs=250,
    data="xor",
    is_whole_call=True,
)
XOR_4 = Work(
    name="xor4",
    title="xor4: 4 rows, 2-4-1 tanh, batch 4, 1,000 epochs (1,000 steps)",
    sizes=(2, 4, 1),
    n_train=4,
    batch_size=4,
    epochs=1_000,
    data="xor",
    is_whole_call=True,
)
TABLE = Work(
    name="table",
    title="table: 10,000 rows, 20-64-2 relu, batch 128, 20 epochs (79 steps each)",
    sizes=(20, 64, 2),
    n_train=10_000,
    batch_size=128,
    epochs=20,
    data="teacher",
    hidden="relu",
    output="softmax",
    learning_rate=0.003,
)
DIGITS = Work(
    name="digits",
    title="digits: 1,797 rows (random), 64-100-10 relu, batch 200, 50 epochs (9 steps each)",
    sizes=(64, 100, 10),
    n_train=1_797,
    batch_size=200,
    epochs=50,
    data="pixels",
    hidden="relu",
    output="softmax",
    learning_rate=0.003,
)
MNIST = Work(
    name="mnist",
    title="mnist: 60,000 rows (random), 784-128-10 relu, batch 128, one epoch (469 steps)",
    sizes=(784, 128, 10),
    n_train=60_000,
    batch_size=128,
    epochs=1,
    data="pixels",
    hidden="relu",
    output="softmax",
    learning_rate=0.001,
)
DENSE = Work(
    name="dense",
    title="dense: 10,000 rows, 4-32-16-4 tanh, squared error, full batch, 400 steps",
    sizes=(4, 32, 16, 4),
    n_train=10_000,
    batch_size=10_000,
    epochs=400,
    data="matrices",
    output="identity",
    learning_rate=0.01,
)
MAIN_WORKS = {work.name: work for work in (GREATER, XOR_1, XOR_4, TABLE, DIGITS, MNIST, DENSE)}
"""The works that peers do too; those of `benchmarks.growth` are shoal's alone."""
