from __future__ import annotations

from dataclasses import fields

from parzen.client.cloning import DEFINING, definition, earlier
from parzen.shared.lifecycle import StudyStatus
from parzen.shared.records import Limits, ObjectiveRef, Study, Wish

OWN = {
    "name", "uid", "owner", "objective", "limits", "status", "status_reason", "ending", "wish",
    "wish_done", "lease", "counts", "best_number", "proposing", "quarantine", "created_at",
    "active_since", "ended_at", "note",
}  # fmt: skip
"""What a study does not share with its clone, or not as it is."""


def test_each_field_of_a_study_is_its_own_or_a_part_of_its_definition():
    assert {field.name for field in fields(Study)} == OWN | set(DEFINING)


def test_a_definition_has_not_begun_and_nobody_signed_it(a_study):
    ref = ObjectiveRef(
        file="f", digest="d", bytes=1, python="3.11", cloudpickle="3.1", entry="pickle",
        signed_by="k", signature="s",
    )  # fmt: skip
    study = a_study(
        objective=ref,
        status=StudyStatus.COMPLETE,
        status_reason="over",
        priority=4,
        note="n",
        wish=Wish(serial=2, limits=Limits(max_trials=99)),
        wish_done=1,
    )
    made = definition(study, "t")
    assert (made.name, made.status, made.status_reason) == ("t", StudyStatus.ACTIVE, None)
    assert (made.priority, made.note, made.limits.max_trials) == (4, None, 99)
    assert (made.objective.digest, made.objective.signed_by, made.objective.signature) == (
        "d", None, None
    )  # fmt: skip
    assert made.uid != study.uid


def test_an_earlier_trial_says_where_it_comes_from(a_trial):
    draft = earlier(a_trial(7, value=0.5, result={"acc": 1}))
    assert (draft.value, draft.result, draft.enqueued_by) == (0.5, {"acc": 1}, "s:7")
