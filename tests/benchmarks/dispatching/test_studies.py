import pytest
from dispatching import instant, studies

from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Completed


def test_every_study_has_a_name_and_a_gate_of_its_own(tmp_path):
    one, other = (studies.declared(tmp_path, together=2, max_trials=7) for _ in range(2))
    assert one.name != other.name
    assert one.objective.gate != other.objective.gate
    assert (one.objective.together, one.record.limits.max_trials) == (2, 7)


def test_what_is_laid_out_can_be_claimed_in_order(store, new_study, new_hand, tmp_path):
    study = new_study("laid-out", dimensions=studies.declared(tmp_path).record.dimensions)
    store.db.jobs.insert_many(studies.laid_out(study.name, study.uid, 3))
    trials = [claim.trial for claim in new_hand().claim(study, 5)]
    assert [trial.number for trial in trials] == [0, 1, 2]
    assert all(trial.state is TrialState.RUNNING for trial in trials)
    for trial in trials:
        assert 0 <= trial.params["x"] <= 1
        assert instant.LR_LOW <= trial.params["lr"] <= instant.LR_HIGH
    assert len({trial.params["x"] for trial in trials}) == 3


def test_the_points_are_the_same_each_time():
    one, other = (studies.laid_out("study", "0" * 32, 4) for _ in range(2))
    assert [doc["params"] for doc in one] == [doc["params"] for doc in other]


def test_calls_are_told_by_process_in_their_order(store, new_study, new_hand, tmp_path):
    study = new_study("told", dimensions=studies.declared(tmp_path).record.dimensions)
    store.db.jobs.insert_many(studies.laid_out(study.name, study.uid, 4))
    hand = new_hand(slots=4)
    told = [(11, 5.0), (12, 1.0), (11, 2.0)]
    for claim, (process, begun) in zip(hand.claim(study, 4), told, strict=False):
        result = {"loss": 0.0, "process": process, "begun": begun, "ended": begun + 0.5}
        hand.queue.report([(claim, Completed(value=0.0, result=result))])
    found = studies.calls(store, study.uid)
    assert set(found) == {11, 12}
    assert [call.begun for call in found[11]] == [2.0, 5.0]
    (only,) = found[12]
    assert (only.process, only.ended) == (12, 1.5)
    now = store.ledger.now().timestamp()
    assert only.stored == pytest.approx(now, abs=60)
