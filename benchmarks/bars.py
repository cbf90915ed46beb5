"""What has to hold: one table of bars, each a ratio of two medians or a median alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """`over` / `under` (keys of medians in seconds; `under` may be left out) and its limit."""

    what: str
    over: str
    under: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def value(self, medians: Mapping[str, float]) -> float | None:
        """Return the figure that is judged, None if a part of it was not measured."""
        if self.over not in medians or (self.under and self.under not in medians):
            return None
        return medians[self.over] / (medians[self.under] if self.under else 1.0)

    def holds(self, value: float) -> bool:
        """Whether `value` is within the limits."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    @property
    def limit(self) -> str:
        """The limit, for a person."""
        if self.at_least is not None:
            return f">= {self.at_least:,g} x"
        return f"<= {self.at_most:g} {'x' if self.under else 's'}"


BARS = (
    Bar(
        what="one network against Keras on TensorFlow",
        over="keras",
        under="shoal_one",
        at_least=1500,
    ),
    Bar(what="one network against scikit-learn", over="sklearn", under="shoal_one", at_least=150),
    Bar(
        what="one network against JAX, whole run compiled",
        over="jax_one",
        under="shoal_one",
        at_least=12,
    ),
    Bar(
        what="per network of 64 against one alone", over="shoal_64", under="shoal_one", at_most=0.9
    ),
    Bar(what="two threads against one", over="shoal_64", under="shoal_64_2", at_least=1.8),
    Bar(
        what="xor population against JAX scan + vmap, one core",
        over="jax_xor_1",
        under="shoal_xor",
        at_least=4,
    ),
    Bar(
        what="xor population against JAX scan + vmap, two threads and all cores",
        over="jax_xor",
        under="shoal_xor_2",
        at_least=4,
    ),
    Bar(what="import shoal, net", over="import", at_most=0.060),
    Bar(what="shoal --help", over="help", at_most=0.200),
    Bar(what="shoal run examples/or.toml", over="run", at_most=1.0),
)
