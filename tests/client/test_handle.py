import asyncio
import threading

import pytest

from parzen.client import Choice, Float, Study, connect
from parzen.client.watching import Attention
from parzen.shared.errors import NotFound, StudyFailed
from parzen.shared.lifecycle import FailureKind, StudyEvent, StudyStatus
from parzen.shared.records import Completed, Failed, Failure, Proposed, Want
from parzen.shared.store import Proposal

BROKEN = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))


@pytest.fixture
def client(store_uri):
    with connect() as opened:
        yield opened


def end(store, event=StudyEvent.COMPLETE, reason="it is over"):
    lead = store.ledger.lead(store.catalog.study("s").uid, "test", 30.0)
    assert store.ledger.move(lead, event, reason=reason)
    store.ledger.yield_lead(lead)


def test_the_best_is_the_complete_trial_with_the_smallest_loss(client, worked):
    worked(Completed(value=0.5), Completed(value=0.25, result={"note": 1}), BROKEN)
    best = client.study("s").best
    assert (best.number, best.value, best.loss) == (1, 0.25, 0.25)
    assert best.params == {"x": 0.1}
    assert best.nested is None


def test_there_is_no_best_before_the_first_result(client, worked):
    worked(BROKEN)
    assert client.study("s").best is None


def test_a_handle_of_the_declared_study_builds_its_shape(store_uri, store, a_worker):
    space = {"opt": Choice({"sgd": {"lr": Float(0, 1)}, "adam": {}}), "fixed": 3}
    params = {"opt": "sgd", "opt/sgd/lr": 0.5}
    with Study("s", space=space, objective=len, max_trials=1).submit() as handle:
        lead = store.ledger.lead(handle.record.uid, "test", 30.0)
        proposed = Proposed(sampler="random")
        store.ledger.insert(lead, [Proposal(number=0, params=params, proposed=proposed)])
        [claim] = store.queue.claim(a_worker(), [handle.record])
        store.queue.report([(claim, Completed(value=1.0))])
        assert handle.best.nested == {"opt": {"sgd": {"lr": 0.5}}, "fixed": 3}
        assert handle.best.params == params


def test_wait_returns_when_the_study_ends(client, worked, store, capsys):
    worked(Completed(value=0.5))
    threading.Timer(0.2, end, [store]).start()
    handle = client.study("s").wait()
    assert handle.record.status is StudyStatus.COMPLETE
    err = capsys.readouterr().err
    assert "s: 1/10 done" in err
    assert "best 0.5 (#0)" in err
    assert err.splitlines()[-1] == "study 's' is complete: it is over"


def test_wait_returns_at_its_time_limit(client, worked):
    worked()
    assert client.study("s").wait(0.05, progress=False).status is StudyStatus.ACTIVE


def test_wait_says_once_what_is_missing(client, worked, capsys):
    worked()
    client.study("s").attend(Attention(patience_s=0.0), 1.2)
    err = capsys.readouterr().err
    assert err.count("note: no live coordinator") == 1
    assert err.count("note: no live worker") == 1


def test_a_silent_wait_says_it_in_the_log(client, worked, caplog, capsys):
    worked()
    client.study("s").attend(Attention(progress=False, patience_s=0.0), 0.05)
    assert "no live coordinator" in caplog.text
    assert capsys.readouterr().err == ""


def test_a_failed_study_is_raised_with_its_reason(client, worked, store):
    worked(Completed(value=0.5))
    end(store, StudyEvent.FAIL, "50 trials failed in a row")
    with pytest.raises(StudyFailed, match="study 's' is failed: 50 trials failed in a row"):
        client.study("s").wait()


def test_a_study_that_ends_without_a_result_is_raised_with_where_to_look(client, worked, store):
    worked(BROKEN)
    end(store)
    with pytest.raises(StudyFailed, match=r"'s' is complete: it is over") as error:
        client.study("s").wait()
    assert ", without one complete trial; trial 0 failed: ValueError: no (`" in str(error.value)
    assert "parzen logs s 0` shows more)" in str(error.value)


def test_a_cancelled_study_with_a_result_is_no_error_to_wait_for(client, worked, store, capsys):
    worked(Completed(value=0.5))
    end(store, StudyEvent.CANCEL, "cancelled by its owner")
    assert client.study("s").wait().status is StudyStatus.CANCELLED
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "study 's' is cancelled: cancelled by its owner"


def test_a_study_that_is_cancelled_without_a_result_is_raised(client, worked, store):
    worked()
    end(store, StudyEvent.CANCEL, "cancelled by its owner")
    said = "study 's' is cancelled: cancelled by its owner, without one complete trial"
    with pytest.raises(StudyFailed, match=said):
        client.study("s").wait()


def test_a_wish_that_is_not_carried_out_yet_is_waited_for(client, worked, store):
    worked(Completed(value=0.5))
    end(store)
    store.catalog.wish("s", Want.RUN)
    assert client.study("s").wait(0.05, progress=False).notices()


def test_what_check_raises_ends_the_wait(client, worked):
    worked()

    def check(study, live):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        client.study("s").attend(Attention(progress=False, check=check))


def test_cancel_leaves_a_wish_and_an_ended_study_alone(client, worked, store):
    worked()
    handle = client.study("s").cancel()
    assert handle.record.wish.want is Want.CANCEL
    end(store, StudyEvent.CANCEL)
    lead = store.ledger.lead(handle.record.uid, "test", 30.0)
    store.ledger.wish_done(lead, handle.record.wish)
    serial = store.catalog.study("s").wish.serial
    handle.cancel()
    assert store.catalog.study("s").wish.serial == serial


def test_a_study_that_was_made_anew_is_another_one(client, worked, store):
    worked()
    handle = client.study("s")
    store.db.studies.delete_many({})
    worked(uid="u2")
    with pytest.raises(NotFound, match="deleted and submitted anew"):
        _ = handle.status
    with pytest.raises(NotFound, match="deleted and submitted anew"):
        handle.wait(progress=False)


def test_ctrl_c_ends_the_waiting_and_says_so(client, worked, monkeypatch):
    worked()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("parzen.client.handle.Watcher.wait", interrupted)
    said = r"only the waiting has ended, study 's' goes on: wait\(\) takes it up again, cancel\(\)"
    with pytest.raises(KeyboardInterrupt, match=said) as error:
        client.study("s").wait()
    assert [frame.name for frame in error.traceback][1:] == ["wait"]


def test_a_study_is_waited_for_and_read_within_a_running_loop(client, worked, store, capsys):
    worked(Completed(value=0.5))
    end(store)

    async def within():
        handle = client.study("s").wait()
        return handle.best.value, len(handle.trials()), handle.status

    assert asyncio.run(within()) == (0.5, 1, StudyStatus.COMPLETE)


def test_a_notebook_shows_where_a_study_stands(client, worked):
    worked(Completed(value=0.25), BROKEN, waiting=1)
    handle = client.study("s")
    shown = handle._repr_html_()
    for said in ("2/10 done", "0.25 (trial 0)", "x = 0", "trial 1 failed: ValueError: no"):
        assert said in shown
    assert "no live coordinator serves this study" in shown
    client.close()
    shown = handle._repr_html_()
    assert "as it was last read: the connection to " in shown
    assert "2/10 done" in shown


def test_neither_handle_nor_client_shows_a_password(client, worked, store_uri):
    worked()
    password = store_uri.split(":")[2].split("@")[0]
    assert password not in repr(client) + repr(client.study("s"))
