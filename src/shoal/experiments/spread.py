"""What causes the spread of a population: the share of every random stream in a variance.

One population for each stream in which only that stream differs between networks, the others
held at the experiment's own seeds, and one in which all differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np

from shoal.errors import ArgumentError, InputError, did_you_mean
from shoal.experiments.document import Experiment, Population
from shoal.experiments.launch import carry_out
from shoal.experiments.prepare import prepare
from shoal.experiments.run import Run
from shoal.streams import StreamName, stream
from shoal.training.figures import HEADLINES

NETWORKS: Final = 64
RESAMPLES: Final = 2000
ALL: Final = "all"
LOW, HIGH = 0.05, 0.95
MOST: Final = 2**16
"""The largest number of networks that is proposed."""
NOT_PARTS: Final = (
    "A share is of one stream alone, the others held, so shares need not add up to 100%."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One stream's part in the spread.

    Attributes:
        stream: its name.
        variance: of the figure where only this stream varies.
        share: `variance` / the variance where all vary; NaN where that is 0.
        low, high: its 5 to 95 % interval, by bootstrap over the networks.
        n_counted: networks that have the figure.
        is_used: whether anything in the experiment draws from it.
    """

    stream: str
    variance: float
    share: float
    low: float
    high: float
    n_counted: int
    is_used: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The shares of all streams in the variance of a figure.

    Attributes:
        figure: its name.
        n_networks: of each population.
        mean, variance: of the figure where all streams vary.
        n_counted: networks of that population that have the figure.
        shares: one for each stream, in the order of `STREAMS`.
        rest, rest_low, rest_high: 1 less the sum of the shares: what streams do together
            (negative if they dampen each other), with its interval.
    """

    figure: str
    n_networks: int
    mean: float
    variance: float
    n_counted: int
    shares: tuple[Share, ...]
    rest: float
    rest_low: float
    rest_high: float

    @property
    def sentence(self) -> str:
        """What was found: a stream is named only if the intervals leave no other."""
        if not self.variance > 0:
            return f"The {self.name} is the same for all networks, whatever varies."
        ranked = sorted(
            (each for each in self.shares if np.isfinite(each.share)),
            key=lambda each: each.share,
            reverse=True,
        )
        if not ranked or not ranked[0].share > 0:
            return f"No stream alone changes the {self.name}; together they do."
        top, second = ranked[0], ranked[1] if len(ranked) > 1 else None
        n_enough = _n_enough(top, second, self.n_networks)
        if n_enough > self.n_networks:
            return (
                f"{self.n_networks:,} networks are too few to tell which stream causes most of "
                f"the spread of the {self.name}: {_enough(n_enough)} might do. {NOT_PARTS}"
            )
        part = "Most" if top.share > 0.5 else "The largest part"
        told = f"'{top.stream}': {top.share:.0%} ({top.low:.0%} to {top.high:.0%})"
        return f"{part} of the spread of the {self.name} comes from {told}. {NOT_PARTS}"

    @property
    def name(self) -> str:
        """The figure in words."""
        return self.figure.replace("_", " ").replace("train ", "training ")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, null where a number is not known."""
        return {
            "figure": self.figure,
            "networks": self.n_networks,
            "n_counted": self.n_counted,
            "mean": _plain(self.mean),
            "variance": _plain(self.variance),
            "shares": [
                {
                    "stream": each.stream,
                    "variance": _plain(each.variance),
                    "share": _plain(each.share),
                    "low": _plain(each.low),
                    "high": _plain(each.high),
                    "n_counted": each.n_counted,
                    "is_used": each.is_used,
                }
                for each in self.shares
            ],
            "rest": {
                "share": _plain(self.rest),
                "low": _plain(self.rest_low),
                "high": _plain(self.rest_high),
            },
            "interval": [LOW, HIGH],
            "sentence": self.sentence,
        }


