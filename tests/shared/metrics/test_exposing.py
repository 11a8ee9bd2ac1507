import sys

import pytest
from prometheus_client import generate_latest

from parzen.shared.errors import InvalidInput
from parzen.shared.metrics import table
from parzen.shared.metrics.exposing import Endpoint, exposed
from parzen.shared.store import Hearing


def test_without_a_port_nothing_listens_and_nothing_is_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with exposed(Endpoint(), table.AGENT) as exposure:
        assert exposure is None


def test_without_the_library_one_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    for name in ("recorder", "serving"):
        monkeypatch.delitem(sys.modules, f"parzen.shared.metrics.{name}", raising=False)
    with pytest.raises(InvalidInput, match=r"pip install 'parzen\[metrics\]'"):
        exposed(Endpoint(0), table.AGENT).__enter__()


def test_who_asks_is_told_of_the_version_and_of_the_store():
    with exposed(Endpoint(0, "127.0.0.1"), table.AGENT) as exposure:
        exposure.hear(lambda: Hearing(streams=True, resumes=3))
        before = generate_latest(exposure.recorder.registry).decode()
        assert "\nparzen_build_info{" in before
        assert "\nparzen_store_change_streams 1.0" in before
        assert "\nparzen_store_change_stream_resumes_total 3.0" in before
        assert "\nparzen_store_silence_seconds" not in before  # it never answered
        exposure.health.answered()
        after = generate_latest(exposure.recorder.registry).decode()
        assert "\nparzen_store_silence_seconds 0." in after or "e-" in after
