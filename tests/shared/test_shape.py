import json
from datetime import datetime, timezone

from parzen.shared.lifecycle import TrialState
from parzen.shared.records import ObjectiveRef, Trial, Uid
from parzen.shared.shape import document


def test_a_record_becomes_its_fields():
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    trial = Trial(
        study="s",
        uid=Uid("u"),
        number=3,
        params={"raw": b"\x00\x01", "shape": (1, 2)},
        state=TrialState.COMPLETE,
        loss=float("inf"),
        started_at=at,
        result={"odd": object, 1: {2}},
    )
    shown = document("trials", [trial])
    assert {k: v for k, v in shown.items() if k != "items"} == {"parzen": 1, "kind": "trials"}
    [item] = json.loads(json.dumps(shown, allow_nan=False))["items"]
    assert item["state"] == "complete"
    assert item["params"] == {"raw": "AAE=", "shape": [1, 2]}
    assert item["loss"] is None
    assert item["started_at"] == "2026-01-02T03:04:05+00:00"
    assert item["result"] == {"odd": str(object), "1": [2]}


def test_records_within_records_are_objects_too():
    ref = ObjectiveRef(file="f", digest="d", bytes=1, python="3.11", cloudpickle="3", entry="e")
    assert document("x", [{"objective": ref}])["items"][0]["objective"]["python"] == "3.11"
