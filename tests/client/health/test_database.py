from __future__ import annotations

import pytest

from parzen.client.health import database
from parzen.shared.mongo.inspection import Room
from parzen.shared.mongo.schema import Missing

GIB = 1 << 30


def prepared(**missing):
    (found,) = database.prepared(Missing(**missing), "parzen doctor --init")
    return found


def test_what_is_missing_names_the_command():
    assert prepared().verdict.value == "ok"
    found = prepared(collections=("jobs",), indexes=("a", "b", "c"))
    assert found.verdict.value == "problem"
    assert found.said == "1 collection and 3 indexes are missing: jobs, a, b, …"
    assert "`parzen doctor --init`" in found.advice


def test_another_versions_validators_are_a_warning():
    found = prepared(validators=("jobs",))
    assert (found.verdict.value, "jobs" in found.said) == ("warning", True)


def test_documents_of_other_versions():
    assert database.shapes({}).verdict.value == "ok"
    found = database.shapes({"jobs": [("2", 1200)]})
    assert (found.verdict.value, "1,200 in jobs of version 2" in found.said) == ("warning", True)


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(None, "skipped"), (50 * GIB, "ok"), (3 * GIB, "warning"), (GIB // 10, "problem")],
)
def test_the_servers_disk(free, verdict):
    disk = {} if free is None else {"disk_total": 100 * GIB, "disk_used": 100 * GIB - free}
    size, found = database.room(Room(data=2048, stored=10, indexes=5, documents=3, **disk))
    assert (size.verdict.value, found.verdict.value) == ("ok", verdict)
    assert "3 documents, 2.0 KiB" in size.said


def test_a_slow_write_is_a_warning():
    assert database.written(0.01).verdict.value == "ok"
    assert database.written(2.0).verdict.value == "warning"


def test_news_that_never_come_are_a_problem():
    assert database.heard(0.01).verdict.value == "ok"
    assert database.heard(None).verdict.value == "problem"
