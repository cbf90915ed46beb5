"""What is measured: one table of cases, each a system doing one of the works in one way.

Adding a case is one entry here, and one in the ``WAYS`` of its peer's module if the way is new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.growth import POINTS
from benchmarks.workloads import MAIN_WORKS, Work

PEERS = ("keras", "keras_jax", "sklearn", "torch", "jax")
"""Names of the peers, which are their modules too."""
POPULATIONS = (1_024, 16_384)
"""Networks of the populations of exclusive or."""
WORKS: dict[str, Work] = MAIN_WORKS | {p.work.name: p.work for p in POINTS}
GROWTH = "growth"
"""The part that measures growth: shoal alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of a table.

    `way` is the entry in the ``WAYS`` of the peer's module; `n_cores` is how many cores its
    process is pinned to, None for all of the machine; `quick_epochs` are timed in place of all
    epochs unless ``--full``, and scaled up; `against` is the key of the shoal row that its
    ratio refers to; a slow case is measured in every third round only; `part` is what
    ``--only`` picks it by.
    """

    key: str
    work: str
    peer: str
    way: str
    what: str
    figures: str
    against: str
    part: str
    n_cores: int | None = 1
    n_networks: int = 1
    quick_epochs: int | None = None
    is_slow: bool = False

    @property
    def cores(self) -> str:
        """The number of cores, for a person."""
        return "all" if self.n_cores is None else str(self.n_cores)


def _case(key: str, work: str, way: str, what: str, **others: object) -> Case:
    """Return a case of the peer that its key begins with, against the first row of its work."""
    peer = "keras_jax" if key.startswith("keras_jax") else key.partition("_")[0]
    usual = {"figures": "none", "against": f"shoal_{work}", "part": work}
    return Case(key=key, work=work, peer=peer, way=way, what=what, **(usual | others))  # type: ignore[arg-type]


_XOR_WAYS = {
    "xor1": (("", "plain", ""), ("_tuned", "orders", ", orders by NumPy")),
    "xor4": (("", "plain", ""), ("_tuned", "last", ", networks on the last axis")),
}
"""How JAX trains populations of exclusive or: end of the key, way, further words."""
_RUNNING = "running means, exact validation"

_GREATER = [
    _case("shoal_greater", "greater", "plain", "one network", figures="exact"),
    *(
        _case(
            f"shoal_greater_{n}",
            "greater",
            "plain",
            f"population of {n}",
            figures="exact",
            n_networks=n,
        )
        for n in (64, 256)
    ),
    _case(
        "shoal_greater_64_2",
        "greater",
        "plain",
        "population of 64, two threads",
        figures="exact",
        n_networks=64,
        n_cores=2,
    ),
    *(
        _case(
            key,
            "greater",
            way,
            what,
            figures=_RUNNING,
            n_cores=n_cores,
            quick_epochs=5,
            is_slow=True,
        )
        for key, way, what, n_cores in (
            ("keras_greater", "plain", "model.fit, as it comes (XLA)", 1),
            ("keras_greater_tuned", "tuned", "the same, 16 steps a call", 1),
            ("keras_greater_all", "tuned", "the same on all cores", None),
            ("keras_jax_greater", "plain", "model.fit, JAX backend", 1),
        )
    ),
    _case("sklearn_greater", "greater", "plain", "MLP.fit", figures="running loss", is_slow=True),
    _case(
        "torch_greater", "greater", "eager", "eager loop, fused Adam", quick_epochs=10, is_slow=True
    ),
    _case(
        "torch_greater_compiled",
        "greater",
        "compiled",
        "torch.compile",
        quick_epochs=10,
        is_slow=True,
    ),
    _case("jax_greater", "greater", "plain", "whole run one compiled scan"),
    _case("jax_greater_figures", "greater", "figures", "the same with figures", figures="exact"),
    _case("jax_greater_tuned", "greater", "flat", "tuned: orders by NumPy, flat weights"),
    *(
        _case(
            f"jax_greater_256{end}",
            "greater",
            way,
            what,
            against="shoal_greater_256",
            n_networks=256,
            quick_epochs=3,
            is_slow=True,
        )
        for end, way, what in (
            ("", "plain", "scan + vmap over 256"),
            ("_tuned", "orders", "the same, orders by NumPy"),
        )
    ),
]


def _xor(work: str) -> Iterable[Case]:
    """Yield the rows of exclusive or: populations, then peers that train one by one."""
    first = f"shoal_{work}_{POPULATIONS[0]}"
    for n in POPULATIONS:
        for end, n_cores in (("", 1), ("_all", None)):
            key = f"shoal_{work}_{n}"
            what = f"population of {n:,}"
            usual = {"against": key + end, "n_networks": n, "n_cores": n_cores}
            yield _case(key + end, work, "plain", what, figures="at the end", **usual)
            for name, way, words in _XOR_WAYS[work]:
                words = f"scan + vmap over {n:,}{words}"
                yield _case(
                    f"jax_{work}_{n}{name}{end}", work, way, words, is_slow=n > 2_000, **usual
                )
    each = "one network after the other"
    for key, way, what, n, epochs in (
        ("torch", "eager", f"eager, fused Adam, {each}", 4, 250),
        ("torch_compiled", "compiled", f"torch.compile, {each}", 4, 250),
        ("sklearn", "plain", f"MLP.fit, {each}", 4, 250),
        ("keras", "plain", "model.fit", 1, 50),
        ("keras_jax", "plain", "model.fit, JAX backend", 1, 50),
    ):
        peer = key.removesuffix("_compiled")
        end = key.removeprefix(peer)
        usual = {"against": first, "n_networks": n, "quick_epochs": epochs, "is_slow": True}
        yield _case(f"{peer}_{work}{end}", work, way, what, **usual)


def _sizes(work: str, quick: dict[str, int]) -> Iterable[Case]:
    """Yield the rows of a work that one network is trained for, on one core."""
    yield _case(f"shoal_{work}", work, "plain", "one network", figures="at the end")
    yield _case(
        f"shoal_{work}_all", work, "plain", "all threads", figures="at the end", n_cores=None
    )
    for key, end, way, what in (
        ("jax", "", "plain", "whole run one compiled scan"),
        ("jax", "_tuned", "orders", "the same, orders by NumPy"),
        ("torch", "", "eager", "eager loop, fused Adam"),
        ("torch", "_compiled", "compiled", "torch.compile of forward and backward"),
        ("sklearn", "", "plain", "MLP.fit"),
        ("keras", "", "tuned", "model.fit, XLA, 16 steps a call"),
        ("keras", "_loose", "not_compiled", "the same without XLA"),
        ("keras_jax", "", "plain", "model.fit, JAX backend"),
        ("keras_jax", "_tuned", "tuned", "the same, 16 steps a call"),
    ):
        if end in ("_tuned", "_loose") and not WORKS[work].is_shuffled:
            continue
        usual = {"quick_epochs": quick.get(key), "is_slow": True}
        yield _case(f"{key}_{work}{end}", work, way, what, **usual)


def _growth() -> Iterable[Case]:
    for point in POINTS:
        yield _case(
            point.key,
            point.work.name,
            "plain",
            f"{point.axis} {point.size}",
            n_networks=point.n_networks,
            is_slow=True,
            part=GROWTH,
        )


_SLOW = {"keras": 5, "keras_jax": 5, "torch": 5}

CASES = {
    case.key: case
    for case in (
        *_GREATER,
        *_xor("xor1"),
        *_xor("xor4"),
        *_sizes("table", _SLOW),
        *_sizes("digits", _SLOW | {"sklearn": 20}),
        *_sizes("mnist", {}),
        *_sizes("dense", dict.fromkeys(("keras", "keras_jax", "torch", "sklearn"), 100)),
        *_growth(),
    )
}


def chosen(parts: list[str], peers: list[str]) -> list[Case]:
    """Return the cases of `parts` for shoal and `peers`, in the order of the tables."""
    return [
        case for case in CASES.values() if case.part in parts and case.peer in ["shoal", *peers]
    ]
