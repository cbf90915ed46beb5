"""Experiments as programs for other libraries: see `code`."""

from shoal.experiments.programs.registry import TARGETS, ProgramTarget, target_of
from shoal.experiments.programs.writing import code

__all__ = ["TARGETS", "ProgramTarget", "code", "target_of"]
