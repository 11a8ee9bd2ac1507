import re

import pytest

from parzen.shared.metrics import table
from parzen.shared.metrics.table import Kind

EVERY = sorted({*table.AGENT, *table.COORDINATOR}, key=lambda metric: metric.name)
LABELS = {"study", "sampler", "state", "outcome", "kind", "result", "change"} | {
    *("uuid", "name", "version", "python"),
}
"""None can have a value for each trial, path or address."""


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.name)
def test_names_follow_the_conventions_of_prometheus(metric):
    assert re.fullmatch(r"parzen_(agent|coordinator|store|build)_[a-z_]+", metric.name)
    assert (metric.kind is Kind.COUNTER) == metric.name.endswith("_total")
    bare = metric.name.removesuffix("_total")
    assert not metric.unit or bare.endswith(f"_{metric.unit}")
    assert metric.unit or not re.search("_(seconds|bytes|ratio)$", bare)
    assert metric.help.endswith(".")


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: metric.name)
def test_labels_are_few_and_buckets_rise(metric):
    assert set(metric.labels) <= LABELS
    assert bool(metric.buckets) == (metric.kind is Kind.HISTOGRAM)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert not metric.words or len(metric.labels) == 1


def test_no_name_stands_twice():
    for metrics in (table.AGENT, table.COORDINATOR):
        assert len({metric.name for metric in metrics}) == len(metrics)


def test_attempts_are_told_apart_from_ten_milliseconds_to_a_day():
    assert table.ATTEMPT_S.buckets[0] == 0.01
    assert table.ATTEMPT_S.buckets[-1] == 86_400
