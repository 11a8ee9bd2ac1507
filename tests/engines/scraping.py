"""Reading what a process tells Prometheus, as Prometheus reads it."""

from __future__ import annotations

from urllib.request import urlopen

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families


def parsed(text):
    """{(name, (label, value), …): value}."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(address):
    """What the process at ``address`` (host:port) tells."""
    with urlopen(f"http://{address}/metrics", timeout=20) as answer:
        return parsed(answer.read().decode())


def told(registry):
    """What a registry of this process would."""
    return parsed(generate_latest(registry).decode())


def value(found, name, /, **labels):
    """One of what was :func:`scraped`; None where it is not there."""
    return found.get((name, *sorted(labels.items())))
