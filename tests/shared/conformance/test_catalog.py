from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace

import pytest

from parzen.shared.errors import (
    Conflict,
    Incompatible,
    InvalidInput,
    InvalidStudy,
    NotFound,
    StoreError,
    Untrusted,
)
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Completed, Limits, Measurement, ObjectiveRef, Pruned, Uid, Want

REF = ObjectiveRef(file="", digest="", bytes=0, python="3.11", cloudpickle="3.1", entry="pickle")


def objective(lab, name, data=b"bundle"):
    study = replace(lab.study, name=name, uid=Uid(uuid.uuid4().hex), objective=REF)
    return lab.store.catalog.create(study, data)


def test_a_created_study_reads_as_it_was_given(lab):
    stored = lab.store.catalog.study(lab.study.name)

    assert stored == lab.study
    assert stored.created_at == stored.active_since is not None
    assert stored.name in [s.name for s in lab.store.queue.studies([stored.name])]


def test_the_bundle_is_stored_with_its_size_and_digest(lab):
    study = objective(lab, f"{lab.study.name}-bundle")

    assert study.objective.bytes == 6
    assert study.objective.digest == hashlib.sha256(b"bundle").hexdigest()
    assert lab.store.queue.bundle(study) == b"bundle"


def test_a_taken_name_is_a_conflict_and_leaves_nothing_behind(lab):
    bundles = lab.store.db["objectives.files"]
    before = bundles.count_documents({})

    with pytest.raises(Conflict, match=f"'{lab.study.name}' exists already"):
        objective(lab, lab.study.name)

    assert bundles.count_documents({}) == before
    assert lab.store.catalog.study(lab.study.name).uid == lab.study.uid


def test_a_conflict_that_shows_only_at_the_insert_deletes_the_orphan(lab, monkeypatch):
    monkeypatch.setattr(type(lab.store.catalog), "_refuse_taken", lambda *_: None)
    before = lab.store.db["objectives.chunks"].count_documents({})

    with pytest.raises(Conflict):
        objective(lab, lab.study.name)

    assert lab.store.db["objectives.chunks"].count_documents({}) == before


def test_a_bundle_without_an_objective_is_refused(lab):
    with pytest.raises(InvalidStudy, match="has a bundle and no objective"):
        lab.store.catalog.create(replace(lab.study, name=lab.study.name + "-2"), b"bundle")


@pytest.mark.parametrize("owner", ["\ud800", {1, 2}, 2**70])
def test_a_study_that_no_document_holds_leaves_nothing_behind(lab, owner):
    before = lab.store.db["objectives.chunks"].count_documents({})
    name = lab.study.name + "-odd"
    odd = replace(lab.study, name=name, uid=Uid(uuid.uuid4().hex), objective=REF, owner=owner)

    with pytest.raises(InvalidInput, match="cannot hold this value"):
        lab.store.catalog.create(odd, b"bundle")

    assert lab.store.db["objectives.chunks"].count_documents({}) == before
    assert lab.store.db.studies.count_documents({"_id": name}) == 0


def test_a_bundle_that_was_changed_is_not_handed_out(lab):
    study = objective(lab, f"{lab.study.name}-forged")
    forged = replace(study, objective=replace(study.objective, digest="0" * 64))

    with pytest.raises(Incompatible, match="SHA-256 differs"):
        lab.store.queue.bundle(forged)


