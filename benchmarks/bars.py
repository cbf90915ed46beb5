"""What has to hold: one table of bars, each a ratio of two figures or a figure alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.cases import POPULATIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """`over` / `under` (`under` may be left out) and its limit.

    Both are keys of `Results.figures`; of several in `over` the least counts, which is the
    fastest peer. A bar with `n_bits` is only for cores that use vectors of so many bits.
    """

    what: str
    over: tuple[str, ...]
    under: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    unit: str = "x"
    n_bits: int | None = None

    def value(self, figures: Mapping[str, float]) -> float | None:
        """Return the figure that is judged, None if it was not measured.

        Of several in `over`, those that were measured are enough: peers can be left out.
        """
        known = [figures[key] for key in self.over if key in figures]
        if not known or (self.under and self.under not in figures):
            return None
        return min(known) / (figures[self.under] if self.under else 1.0)

    def holds(self, value: float) -> bool:
        """Whether `value` is within the limits."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    def is_for(self, n_bits: int) -> bool:
        """Whether this bar is for a core with vectors of `n_bits` bits."""
        return self.n_bits in (None, n_bits)

    @property
    def limit(self) -> str:
        """The limit, for a person."""
        if self.at_least is not None:
            return f">= {self.at_least:,g} {self.unit}"
        return f"<= {self.at_most:g} {self.unit}"


def _ratio(what: str, over: str | Iterable[str], under: str, at_least: float) -> Bar:
    keys = (over,) if isinstance(over, str) else tuple(over)
    return Bar(what=what, over=keys, under=under, at_least=at_least)


def _most(what: str, key: str, at_most: float, unit: str = "s") -> Bar:
    return Bar(what=what, over=(key,), at_most=at_most, unit=unit)


def _greater() -> Iterable[Bar]:
    one = "greater, one network"
    keras = "keras_greater", "keras_greater_tuned"
    yield _ratio(f"{one}: Keras on TensorFlow", keras, "shoal_greater", 2_500)
    yield _ratio(f"{one}: scikit-learn", "sklearn_greater", "shoal_greater", 200)
    # The same work is the one with figures every epoch, which shoal's row has too.
    yield _ratio(f"{one}: JAX, whole run compiled", "jax_greater_figures", "shoal_greater", 20)
    yield _ratio(
        "greater, population of 256: JAX scan + vmap", "jax_greater_256", "shoal_greater_256", 25
    )
    yield Bar(
        what="greater, per network of 64 against one alone",
        over=("shoal_greater_64",),
        under="shoal_greater",
        at_most=0.9,
    )
    yield _ratio("greater, two threads against one", "shoal_greater_64", "shoal_greater_64_2", 1.8)


def _xor() -> Iterable[Bar]:
    """Yield the bars of exclusive or: shoal on one thread, JAX however it is fastest."""
    for work, batch in (("xor1", 1), ("xor4", 4)):
        for n in POPULATIONS:
            jax = [f"jax_{work}_{n}{how}{on}" for how in ("", "_tuned") for on in ("", "_all")]
            what = f"xor batch {batch}, {n:,} networks on one thread"
            yield _ratio(f"{what}: fastest JAX, all cores", jax, f"shoal_{work}_{n}", 4)
            for peer, keys in (
                ("PyTorch", (f"torch_{work}", f"torch_{work}_compiled")),
                ("scikit-learn", (f"sklearn_{work}",)),
                ("Keras", (f"keras_{work}", f"keras_jax_{work}")),
            ):
                yield _ratio(f"{what}: {peer}, per network", keys, f"shoal_{work}_{n}", 500)


def _fastest(work: str) -> tuple[str, ...]:
    peers = ("jax", "torch", "sklearn", "keras", "keras_jax")
    ends = ("", "_tuned", "_compiled", "_loose")
    return tuple(f"{peer}_{work}{end}" for peer in peers for end in ends)


def _dense() -> Iterable[Bar]:
    for n_bits, limit in ((512, 70), (256, 40)):
        for key, what in (("shoal_dense", "one thread"), ("shoal_dense_all", "all threads")):
            yield Bar(
                what=f"4-32-16-4 full batch, {what}, a core",
                over=(f"{key}.gflops_a_core",),
                at_least=limit,
                unit="GFLOP/s",
                n_bits=n_bits,
            )


BARS = (
    *_greater(),
    *_xor(),
    _ratio("20-64-2: fastest peer", _fastest("table"), "shoal_table", 15),
    _ratio("64-100-10: fastest peer", _fastest("digits"), "shoal_digits", 5),
    _ratio("784-128-10: fastest peer", _fastest("mnist"), "shoal_mnist", 1.7),
    *_dense(),
    _most("points to loss 0.2 by finite differences", "points_s", 2.0),
    _most("peak memory of 100,000 networks", "memory_mb", 500, "MB"),
    # An allocation in every step would be 1,000. A few are left, and are none of the steps':
    # training comes back to Python five times a second, to tell how far it is.
    _most("allocations of the core in 1,000 steps", "allocations", 10, "calls"),
    _most("page faults in 1,000 steps", "faults", 10, "faults"),
    _most("import shoal, net", "import", 0.060),
    _most("shoal --help", "help", 0.200),
    _most("shoal run examples/or.toml", "run", 1.0),
)
