"""Diagnosis: what is wrong with an experiment, with proof.

`diagnose` lays a run out (`Examined`), lets every check of `CHECKS` look at it, tries the
remedies of what they notice on pairs of networks (`Trial`), and returns what stands.
"""

from shoal.experiments.doctor.checks import CHECKS, Check
from shoal.experiments.doctor.diagnosis import Diagnosis
from shoal.experiments.doctor.examination import diagnose
from shoal.experiments.doctor.examined import Examined
from shoal.experiments.doctor.proof import Trial, proof_of
from shoal.experiments.doctor.records import Finding, Hint, Proof, Remedy

__all__ = [
    "CHECKS",
    "Check",
    "Diagnosis",
    "Examined",
    "Finding",
    "Hint",
    "Proof",
    "Remedy",
    "Trial",
    "diagnose",
    "proof_of",
]
