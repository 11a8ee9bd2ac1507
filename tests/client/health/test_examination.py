from __future__ import annotations

from parzen.client.health.examination import examine
from parzen.client.health.findings import Group
from parzen.shared.errors import InvalidStore
from parzen.shared.home import StoreAddress

ORDER = list(Group)


def test_everything_is_looked_at_group_by_group(store_uri, home):
    found = list(examine(lambda: StoreAddress(store=store_uri), home))
    groups = [ORDER.index(finding.group) for finding in found]
    assert groups == sorted(groups)
    assert {finding.group for finding in found} == set(Group)
    assert not [f for f in found if f.verdict.value == "problem"]
    assert all(f.advice for f in found if f.verdict.value == "warning")
    assert "embedded MongoDB" not in {f.name for f in found}


def test_what_cannot_be_meant_keeps_nobody_from_the_rest(home):
    def fail():
        raise InvalidStore("two stores are named: leave one out")

    found = {finding.name: finding for finding in examine(fail, home)}
    assert found["address"].verdict.value == "problem"
    assert found["change stream"].verdict.value == "skipped"
    assert found["Python"].verdict.value == "ok"
    assert "NVIDIA" in found