def test_no_more_of_a_bundle_is_fetched_than_was_submitted(lab):
    study = objective(lab, f"{lab.study.name}-swollen")
    files, chunks = lab.store.db["objectives.files"], lab.store.db["objectives.chunks"]
    (file,) = files.find({"filename": f"{study.name}.bundle"})

    files.update_one({"_id": file["_id"]}, {"$set": {"length": 2**40}})
    with pytest.raises(Untrusted, match=r"not the one that was submitted \(its size differs"):
        lab.store.queue.bundle(study)
    swollen = replace(study, objective=replace(study.objective, bytes=2**40))
    with pytest.raises(Incompatible, match=f"has {2**40} bytes, expected at most"):
        lab.store.queue.bundle(swollen)

    files.replace_one({"_id": file["_id"]}, file)
    (piece,) = chunks.find({"files_id": file["_id"]})
    chunks.update_one({"_id": piece["_id"]}, {"$set": {"data": piece["data"] * 100}})
    with pytest.raises(StoreError, match="expected chunk length to be 6 but found"):
        lab.store.queue.bundle(study)
    for change in ({"$unset": {"data": ""}}, {"$set": {"data": 7}}):
        chunks.update_one({"_id": piece["_id"]}, change)
        with pytest.raises(Untrusted, match="not the one that was submitted"):
            lab.store.queue.bundle(study)
    chunks.replace_one({"_id": piece["_id"]}, piece)
    assert lab.store.queue.bundle(study) == b"bundle"


@pytest.mark.parametrize("file", ["0" * 24, "not an id"])
def test_a_bundle_that_is_gone_is_not_found(lab, file):
    study = replace(lab.study, objective=replace(REF, file=file))

    with pytest.raises(NotFound, match="is gone"):
        lab.store.queue.bundle(study)
    with pytest.raises(NotFound, match="has no objective"):
        lab.store.queue.bundle(lab.study)


def test_an_unknown_study_names_near_ones(lab):
    near = lab.study.name[:-1] + "_"
    with pytest.raises(NotFound, match="did you mean"):
        lab.store.catalog.study(near)
    with pytest.raises(NotFound, match="there is no study 'qqq'"):
        lab.store.catalog.wish("qqq", Want.RUN)


def test_all_studies_are_listed_newest_first(lab, new_lab):
    newer = new_lab()
    names = [s.name for s in lab.store.catalog.all_studies()]

    assert names.index(newer.study.name) < names.index(lab.study.name)


def test_wishes_are_numbered_and_unheeded_limits_are_not_forgotten(lab):
    catalog, name = lab.store.catalog, lab.study.name

    assert catalog.wish(name, Want.RUN, Limits(max_trials=7)).wish.serial == 1
    paused = catalog.wish(name, Want.PAUSE)
    assert (paused.wish.want, paused.wish.serial) == (Want.PAUSE, 2)
    assert paused.wish.limits == Limits(max_trials=7)

    lab.store.ledger.wish_done(lab.lead, paused.wish)
    assert catalog.wish(name, Want.RUN).wish.limits is None


def test_trials_are_sorted_limited_and_filtered(lab):
    lab.insert(*range(5))
    claims = lab.claim(4)
    outcomes = [Completed(value=3.0), Completed(value=1.0), Pruned(), Completed(value=2.0)]
    for claim, outcome in zip(claims, outcomes, strict=True):
        lab.report((claim, outcome))

    def numbers(**how):
        return [t.number for t in lab.store.catalog.trials(lab.study, **how)]

    assert numbers() == [0, 1, 2, 3, 4]
    assert numbers(sort="-number", limit=2) == [4, 3]
    assert numbers(sort="loss") == [1, 3, 0, 2, 4]
    assert numbers(sort="-loss") == [0, 3, 1, 2, 4]
    assert numbers(sort="loss", limit=4) == [1, 3, 0, 2]
    assert numbers(sort="loss", limit=1) == [1]
    assert numbers(sort="finished_at") == [0, 1, 2, 3, 4]
    assert numbers(sort="-started_at") == [3, 2, 1, 0, 4]
    assert numbers(states=[TrialState.PRUNED, TrialState.WAITING], sort="loss") == [2, 4]
    assert numbers(limit=0) == []


@pytest.mark.parametrize("how", [{"sort": "params.x"}, {"sort": "--loss"}, {"limit": -1}])
def test_a_listing_that_makes_no_sense_is_refused_at_once(lab, how):
    with pytest.raises(InvalidInput):
        lab.store.catalog.trials(lab.study, **how)


