"""Metrics in the hands of Prometheus' own library: counts, observations, and what is read now.

Imported only where somebody asked for metrics. What happens is counted as it happens; what stands
somewhere is read when Prometheus asks, so that it costs nothing between two scrapes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import prometheus_client
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from parzen.shared.metrics.table import STUDY, Kind, Metric

KEPT_S = 600.0
"""How long the series of a study stay after its end: until each Prometheus has had the last of
them."""

Family: TypeAlias = CounterMetricFamily | GaugeMetricFamily
Series: TypeAlias = prometheus_client.Counter | prometheus_client.Histogram
Key: TypeAlias = tuple[Metric, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Reading:
    """Where ``metric`` stands now, for these ``labels``."""

    metric: Metric
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


class Recorder:
    """Counts and observes the metrics of a table in a registry of its own. From any thread."""

    def __init__(
        self, metrics: Sequence[Metric], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # series that nobody has documented
        self.registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self.registry)
        prometheus_client.PlatformCollector(registry=self.registry)
        prometheus_client.GCCollector(registry=self.registry)
        self._clock = clock
        self._parents: dict[Metric, Series] = {}
        self._series: dict[Key, Series] = {}
        self._lock = threading.Lock()
        self._sources: list[Callable[[], Iterable[Reading]]] = []
        self._alive: Callable[[], Collection[str]] = tuple
        self._lived: dict[str, float] = {}
        self.registry.register(_Readings(self))
        for metric in metrics:
            self._begin(metric)

    def _begin(self, metric: Metric) -> None:
        """Let its series stand at zero where it is known which there will be."""
        if metric.read:
            return
        if not metric.labels:
            self._made(metric, ())
        for word in metric.words:
            self._made(metric, (word,))

    def count(self, metric: Metric, amount: float = 1.0, **labels: str) -> None:
        """So many more of ``metric``."""
        series = self._of(metric, labels)
        assert isinstance(series, prometheus_client.Counter)  # noqa: S101 - the table says so
        series.inc(amount)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        """One more ``value`` for the histogram ``metric``."""
        series = self._of(metric, labels)
        assert isinstance(series, prometheus_client.Histogram)  # noqa: S101 - as above
        series.observe(value)

    def read_from(self, source: Callable[[], Iterable[Reading]]) -> None:
        """Ask ``source`` at each scrape where things stand; it is called in another thread."""
        self._sources.append(source)

    def studies_from(self, alive: Callable[[], Collection[str]]) -> None:
        """Ask ``alive`` at each scrape for the studies whose series are to stay."""
        self._alive = alive

    def _of(self, metric: Metric, labels: Mapping[str, str]) -> Series:
        values = tuple(labels[name] for name in metric.labels)
        found = self._series.get((metric, values))
        return found if found is not None else self._made(metric, values)

    def _made(self, metric: Metric, values: tuple[str, ...]) -> Series:
        with self._lock:
            if metric not in self._parents:
                self._parents[metric] = self._parent(metric)
            parent = self._parents[metric]
            series = parent.labels(*values) if values else parent
            self._series[metric, values] = series
            if STUDY in metric.labels:
                self._lived[values[metric.labels.index(STUDY)]] = self._clock()
        return series

    def _parent(self, metric: Metric) -> Series:
        if metric.kind is Kind.HISTOGRAM:
            return prometheus_client.Histogram(
                metric.name,
                metric.help,
                metric.labels,
                registry=self.registry,
                buckets=metric.buckets,
            )
        return prometheus_client.Counter(
            metric.name, metric.help, metric.labels, registry=self.registry
        )

    def families(self) -> Iterator[Family]:
        """What is read at a scrape, each metric with all its series."""
        self._forget()
        families: dict[Metric, Family] = {}
        for source in self._sources:
            for reading in source():
                metric = reading.metric
                if metric not in families:
                    families[metric] = _family(metric)
                values = [reading.labels[name] for name in metric.labels]
                families[metric].add_metric(values, reading.value)
        yield from families.values()

    def _forget(self) -> None:
        """Let go of the series of studies that have gone."""
        now = self._clock()
        alive = self._alive()
        with self._lock:
            for study in alive:
                self._lived[study] = now
            gone = {study for study, at in self._lived.items() if now - at > KEPT_S}
            for study in gone:
                del self._lived[study]
            for metric, values in list(self._series) if gone else ():
                if STUDY in metric.labels and values[metric.labels.index(STUDY)] in gone:
                    del self._series[metric, values]
                    self._parents[metric].remove(*values)


class _Readings(Collector):
    """What is read when Prometheus asks; nothing is read when it is registered."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def describe(self) -> Iterable[Family]:
        return ()

    def collect(self) -> Iterable[Family]:
        return self._recorder.families()


def _family(metric: Metric) -> Family:
    made = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    return made(metric.name, metric.help, labels=metric.labels)
