"""Experiments: the document, its preparation, the run and its result."""

from shoal.experiments.document import (
    Experiment,
    GivenData,
    Population,
    Preprocess,
    Streams,
    default_network,
)
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import Prepared, prepare
from shoal.experiments.progress import Progress
from shoal.experiments.result import result_document, summary, truth
from shoal.experiments.resumption import resume
from shoal.experiments.run import Run

__all__ = [
    "Experiment",
    "GivenData",
    "Population",
    "Prepared",
    "Preprocess",
    "Progress",
    "Run",
    "Streams",
    "carry_out",
    "default_network",
    "prepare",
    "result_document",
    "resume",
    "summary",
    "truth",
]
