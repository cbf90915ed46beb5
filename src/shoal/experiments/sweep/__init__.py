"""Sweeps: many experiments from one document, trained together."""

from shoal.experiments.sweep.alternatives import alternatives
from shoal.experiments.sweep.cells import Cell
from shoal.experiments.sweep.document import Sweep

__all__ = ["Cell", "Sweep", "alternatives"]
