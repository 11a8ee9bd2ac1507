from datetime import datetime, timedelta, timezone

import pytest

from parzen.client.cli.trial_facts import Whole, closing, trial_facts
from parzen.client.invocation import Invocation
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Attempt, DeviceUse, Direction, Failure, Measurement, Proposed

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
KILLED = Failure(kind=FailureKind.KILLED, message="it was killed", exit_code=-9, signal="SIGKILL")


@pytest.fixture
def facts(a_study, a_trial):
    def of(study=None, measurements=(), attachments=None, **changes):
        whole = Whole(
            study=a_study(**(study or {})),
            trial=a_trial(**changes),
            measurements=measurements,
            attachments=attachments or {},
        )
        return list(trial_facts(whole, Invocation()))

    return of


def test_a_trial_that_nobody_tried_has_little_to_tell(facts, a_trial):
    assert facts(enqueued_by="me@laptop", note="try this", user={"why": "hope"}) == [
        ("s:0", "waiting"),
        ("parameters", "x = 0.5  of 0 to 1"),
        ("user data", "why = hope"),
        ("note", "try this"),
        ("enqueued by", "me@laptop"),
    ]
    assert list(closing(a_trial())) == []


def test_a_trial_that_rests_says_until_when(facts):
    [(_, said), *_] = facts(due_at=NOON)
    assert said == f"waiting, rests until {NOON.astimezone():%Y-%m-%d %H:%M:%S}"


def test_a_value_that_is_maximised_has_another_loss(facts):
    told = dict(facts({"direction": Direction.MAXIMIZE}, value=0.5, loss=-0.5))
    assert (told["value"], told["loss"]) == ("0.5", "-0.5")
    assert "loss" not in dict(facts(value=0.5))


def test_each_attempt_tells_where_and_how_it_went(facts):
    first = Attempt(
        n=1, token="t", worker="w", host="h", device="cuda:0", bundle="b" * 64, workdir="/w/s/0/t",
        started_at=NOON, ended_at=NOON + timedelta(seconds=61), outcome="failed", error=KILLED,
    )  # fmt: skip
    second = Attempt(n=2, token="u", worker="v", host="g", started_at=NOON)
    told = facts(attempts=(first, second), state=TrialState.RUNNING)
    began = f"{NOON.astimezone():%Y-%m-%d %H:%M:%S}"
    assert told[2:] == [
        ("attempt 1", f"failed after 1:01, from {began}"),
        ("", "worker w on h, device cuda:0"),
        ("", "killed: it was killed, exit code -9, signal SIGKILL"),
        ("", "in /w/s/0/t"),
        ("", "objective bbbbbbbbbbbb"),
        ("attempt 2", f"running, from {began}"),
        ("", "worker v on g"),
        ("output", "`parzen logs s 0` prints it"),
    ]


def test_how_it_was_proposed(facts):
    how = Proposed(sampler="tpe", seen=1, pending=3, seconds=0.0123)
    told = dict(facts(proposed=how))
    assert told["proposed"] == "by tpe, knowing 1 finished trial and 3 pending, in 0.012 s"


@pytest.mark.parametrize(
    ("memo", "who"),
    [
        ({"by": "mix", "sampler": "tpe"}, "tpe for mix"),
        ({"by": "pso", "member": 3}, "pso for mix"),
        ({"by": "mix"}, "mix"),
        ({"sampler": "edited"}, "mix"),
    ],
)
def test_which_of_several_samplers_proposed_it(facts, memo, who):
    told = dict(facts(proposed=Proposed(sampler="mix", memo=memo)))
    assert told["proposed"].startswith(f"by {who}, knowing")


def test_a_single_measurement_makes_no_curve(facts, terminal):
    one = Measurement(uid="u1", number=0, step=5, value=0.5, attempt=1)
    told = facts(measurements=(one,))
    assert told[-1] == ("measured", "1 at step 5, the last 0.5")


def test_a_parameter_that_the_space_does_not_have_is_told_all_the_same(facts):
    assert ("", "y = a    of ?") in facts(params={"x": 0.5, "y": "a"})


def test_what_an_attempt_made_of_its_gpus_is_told(facts):
    uses = (
        DeviceUse(uuid="GPU-1", name="H100", peak_gb=31.26, utilisation=0.875),
        DeviceUse(uuid="GPU-2", name="H100"),
    )
    attempt = Attempt(n=1, token="t", worker="w", host="h", device="GPU-1,GPU-2", devices=uses)
    said = [text for _, text in facts(attempts=(attempt,))]
    assert "worker w on h" in said
    assert "H100, GPU-1, at most 31.3 GB in use, computing for 88% of the time" in said
    assert "H100, GPU-2" in said
