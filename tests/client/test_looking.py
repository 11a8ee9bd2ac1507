import sys

import pytest

from parzen.client import connect
from parzen.shared.errors import NotFound, ParzenError
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Completed, Failed, Failure, Measurement

BROKEN = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))


@pytest.fixture
def client(store_uri):
    with connect() as opened:
        yield opened


def test_trials_by_state_and_sort(client, worked):
    worked(Completed(value=0.5), BROKEN, Completed(value=0.25), waiting=1)
    handle = client.study("s")
    assert [t.number for t in handle.trials()] == [0, 1, 2, 3]
    assert [t.number for t in handle.trials(states=["complete"], sort="loss")] == [2, 0]
    assert handle.trials(states=[TrialState.FAILED])[0].attempts[0].error.message == "no"
    assert [t.number for t in handle.trials(where="x>0.1", sort="-x")] == [3, 2]
    assert [t.number for t in handle.trials(where=["x>0.1", "loss<0.5"])] == [2]
    assert [one.number for one in handle.improvements()] == [0, 2]
    assert sum(one.attempts for one in handle.spent()) == 3
    assert handle.attachment_sizes(0) == {}
    assert handle.trial(3).state is TrialState.WAITING


def test_a_dataframe_has_a_row_for_each_trial(client, worked):
    worked(Completed(value=0.5), BROKEN)
    table = client.study("s").dataframe()
    assert list(table.index) == [0, 1]
    assert list(table["state"]) == ["complete", "failed"]
    assert table.loc[0, "value"] == 0.5
    assert table.loc[1, "params.x"] == 0.1
    assert table["value"].isna().tolist() == [False, True]


def test_a_dataframe_has_what_the_objective_returned_beside_its_loss(client, worked):
    first = {"epochs": 3, "note": "early", "curve": [1, 2]}
    worked(Completed(value=0.5, result=first), BROKEN, Completed(value=0.1, result={"f1": 0.9}))
    table = client.study("s").dataframe()
    assert list(table.columns[-3:]) == ["result/epochs", "result/note", "result/f1"]
    assert table.loc[0, "result/epochs"] == 3
    assert table.loc[0, "result/note"] == "early"
    assert table["result/f1"].isna().tolist() == [True, True, False]
    assert list(table["attempt"]) == [1, 1, 1]


def test_attachments_and_measurements_are_read_by_trial(client, worked, store, a_worker):
    study = worked(waiting=1)
    [claim] = store.queue.claim(a_worker(), [study])
    seen = [Measurement(uid=study.uid, number=0, step=n, value=n / 2, attempt=1) for n in (1, 2)]
    store.queue.renew([claim], seen)
    store.queue.attach(claim, "model.bin", b"weights")
    handle = client.study("s")
    assert [(m.step, m.value) for m in handle.measurements(0)] == [(1, 0.5), (2, 1.0)]
    assert handle.attachments(0) == ["model.bin"]
    assert handle.attachment(0, "model.bin") == b"weights"
    with pytest.raises(NotFound, match="model"):
        handle.attachment(0, "other")
    for read in (handle.measurements, handle.attachments):
        with pytest.raises(NotFound, match="no trial 9"):
            read(9)


def test_without_pandas_one_sentence_says_how_to_get_it(client, worked, monkeypatch):
    worked()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ParzenError, match=r"pip install 'parzen\[pandas\]'"):
        client.study("s").dataframe()
