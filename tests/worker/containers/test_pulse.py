from __future__ import annotations

import threading

import pytest

from parzen.worker.containers import pulse
from parzen.worker.containers.engine import EngineTrouble
from parzen.worker.containers.pulse import Pulse


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(pulse, "TICK_S", 0.01)


def test_what_is_asked_is_answered_or_refused_as_it_comes():
    found = Pulse()
    assert found.ask(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        found.ask(lambda: 1 / 0)


def test_a_call_is_given_up_when_the_engine_has_gone():
    found, asked, go_on = Pulse(), threading.Event(), threading.Event()

    def hang():
        asked.set()
        go_on.wait(30.0)

    def look():
        asked.wait(30.0)
        found.found(answers=False)

    threading.Thread(target=look).start()
    with pytest.raises(EngineTrouble, match="the Docker engine does not answer"):
        found.ask(hang)
    go_on.set()
    with pytest.raises(EngineTrouble):
        found.ask(pytest.fail)


def test_an_engine_that_goes_and_comes_is_told_once(caplog):
    found = Pulse()
    assert found.found(answers=True)
    assert not found.found(answers=True)
    assert found.able
    assert [found.found(answers=False) for _ in range(2)] == [False, False]
    assert not found.able
    assert caplog.text.count("does not answer: no trial is claimed for it") == 1
    assert found.found(answers=True)
    assert found.able


def test_an_engine_that_answers_and_can_run_nothing_is_tried_ever_more_rarely(monkeypatch):
    found, waits = Pulse(), []
    for _ in range(3):
        monkeypatch.setattr("time.monotonic", lambda: 1000.0)
        found.found(answers=True)
        found.failed(EngineTrouble("no space left"))
        found.failed(EngineTrouble("no space left"))  # another slot's, of the same moment
        assert not found.found(answers=True)
        waits.append(found._backoff.left_s)
        monkeypatch.setattr("time.monotonic", lambda: 2000.0)
        assert found.found(answers=True)
    assert waits == [0.25, 0.5, 1.0]
