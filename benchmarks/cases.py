"""What is measured: one table of cases, each a system doing one of the works in one way.

Adding a case is one entry here and one in the ``CASES`` of its peer's module.
"""

from __future__ import annotations

from dataclasses import dataclass

PEERS = ("keras", "sklearn", "torch", "jax")
"""Names of the peers, which are their modules too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table.

    `n_cores` is how many cores its process is pinned to, None for all of the machine;
    `quick_epochs` are timed in place of all epochs unless ``--full``, and scaled up;
    `against` is the key of the shoal row that its ratio refers to; a slow case is measured
    in every third round only.
    """

    key: str
    work: str
    peer: str
    what: str
    figures: str
    against: str = "shoal_one"
    n_cores: int | None = 1
    n_networks: int = 1
    quick_epochs: int | None = None
    is_slow: bool = False

    @property
    def cores(self) -> str:
        """The number of cores, for a person."""
        return "all" if self.n_cores is None else str(self.n_cores)


_SHOAL_GREATER = (
    Case(
        key="shoal_one",
        work="greater",
        peer="shoal",
        what="one network",
        figures="exact",
    ),
    Case(
        key="shoal_16",
        work="greater",
        peer="shoal",
        what="population of 16",
        figures="exact",
        n_networks=16,
    ),
    Case(
        key="shoal_64",
        work="greater",
        peer="shoal",
        what="population of 64",
        figures="exact",
        n_networks=64,
    ),
    Case(
        key="shoal_64_2",
        work="greater",
        peer="shoal",
        what="population of 64, two threads",
        figures="exact",
        n_networks=64,
        n_cores=2,
    ),
)

_PEERS_GREATER = (
    Case(
        key="keras",
        work="greater",
        peer="keras",
        what="model.fit, compiled by XLA",
        figures="running means, exact validation",
        quick_epochs=10,
        is_slow=True,
    ),
    Case(
        key="keras_all",
        work="greater",
        peer="keras",
        what="the same on all cores",
        figures="running means, exact validation",
        n_cores=None,
        quick_epochs=10,
        is_slow=True,
    ),
    Case(
        key="sklearn",
        work="greater",
        peer="sklearn",
        what="MLPClassifier.fit",
        figures="running loss",
        is_slow=True,
    ),
    Case(
        key="torch",
        work="greater",
        peer="torch",
        what="eager loop, fused Adam",
        figures="none",
        quick_epochs=20,
        is_slow=True,
    ),
    Case(
        key="jax_one",
        work="greater",
        peer="jax",
        what="whole run one compiled scan",
        figures="none",
    ),
    Case(
        key="jax_figures",
        work="greater",
        peer="jax",
        what="the same with figures",
        figures="exact",
    ),
    Case(
        key="jax_tuned",
        work="greater",
        peer="jax",
        what="tuned: orders by NumPy, flat weights",
        figures="none",
    ),
    Case(
        key="jax_64",
        work="greater",
        peer="jax",
        what="scan + vmap over 64",
        figures="none",
        against="shoal_64",
        n_networks=64,
        quick_epochs=10,
        is_slow=True,
    ),
    Case(
        key="jax_64_tuned",
        work="greater",
        peer="jax",
        what="tuned: orders by NumPy",
        figures="none",
        against="shoal_64",
        n_networks=64,
        quick_epochs=10,
        is_slow=True,
    ),
)

_XOR = (
    Case(
        key="shoal_xor",
        work="xor",
        peer="shoal",
        what="one thread",
        figures="at the end",
        against="shoal_xor",
        n_networks=1024,
    ),
    Case(
        key="shoal_xor_2",
        work="xor",
        peer="shoal",
        what="two threads",
        figures="at the end",
        against="shoal_xor_2",
        n_networks=1024,
        n_cores=2,
    ),
    Case(
        key="jax_xor_1",
        work="xor",
        peer="jax",
        what="scan + vmap",
        figures="none",
        against="shoal_xor",
        n_networks=1024,
    ),
    Case(
        key="jax_xor_tuned",
        work="xor",
        peer="jax",
        what="tuned: networks on the last axis",
        figures="none",
        against="shoal_xor",
        n_networks=1024,
    ),
    Case(
        key="jax_xor",
        work="xor",
        peer="jax",
        what="scan + vmap",
        figures="none",
        against="shoal_xor_2",
        n_networks=1024,
        n_cores=None,
    ),
)

CASES = {case.key: case for case in _SHOAL_GREATER + _PEERS_GREATER + _XOR}


def chosen(works: list[str], peers: list[str]) -> list[Case]:
    """Return the cases of `works` for shoal and `peers`, in the order of the table."""
    return [
        case for case in CASES.values() if case.work in works and case.peer in ["shoal", *peers]
    ]