def test_a_slim_listing_leaves_the_bulk_out(lab):
    lab.insert(0)
    lab.report((lab.claim()[0], Completed(value=1.0, result={"a": 1})))

    (slim,) = lab.store.catalog.trials(lab.study)
    (whole,) = lab.store.catalog.trials(lab.study, slim=False)

    assert (slim.attempts, slim.result) == ((), {})
    assert (len(whole.attempts), whole.result) == (1, {"a": 1})


def test_an_unknown_trial_is_not_found(lab):
    with pytest.raises(NotFound, match="has no trial 7"):
        lab.trial(7)


def test_measurements_are_read_by_trial_and_step(lab):
    def seen(number, step, value):
        return Measurement(uid=lab.study.uid, number=number, step=step, value=value, attempt=1)

    lab.insert(0, 1)
    first, second = lab.claim(2)
    lab.store.queue.renew([first, second], [seen(0, 10, 0.25), seen(0, 2, 0.5), seen(1, 1, 9.0)])

    catalog = lab.store.catalog
    assert catalog.measurements(lab.study, 0) == [seen(0, 2, 0.5), seen(0, 10, 0.25)]
    assert catalog.measurements(lab.study, 1) == [seen(1, 1, 9.0)]
    assert catalog.measurements(lab.study, 2) == []


def test_attachments_are_kept_by_name_and_the_last_one_wins(lab):
    lab.insert(0)
    (claim,) = lab.claim()
    queue, catalog = lab.store.queue, lab.store.catalog
    queue.attach(claim, "../../etc/$passwd", b"one")
    queue.attach(claim, "../../etc/$passwd", b"two")
    queue.attach(claim, "a", b"")

    assert catalog.attachments(lab.study, 0) == ["../../etc/$passwd", "a"]
    assert catalog.attachment(lab.study, 0, "../../etc/$passwd") == b"two"
    assert catalog.attachment(lab.study, 0, "a") == b""
    found = lab.store.db["attachments.files"].count_documents({"metadata.uid": lab.study.uid})
    assert found == 2


def test_an_attachment_of_a_later_attempt_is_not_replaced_by_a_straggler(lab):
    lab.insert(0)
    (stale,) = lab.claim(lost=True)
    lab.store.ledger.expire(lab.lead)
    (fresh,) = lab.claim()
    lab.store.queue.attach(fresh, "model", b"new")
    lab.store.queue.attach(stale, "model", b"old")

    assert lab.store.catalog.attachment(lab.study, 0, "model") == b"new"


def test_who_owns_a_trial_may_attach_to_it_and_wins_over_its_attempts(lab):
    lab.insert(0, 1)
    catalog = lab.store.catalog
    catalog.attach(lab.study, 1, "plot.png", b"never run")
    (claim,) = lab.claim()
    lab.store.queue.attach(claim, "model", b"from the worker")
    catalog.attach(lab.study, 0, "model", b"mended")

    assert catalog.attachment(lab.study, 0, "model") == b"mended"
    assert dict(catalog.attachment_sizes(lab.study, 0)) == {"model": 6}
    assert catalog.attachment(lab.study, 1, "plot.png") == b"never run"
    with pytest.raises(NotFound, match="has no trial 7"):
        catalog.attach(lab.study, 7, "model", b"x")
    assert catalog.attachments(lab.study, 7) == []


def test_an_unknown_attachment_names_those_there_are(lab):
    lab.insert(0)
    with pytest.raises(NotFound, match="it has none"):
        lab.store.catalog.attachment(lab.study, 0, "model")
    lab.store.queue.attach(lab.claim()[0], "modell", b"x")
    with pytest.raises(NotFound, match="it has 'modell'"):
        lab.store.catalog.attachment(lab.study, 0, "model")
