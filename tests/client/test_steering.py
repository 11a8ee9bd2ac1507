from __future__ import annotations

import pytest

from parzen.client import connect, settings, steering
from parzen.shared.errors import (
    Conflict,
    InvalidInput,
    InvalidParams,
    InvalidStudy,
    NotFound,
)
from parzen.shared.lifecycle import FailureKind, StudyEvent, TrialState
from parzen.shared.records import Completed, Failed, Failure, Limits, ObjectiveRef, Want

BROKEN = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))
REF = ObjectiveRef(
    file="", digest="", bytes=0, python="3.11", cloudpickle="3.1", entry="pickle",
    signed_by="k", signature="s",
)  # fmt: skip


@pytest.fixture
def handle(store_uri, worked):
    """A handle of the study that :func:`worked` makes of these outcomes."""
    opened = []

    def make(*outcomes, **options):
        study = worked(*outcomes, **options)
        opened.append(connect(store_uri))
        return opened[-1].study(study.name)

    yield make
    for client in opened:
        client.close()


def end(store, event=StudyEvent.COMPLETE, reason="it is over"):
    lead = store.ledger.lead("u1", "test", 30.0)
    store.ledger.move(lead, event, reason=reason)


def test_pause_and_resume_are_wishes(handle):
    study = handle(waiting=1)
    assert study.pause().record.wish.want is Want.PAUSE
    assert study.resume().record.wish.want is Want.RUN


def test_what_has_ended_is_not_paused(handle, store):
    study = handle(Completed(value=1.0))
    end(store)
    with pytest.raises(InvalidStudy, match="is complete and has nothing to pause"):
        study.pause()


def test_what_has_ended_at_its_limit_is_resumed_by_raising_it(handle, store):
    study = handle(Completed(value=1.0), limits=Limits(max_trials=1))
    end(store)
    with pytest.raises(InvalidStudy, match=r"all 1 trial that max_trials allows: raise it, as in"):
        study.resume()
    assert study.set(max_trials=3) == ("max_trials is now 3, it was 1",)
    assert study.record.wish.limits.max_trials == 3
    assert study.resume().record.wish.serial == 2


def test_a_retry_keeps_a_pause_and_ends_an_end(handle, store):
    study = handle(BROKEN, BROKEN, Completed(value=1.0))
    study.pause()
    assert study.retry([1]) == [1]
    assert (study.study.wish.want, study.record.wish.retry) == (Want.PAUSE, (1,))
    end(store)
    assert study.retry(1) == [1]
    assert study.retry() == [0, 1]
    assert study.study.wish.want is Want.RUN
    assert study.retry(kind="timeout") == []


def test_settings_that_are_set_at_the_same_moment_are_all_kept(handle, store, monkeypatch):
    study = handle(waiting=1)
    find, others = settings.changes, iter([{"retries": {"lost": 9}, "patience": 7}, {}])

    def overtaken(record, wanted):
        found = find(record, wanted)
        with connect() as other:
            if theirs := next(others, {}):
                monkeypatch.setattr(settings, "changes", find)
                other.study("s").set(**theirs)
                monkeypatch.setattr(settings, "changes", overtaken)
        return found

    monkeypatch.setattr(settings, "changes", overtaken)
    said = study.set(retries={"exception": 4}, max_trials=500)
    assert said[0] == "max_trials is now 500, it was 10"
    assert said[1:] == ("retries.exception is now 4, it was 0",)
    found = store.catalog.study("s")
    assert (found.retries.lost, found.retries.exception) == (9, 4)
    assert (found.wish.limits.max_trials, found.wish.limits.patience) == (500, 7)


def test_what_cannot_be_retried_is_said_before_anything_changes(handle):
    study = handle(BROKEN, Completed(value=1.0))
    with pytest.raises(InvalidInput, match="trial 1 of study 's' is complete: only failed and"):
        study.retry([0, 1])
    with pytest.raises(NotFound, match="has no trial 9"):
        study.retry([0, 9])
    with pytest.raises(InvalidInput, match="no kind of failure 'bored': expected one of exception"):
        study.retry(kind="bored")
    assert study.trial(0).state is TrialState.FAILED


