import io
import sys

from parzen.client.cli import counting as module
from parzen.client.cli.counting import counting


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(monkeypatch, stream, patience_s, ticks=5):
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(module, "PATIENCE_S", patience_s)
    monkeypatch.setattr(module, "EVERY_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    with counting("exporting s", 7) as tick:
        for _ in range(ticks):
            tick()
    return stream.getvalue()


def test_a_person_sees_how_far_long_work_is(monkeypatch):
    told = shown(monkeypatch, Terminal(), 0.0)
    assert "exporting s" in told
    assert "5/7" in told


def test_short_work_and_logs_show_nothing(monkeypatch):
    assert shown(monkeypatch, Terminal(), 3600.0) == ""
    assert shown(monkeypatch, io.StringIO(), 0.0) == ""
