import logging

from parzen.worker.outage import LIMIT_S, Backoff, Outage


def test_an_outage_is_spoken_of_once(caplog):
    outage = Outage()
    with caplog.at_level(logging.INFO):
        outage.worked()
        outage.failed(OSError("no route"))
        outage.failed(OSError("no route"))
        outage.worked()
        outage.worked()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "no route" in said[0]
    assert "answers again" in said[1]


def test_each_answer_and_each_failure_is_told():
    told = []
    outage = Outage(lambda: told.append("yes"), lambda: told.append("no"))
    outage.worked()
    outage.failed(OSError("no route"))
    outage.failed(OSError("no route"))
    outage.worked()
    assert told == ["yes", "no", "no", "yes"]


def test_a_try_that_fails_waits_longer_each_time_up_to_a_limit(monkeypatch):
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    backoff = Backoff()
    assert backoff.left_s == 0.0
    waits = []
    for _ in range(10):
        backoff.failed()
        waits.append(backoff.left_s)
    assert waits[:3] == [waits[0], 2 * waits[0], 4 * waits[0]]
    assert waits[-2:] == [LIMIT_S, LIMIT_S]
    backoff.worked()
    assert backoff.left_s == 0.0