def test_points_are_tried_first_and_counted(handle, new_hand):
    study = handle(waiting=1)
    found = study.enqueue([{"x": 0.75}, {}], user={"from": "paper"})
    assert [trial.number for trial in found] == [1, 2]
    [claim, _] = new_hand().claim(study.record, 2)
    assert (claim.trial.params, claim.trial.user) == ({"x": 0.75}, {"from": "paper"})
    assert claim.trial.enqueued_by == study.trial(2).enqueued_by != ""
    assert study.trial(2).params == found[1].params


def test_of_points_that_are_wrong_or_too_many_none_is_added(handle, store):
    study = handle(waiting=1, limits=Limits(max_trials=2))
    with pytest.raises(InvalidParams, match="'x' is 7"):
        study.enqueue([{"x": 0.5}, {"x": 7}][1:])
    with pytest.raises(InvalidStudy, match="1 trial of max_trials = 2, so 2 more points cannot"):
        study.enqueue([{"x": 0.5}, {"x": 0.6}])
    end(store)
    with pytest.raises(InvalidStudy, match="is complete, so nothing more is tried"):
        study.enqueue({"x": 0.5})
    assert len(study.trials()) == 1


def test_notes_on_a_study_and_a_trial(handle):
    study = handle(waiting=1)
    study.annotate("the first try")
    study.annotate("odd", 0)
    assert (study.study.note, study.trial(0).note) == ("the first try", "odd")
    with pytest.raises(InvalidStudy, match="note='' is not usable"):
        study.annotate("", 0)


def test_a_clone_has_the_definition_and_another_identity(handle, store):
    study = handle(Completed(value=1.0), BROKEN, priority=3, tags=("a",))
    made = study.clone("copy", {"priority": 4})
    assert made.dimensions == study.record.dimensions
    assert (made.priority, made.tags, made.limits) == (4, ("a",), study.record.limits)
    assert made.uid != study.record.uid
    assert store.catalog.created(made) == 0
    with pytest.raises(Conflict):
        study.clone("copy")
    with pytest.raises(InvalidStudy, match="cannot be a study's name"):
        study.clone("a copy")


def test_a_clone_runs_the_same_bundle_unsigned(handle, store, a_study):
    handle(uid="u2", name="another")
    store.catalog.create(a_study(name="coded", uid="u3", objective=REF), b"bundle")
    with connect() as client:
        made = client.study("coded").clone("copy")
    assert store.queue.bundle(made) == b"bundle"
    assert (made.objective.signed_by, made.objective.signature) == (None, None)


def test_a_clone_with_trials_knows_the_complete_ones_and_has_room_for_its_own(handle, store):
    study = handle(Completed(value=2.0, result={"acc": 0.5}), BROKEN, limits=Limits(max_trials=5))
    made = study.clone("copy", with_trials=True)
    [earlier] = store.catalog.trials(made, slim=False)
    assert (earlier.value, earlier.result, earlier.enqueued_by) == (2.0, {"acc": 0.5}, "s:0")
    assert earlier.finished_at == study.trial(0).finished_at
    assert made.limits.max_trials == 6


def test_a_clone_that_is_refused_leaves_no_trials(handle, store):
    study = handle(Completed(value=2.0))
    with pytest.raises(Conflict):
        study.clone("s", with_trials=True)
    assert store.db["jobs"].count_documents({}) == 1


def test_a_deleted_study_is_gone_with_its_trials(handle, store):
    study = handle(Completed(value=2.0), waiting=2)
    assert study.delete() == {"studies": 1, "jobs": 3}
    with pytest.raises(NotFound):
        study.delete()


@pytest.mark.parametrize(
    ("held", "runs", "stops"),
    [
        ({}, None, "no trial runs"),
        ({"a": 1}, "1 trial runs on 1 worker", "stopping 1 trial on 1 worker"),
        ({"a": 2, "b": 1}, "3 trials run on 2 workers", "stopping 3 trials on 2 workers"),
    ],
)
def test_what_is_said_of_running_trials(held, runs, stops):
    assert steering.told_running(held) == runs
    assert steering.stopping(held) == stops
