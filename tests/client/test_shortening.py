import pytest

from parzen.client.invocation import Invocation
from parzen.client.shortening import Pace, failed, shorter, to_start
from parzen.shared.course import Spent
from parzen.shared.lifecycle import FailureKind, StudyStatus, TrialState
from parzen.shared.records import Device, Limits, Requires, Run, Want, Wish

HALF = Pace(rate=0.5)


def counts(**states):
    return {TrialState(state): count for state, count in states.items()}


@pytest.fixture
def advice(a_study, a_worker, a_coordinator):
    """What would shorten a study of 100 trials with one worker of ``slots``, ``busy`` of them."""

    def say(
        *, slots=4, busy=4, runs=(), on=(), devices=(), keeps_for=None, pace=HALF, spent=(),
        workers=True, **changes,
    ):  # fmt: skip
        told = tuple(
            Run(study=name, number=n, devices=tuple(on[n : n + 1])) for n, name in enumerate(runs)
        )
        given = {"limits": Limits(max_trials=100), "counts": counts(complete=20, running=4)}
        study = a_study(**{**given, **changes})
        worker = a_worker(
            slots=slots, busy=len(runs) or busy, runs=told, devices=devices, keeps_for=keeps_for
        )
        live = [worker, a_coordinator()] if workers else []
        return shorter(study, live, pace, spent, Invocation())

    return say


def test_where_all_slots_are_busy_more_would_end_it_sooner(advice):
    assert advice() == [
        "all 4 slots are busy: twice as many would end it about 1:16 sooner"
    ]  # 76 trials are to start, at 0.5 a second
    assert advice(slots=1, busy=1)[0].startswith("the only slot is busy: twice as many")
    assert advice(limits=Limits(timeout_s=60)) == [
        "all 4 slots are busy: more of them would try more in the same time"
    ]


def test_more_slots_do_not_help_where_nothing_is_left_to_start_or_more_may_not_run(advice):
    assert advice(counts=counts(complete=96, running=4)) == []
    assert advice(pace=Pace()) == []
    assert advice(max_running=4) == []


def test_slots_that_max_running_keeps_idle(advice):
    [said] = advice(slots=5, runs=["s"] * 4, max_running=4)
    assert said.startswith("1 of 5 slots is idle because max_running = 4: ")
    assert said.endswith("`parzen set s max_running=5` lets more trials run")
    others = ["s"] * 4 + ["other"]
    [said] = advice(slots=8, runs=others, max_running=4)
    assert said.startswith("3 of 8 slots are idle because")
    assert said.endswith("`parzen set s max_running=7` lets more trials run")
    assert advice(slots=4, runs=["s"] * 4, max_running=4) == []


def test_a_bound_that_silent_workers_or_waiting_trials_hold_is_not_to_be_raised(advice):
    assert advice(busy=0, max_running=4) == []  # its 4 trials run, as is believed, elsewhere
    assert advice(busy=0, max_running=1, counts=counts(waiting=1)) == []


def test_slots_that_do_not_suit_the_study_are_not_idle(advice):
    gpus = tuple(Device(uuid=f"GPU-{n}", name="A", index=f"{n}") for n in range(4))
    full = {"slots": 5, "devices": gpus, "requires": Requires(gpus=1), "max_running": 1}
    on = [device.uuid for device in gpus]
    assert advice(runs=["other"] * 4, on=on, counts=counts(waiting=1), **full) == []
    one = advice(runs=["s", "other", "other"], on=on, counts=counts(running=1), **full)
    assert one[0].startswith("1 of 4 slots is idle because max_running = 1: `parzen set s max_runn")
    kept = advice(runs=["s", "other"], on=on, keeps_for="pair", counts=counts(running=1), **full)
    assert kept == []


def test_the_last_trials_are_only_waited_for(advice):
    assert advice(busy=2, counts=counts(complete=98, running=2)) == [
        "no trial is left to start: more workers would not help, 2 trials to finish"
    ]


def test_proposals_that_hold_workers_up(advice):
    slow = Pace(rate=0.5, proposal_s=1.5)
    assert advice(busy=2, pace=slow) == [
        "2 of 4 slots are idle and no trial waits: a proposal takes 1.5 s, and 0.5 trials/s finish"
    ]
    assert advice(busy=2, pace=Pace(rate=0.5, proposal_s=0.1)) == []
    assert advice(busy=2, pace=slow, counts=counts(waiting=1, running=2)) == []


def test_a_paused_study_is_to_be_resumed(advice):
    assert advice(status=StudyStatus.PAUSED) == ["it is paused: `parzen resume s` lets it go on"]
    asked = Wish(want=Want.RUN, serial=1)
    assert advice(status=StudyStatus.PAUSED, wish=asked) == []


@pytest.mark.parametrize(
    "changes",
    [{"workers": False}, {"status": StudyStatus.STOPPING}, {"status": StudyStatus.COMPLETE}],
)
def test_nothing_shortens_what_does_not_move(advice, changes):
    assert advice(**changes) == []


def spent(outcome, kind, seconds, attempts=1):
    return Spent(outcome=outcome, kind=kind, attempts=attempts, seconds=seconds)


def test_failures_that_cost_time_are_named(advice):
    complete = spent("complete", None, 70.0, 7)
    timeout = spent("failed", FailureKind.TIMEOUT, 20.0)
    memory = spent("failed", FailureKind.OUT_OF_MEMORY, 10.0, 4)
    running = spent(None, None, 1000.0)
    found = advice(busy=4, spent=[complete, timeout, memory, running])
    assert found[1:] == ["failed attempts took 30% of the workers' time: 67% of that by timeout"]
    assert advice(spent=[complete, timeout])[1].endswith("22% of the workers' time: all by timeout")
    assert advice(spent=[complete, spent("failed", FailureKind.TIMEOUT, 3.0)])[1:] == []
    assert failed([complete, timeout, memory, running]) == {
        FailureKind.OUT_OF_MEMORY: 4,
        FailureKind.TIMEOUT: 1,
    }


def test_how_many_trials_are_to_start(a_study):
    limits = Limits(max_trials=10)
    assert to_start(a_study(limits=limits, counts=counts(complete=5, waiting=2, running=1))) == 4
    assert to_start(a_study(limits=limits, counts=counts(complete=12))) == 0
    assert to_start(a_study(limits=Limits())) is None
