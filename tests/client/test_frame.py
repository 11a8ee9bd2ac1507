from parzen.client.frame import frame
from parzen.shared.records import Attempt


def test_the_columns_are_those_of_a_csv(a_study, a_trial):
    attempt = Attempt(n=1, token="t", worker="node:1:a", host="node")
    trials = [
        a_trial(0, 0.5, attempt=1, attempts=(attempt,), note="look", result={"f1": 0.9}),
        a_trial(1, user={"tag": "b"}, enqueued_by="ann@host"),
    ]
    table = frame(a_study(), trials)
    assert list(table.columns) == [
        *("state", "value", "loss", "attempt", "worker", "failure"),
        *("started_at", "finished_at", "duration_s", "params.x", "note", "enqueued_by"),
        *("result/f1", "user/tag"),
    ]
    assert table.loc[0, "worker"] == "node:1:a"
    assert table.loc[1, "user/tag"] == "b"
    assert table.loc[1, "enqueued_by"] == "ann@host"
