"""Statistics of pairs: which side wins more often, by how much, and how sure that is."""

from shoal.metrics.paired_bootstrap import RESAMPLES, bootstrap_interval
from shoal.metrics.paired_evidence import (
    ENOUGH,
    critical_losses_at_any_time,
    e_value,
    e_value_above,
    win_interval_at_any_time,
)
from shoal.metrics.paired_power import MOST, POWER, pairs_needed, power
from shoal.metrics.paired_ranks import Ranks, wilcoxon
from shoal.metrics.paired_signs import (
    LEVEL,
    Interval,
    Signs,
    at_least,
    critical_losses,
    holm,
    sign_interval,
    sign_p,
    sign_test,
    win_interval,
)

__all__ = [
    "ENOUGH",
    "LEVEL",
    "MOST",
    "POWER",
    "RESAMPLES",
    "Interval",
    "Ranks",
    "Signs",
    "at_least",
    "bootstrap_interval",
    "critical_losses",
    "critical_losses_at_any_time",
    "e_value",
    "e_value_above",
    "holm",
    "pairs_needed",
    "power",
    "sign_interval",
    "sign_p",
    "sign_test",
    "wilcoxon",
    "win_interval",
    "win_interval_at_any_time",
]