def spread_of(
    experiment: Experiment,
    *,
    figure: str | None = None,
    networks: int = NETWORKS,
    rows: Any = None,
    threads: int | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> Spread:
    """Return the share of each random stream in the variance of a figure.

    What is estimated is a ratio of two variances between networks: that where only the one
    stream varies and all others are held at the experiment's own seeds, over that where all
    vary. It holds at these seeds; another seed of the experiment gives other held values.

    Args:
        experiment: the document; its `population` is replaced.
        figure: such as "validation_accuracy"; if not given, that of validation rows and of
            accuracy where there are any.
        networks: of each population.
        rows: what `Experiment.run` takes.
        threads: how many to use.
        progress: called before each population with what varies, its number and how many.

    Units:
        Variances divide by the number of networks less 1.

    Raises:
        ArgumentError: no such figure, or fewer than 3 networks.
        InputError: every network diverged.
        KeyboardInterrupt: Ctrl-C came.
    """
    _check_networks(networks)
    streams = get_args(StreamName)
    values: dict[str, np.ndarray] = {}
    unused: list[str] = []
    for k, name in enumerate((ALL, *streams)):
        if progress is not None:
            progress(name, k, len(streams) + 1)
        vary = streams if name == ALL else (name,)
        run = _population(experiment, vary, networks, rows, threads)
        figure = _figure(run, figure)
        found = run.final(figure)
        if len(found) == 1:
            unused.append(name)
            found = np.repeat(found, networks)
        values[name] = found[np.isfinite(found)]
    assert figure is not None
    return _judged(experiment, figure, networks, values, unused)


def _population(
    experiment: Experiment, vary: Sequence[StreamName], size: int, rows: Any, threads: int | None
) -> Run:
    """Return a run in which some streams vary; of one network if they change nothing."""
    if len(vary) == 1 and not _matters(experiment, vary, rows, threads):
        size = 1
    varied = experiment.model_copy(update={"population": Population(size=size, vary=vary)})
    return _run(varied, rows, threads)


def _matters(
    experiment: Experiment, vary: Sequence[StreamName], rows: Any, threads: int | None
) -> bool:
    """Return whether two networks that differ in these streams end differently."""
    two = experiment.model_copy(update={"population": Population(size=2, vary=vary)})
    run = _run(two, rows, threads)
    data = {part.dataset.x.tobytes() + part.dataset.y.tobytes() for part in run.prepared.parts}
    splits = {part.split.validation.tobytes() for part in run.prepared.parts}
    differ = (run.weights[0] != run.weights[1]).any()
    return bool(differ) or len(data) > 1 or len(splits) > 1


def _run(experiment: Experiment, rows: Any, threads: int | None) -> Run:
    run = carry_out(prepare(experiment, rows=rows), threads=threads, tape_bytes=0)
    if run.interrupted:
        raise KeyboardInterrupt
    return run


def _figure(run: Run, figure: str | None) -> str:
    """Return the figure that was asked for, or the one that is usual."""
    known = [name for name in run.history if np.isfinite(run.final(name)).any()]
    if not known:
        told = f"spread: every one of {len(run)} networks diverged."
        raise InputError(f"{told} Give a smaller learning rate, or scale features.", code="R101")
    if figure is not None:
        if figure in known:
            return figure
        wanted = f"must be one of {', '.join(known)}"
        cure = did_you_mean(figure, known)
        raise ArgumentError("spread", "figure", wanted, got=repr(figure), cure=cure, code="A103")
    return next((name for name in HEADLINES if name in known), HEADLINES[-1])


def _check_networks(networks: object) -> None:
    fine = isinstance(networks, int | np.integer) and not isinstance(networks, bool)
    if not fine or networks < 3:  # type: ignore[operator]
        wanted = "must be a whole number of 3 or more"
        raise ArgumentError("spread", "networks", wanted, got=repr(networks), code="A102")


def _judged(
    experiment: Experiment,
    figure: str,
    networks: int,
    values: dict[str, np.ndarray],
    unused: Collection[str] = (),
) -> Spread:
    """Return shares and intervals of the figures found in each population."""
    own = stream(experiment.stream_base("search"), "search")
    again = {
        name: _variances(found, own.uniform(RESAMPLES * len(found), 0, k))
        for k, (name, found) in enumerate(values.items())
    }
    total = _variance(values[ALL])
    shares = {name: _ratio(_variance(found), total) for name, found in values.items()}
    ratios = {name: _ratio(each, again[ALL]) for name, each in again.items()}
    del shares[ALL], ratios[ALL]
    rest = 1.0 - np.sum([*ratios.values()], axis=0)
    return Spread(
        figure=figure,
        n_networks=networks,
        mean=float(values[ALL].mean()) if len(values[ALL]) else float("nan"),
        variance=float(total),
        n_counted=len(values[ALL]),
        shares=tuple(
            Share(
                stream=name,
                variance=float(_variance(values[name])),
                share=float(share),
                low=_quantile(ratios[name], LOW),
                high=_quantile(ratios[name], HIGH),
                n_counted=len(values[name]),
                is_used=name not in unused,
            )
            for name, share in shares.items()
        ),
        rest=float(1.0 - sum(shares.values())),
        rest_low=_quantile(rest, LOW),
        rest_high=_quantile(rest, HIGH),
    )


def _n_enough(top: Share, second: Share | None, n: int) -> float:
    """Return how many networks would set the largest share apart, if intervals shrink with 1 / √n.

    It is set apart if its interval ends below 1 and begins above that of the second.
    """
    wide = [(top.high - top.share, 1.0 - top.share)]
    if second is not None:
        wide.append((top.share - top.low + second.high - second.share, top.share - second.share))
    ratio = max(width / room if room > 0 else np.inf for width, room in wide)
    return n * max(1.0, ratio**2) if ratio > 1 else float(n)


def _enough(n: float) -> str:
    """Return a number of networks in words, up to a power of two."""
    return f"about {2 ** math.ceil(math.log2(n)):,}" if n <= MOST else "many more"


def _variance(values: np.ndarray) -> np.ndarray:
    if len(values) < 2:
        return np.array(np.nan)
    return np.asarray(np.where(np.ptp(values) == 0, 0.0, values.var(ddof=1)))


def _variances(values: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return the variances of as many networks drawn with replacement, (RESAMPLES,)."""
    n = len(values)
    if n < 2:
        return np.full(RESAMPLES, np.nan)
    drawn = values[(uniform.reshape(RESAMPLES, n) * n).astype(np.int64)]
    return np.where(np.ptp(drawn, axis=1) == 0, 0.0, drawn.var(axis=1, ddof=1))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return a share, NaN where there is nothing to have a share in."""
    known = np.asarray(whole) > 0
    return np.where(known, part / np.where(known, whole, 1.0), np.nan)


def _quantile(values: np.ndarray, q: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.quantile(known, q)) if len(known) else float("nan")


def _plain(value: float) -> float | None:
    return value if np.isfinite(value) else None
