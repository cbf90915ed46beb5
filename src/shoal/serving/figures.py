"""Figures of the service in the text format of Prometheus.

Counting is a plain addition on the event loop; prometheus-client writes what was counted when
somebody asks.
"""

from __future__ import annotations

import bisect
import itertools
from collections import Counter
from collections.abc import Iterator, MutableMapping
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from shoal.serving.catalogue import Catalogue
from shoal.serving.gate import Gate
from shoal.serving.refusals import Answer

BUCKETS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
"""Seconds."""
LEFT: Final = "left"
"""In place of a status: the client went before it was answered."""


class Figures:
    """What is counted; a collector for prometheus-client.

    Args:
        catalogue: the models, for their digests and what became of reading them again.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._requests: Counter[tuple[str, str]] = Counter()
        self._seconds: dict[str, list[int]] = {}
        self._sums: Counter[str] = Counter()
        self._rows: Counter[str] = Counter()
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self.gate: Gate | None = None

    def observe(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        """Count an answer; routes are told by their pattern, never by what a client wrote."""
        route = getattr(scope.get("route"), "path", "none")
        self._requests[route, str(status) if status else LEFT] += 1
        buckets = self._seconds.get(route)
        if buckets is None:
            buckets = self._seconds[route] = [0] * (len(BUCKETS) + 1)
        buckets[bisect.bisect_left(BUCKETS, seconds)] += 1
        self._sums[route] += seconds  # type: ignore[assignment]

    def add_rows(self, model: str, n_rows: int) -> None:
        """Count rows that were answered."""
        self._rows[model] += n_rows

    def answer(self) -> Answer:
        """Return all figures as text."""
        body = generate_latest(self._registry)
        return Answer(kind=CONTENT_TYPE_LATEST.encode(), body=body)

    def describe(self) -> list[Any]:
        """Name nothing beforehand, so that registering does not collect."""
        return []

    def collect(self) -> Iterator[Any]:
        """Yield the figures."""
        yield from self._of_requests()
        yield from self._of_models()

    def _of_requests(self) -> Iterator[Any]:
        requests = CounterMetricFamily(
            "shoal_requests", "Answered requests.", labels=("route", "status")
        )
        for labels, n in self._requests.items():
            requests.add_metric(labels, n)
        yield requests
        seconds = HistogramMetricFamily(
            "shoal_request_seconds", "From a request's headers to its answer.", labels=("route",)
        )
        names = [*(repr(float(edge)) for edge in BUCKETS), "+Inf"]
        for route, counts in self._seconds.items():
            grown = itertools.accumulate(counts)
            seconds.add_metric(
                (route,), list(zip(names, grown, strict=True)), sum_value=self._sums[route]
            )
        yield seconds
        in_flight = self.gate.in_flight if self.gate else 0
        told = "Requests that are being answered."
        yield GaugeMetricFamily("shoal_requests_in_flight", told, value=in_flight)

    def _of_models(self) -> Iterator[Any]:
        rows = CounterMetricFamily("shoal_rows", "Predicted rows.", labels=("model",))
        about = InfoMetricFamily("shoal_model", "The models that answer.", labels=("model",))
        reloads = CounterMetricFamily(
            "shoal_model_reloads", "Times a model was read again.", labels=("model", "outcome")
        )
        stale = GaugeMetricFamily(
            "shoal_model_stale", "1: the file could not be read, an older model answers.",
            labels=("model",),
        )  # fmt: skip
        for name, served in self._catalogue.models.items():
            rows.add_metric((name,), self._rows[name])
            networks = str(len(served.model))
            about.add_metric((name,), {"digest": served.digest, "networks": networks})
            tally = self._catalogue.reloads[name]
            reloads.add_metric((name, "done"), tally.n_done)
            reloads.add_metric((name, "failed"), tally.n_failed)
            stale.add_metric((name,), float(bool(tally.fault)))
        yield from (rows, about, reloads, stale)
