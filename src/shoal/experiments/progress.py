"""What is told while a run is on its way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a run is.

    Attributes:
        n_networks: networks of the population.
        n_diverged: how many of them have diverged.
        epoch: epochs done, the mean over the networks.
        n_epochs: epochs of the whole run.
        steps: steps done by all networks together.
        total_steps: steps of the whole run by all networks together.
        loss: median of the last reported validation (or training) loss, None before a report.
        elapsed_s: seconds since training began.
    """

    n_networks: int
    n_diverged: int
    epoch: float
    n_epochs: int
    steps: int
    total_steps: int
    loss: float | None
    elapsed_s: float

    @property
    def left_s(self) -> float | None:
        """Seconds left at the speed so far, None before anything is known."""
        if self.steps == 0:
            return None
        return self.elapsed_s * (self.total_steps - self.steps) / self.steps
