"""What every built-in task provides: its rows, the true rule on them, and its ceiling."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from shoal.data.dataset import FloatArray, IndexArray
from shoal.data.recipe import CERTAIN, Ceiling, DataRecipe
from shoal.errors import ArgumentError
from shoal.streams import Stream

MAX_SAMPLES = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of a task before the recipe is applied.

    Attributes:
        x: features, (N, D).
        label: the class each row was made for, (N,).
        rule: the class that the true rule gives it, (N,). The same as `label` unless
            classes overlap; then it is the Bayes rule.
    """

    x: FloatArray
    label: IndexArray
    rule: IndexArray


class TaskRecipe(DataRecipe):
    """A built-in dataset with known truth; rows are a function of the data stream."""

    task: str = ""
    """The name in the table of tasks; every task has its own as the only value."""

    @property
    @abstractmethod
    def column_names(self) -> tuple[str, ...]:
        """The task's own features, without dummies."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """Rows of the whole dataset; of the truth table for a streaming task."""

    @property
    def n_classes(self) -> int:
        """Classes, named "0", "1" and so on."""
        return 2

    @property
    def is_streaming(self) -> bool:
        """Whether every epoch draws fresh rows instead of passing over the same ones."""
        return False

    @abstractmethod
    def draw(self, data: Stream) -> Rows:
        """Return all rows; row r depends on the stream and r alone."""

    def ceiling(self) -> Ceiling:
        """Return what the best and the worst rule attain in expectation, computed."""
        return CERTAIN

    def own_features(self, x: FloatArray) -> FloatArray:
        """Return the task's own features of rows that may have others behind them.

        Raises:
            ArgumentError: rows with fewer features.
        """
        n_own = len(self.column_names)
        if x.ndim != 2 or x.shape[1] < n_own:
            wanted = f"must have shape (N, {n_own}) or wider for task '{self.task}'"
            raise ArgumentError("true_classes", "x", wanted, got=x.shape, code="A104")
        return x[:, :n_own]
