import json

import pytest

from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Completed, Failed, Failure, Measurement, ObjectiveRef

REF = ObjectiveRef(
    file="", digest="", bytes=0, python="3.11", cloudpickle="3.1", entry="pickle",
    packages={"numpy": "2.0"},
)  # fmt: skip
BROKEN = Failed(
    error=Failure(
        kind=FailureKind.EXCEPTION, type="ValueError", message="no", traceback="Trace\nValueError"
    ),
    result={"norm": 1e9},
    log_tail="".join(f"line {n}\n" for n in range(20)),
)


@pytest.fixture
def two(worked, store, new_hand):
    """Trial 0 is complete, 1 failed, 2 runs and has measurements and an attachment."""
    study = worked(
        Completed(value=0.25, result={"acc": 0.5, "deep": {"a": [1]}}), BROKEN, waiting=1
    )
    (claim,) = new_hand().claim(study)
    seen = [Measurement(uid=study.uid, number=2, step=n, value=n / 4, attempt=1) for n in range(3)]
    store.queue.renew([claim], seen)
    store.queue.attach(claim, "model.bin", b"1234")
    return study


def said(text):
    return {line[:13].strip(): line[13:] for line in text.splitlines() if line[:13].strip()}


def test_all_about_a_complete_trial(call, two):
    code, out, err = call("show", "s", 0)
    assert (code, err) == (0, "")
    told = said(out)
    assert (told["s:0"], told["value"], told["parameters"]) == (
        "complete",
        "0.25",
        "x = 0.0  of 0 to 1",
    )
    assert told["result"] == "acc = 0.5"
    assert '\n             deep = {"a": [1]}\n' in out
    assert told["proposed"] == "by random, knowing 0 finished trials and 0 pending, in 0 s"
    assert told["attempt 1"].startswith("complete after 0:0")
    assert "worker host:1:a on host" in out
    assert "parzen logs s 0" in told["output"]


def test_all_about_a_failed_trial(call, two):
    out = call("show", "s:1")[1]
    assert said(out)["s:1"] == "failed"
    assert said(out)["result"] == "norm = 1000000000.0"
    assert "\n             exception: ValueError: no\n" in out
    assert "line 11" not in out
    assert out.endswith("\n  line 12\n" + "".join(f"  line {n}\n" for n in range(13, 20))
                        + "\nTrace\nValueError\n")  # fmt: skip


def test_all_about_a_running_trial_for_a_person(call, two, terminal):
    terminal(60)
    out = call("show", "s", 2)[1]
    told = said(out)
    assert told["s:2"].startswith("running, its lease runs to 20")
    assert told["measured"] == "3 at steps 0 to 2, the last 0.5"
    assert "\n             0.5 " in out
    assert told["attachments"] == "model.bin  4 bytes"
    assert max(map(len, out.splitlines())) <= 60 or "`" in out


def test_a_trial_for_programs_has_its_measurements_and_attachments(call, two):
    found = json.loads(call("show", "s", 2, "--json")[1])
    assert found["kind"] == "trials"
    [item] = found["items"]
    assert (item["number"], item["attachments"]) == (2, {"model.bin": 4})
    assert [one["value"] for one in item["measurements"]] == [0.0, 0.25, 0.5]
    assert item["attempts"][0]["worker"] == "hand"


def test_all_about_a_study(call, worked, terminal):
    worked(Completed(value=0.25), objective=REF, tags=("cnn",), note="the old data", max_running=2)
    terminal(200)
    code, out, err = call("show", "s")
    assert (code, err) == (0, "")
    told = said(out)
    assert told["s"] == "active"
    assert (told["note"], told["tags"], told["trials"]) == ("the old data", "cnn", "1 complete")
    assert told["limits"] == "max_trials 10, max_consecutive_failures 50"
    assert told["retries"] == "lost 3, preempted any, exception 0, timeout 0, out_of_memory 1"
    assert told["at a time"] == "at most 2, with priority 0"
    assert told["objective"].startswith("pickle, 0 bytes, digest e3b0c44298fc")
    assert "imports numpy 2.0" in out
    assert out.splitlines()[-1].split() == ["x", "0", "to", "1", "float"]


def test_a_study_for_programs(call, worked):
    worked()
    [item] = json.loads(call("show", "s", "--json")[1])["items"]
    assert (item["name"], item["dimensions"][0]["name"]) == ("s", "x")


def test_what_is_not_there_or_named_twice(call, worked):
    worked()
    assert call("show", "s", 9)[::2] == (
        3,
        "parzen: study 's' has no trial 9: `parzen trials s` lists those it has\n",
    )
    code, _, err = call("show", "s:1", 2)
    assert (code, err) == (
        2, "parzen: two trials are named, 1 and 2: give the number once\n"
    )  # fmt: skip
    assert call("show", "s:x")[0] == 2
