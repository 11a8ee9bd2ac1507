"""docs/metrics.md lists every metric of the code, with its kind, labels and meaning, and no other.

``PYTHONPATH=tests python -m docs.test_metrics`` writes its tables anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from parzen.shared.metrics import table

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
SECTIONS = {
    "Of agents and coordinators": table.COMMON,
    "Of agents": [metric for metric in table.AGENT if metric not in table.COMMON],
    "Of coordinators": [metric for metric in table.COORDINATOR if metric not in table.COMMON],
}
HEAD = "| metric | kind | labels | meaning |\n|---|---|---|---|\n"


def listed(metrics):
    """The table of ``metrics``, as it stands in the page."""
    rows = []
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{metric.name}` | {metric.kind.value} | {labels} | {metric.help} |\n")
    return HEAD + "".join(rows)


def section(text, title):
    found = re.search(rf"### {title}\n\n((?:\|.*\n)*)", text)
    return found[1] if found else None


@pytest.mark.parametrize("title", SECTIONS)
def test_each_metric_is_documented(title):
    assert section(PAGE.read_text("utf-8"), title) == listed(SECTIONS[title])


def expressions(text):
    for block in re.findall(r"```yaml\n(groups:.*?)```", text, re.DOTALL):
        for group in yaml.safe_load(block)["groups"]:
            yield from (rule["expr"] for rule in group["rules"])
    yield from re.findall(r"^\| [A-Z][^|]*\? \| `(.*)` \|$", text, re.MULTILINE)


def test_what_alerts_and_questions_name_exists():
    known = {metric.name: metric for metric in (*table.AGENT, *table.COORDINATOR)}
    found = list(expressions(PAGE.read_text("utf-8")))
    assert len(found) > 12
    for expression in found:
        for name in re.findall(r"parzen_\w+", expression):
            bare = re.sub("_(bucket|sum|count)$", "", name)
            assert bare in known, expression
            assert bool(known[bare].buckets) == (bare != name), expression
        labels = set(re.findall(r"(\w+)=\"", expression)) - {"job"}
        assert labels <= {label for metric in known.values() for label in metric.labels}


def renewed(text):
    """``text`` with its tables as the code has them."""
    for title, metrics in SECTIONS.items():
        made = f"### {title}\n\n{listed(metrics)}"
        text = re.sub(rf"### {title}\n\n(?:TABLE.*\n|(?:\|.*\n)*)", lambda _, made=made: made, text)
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
