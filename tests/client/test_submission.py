import dataclasses
import threading

import pytest

from parzen.client import Float, Int, Study, connect, submission
from parzen.client.submission import differences
from parzen.shared import bundle
from parzen.shared.errors import (
    Conflict,
    InvalidInput,
    InvalidObjective,
    InvalidStudy,
    NotFound,
    Untrusted,
)
from parzen.shared.keyfiles import make_pair, read_keyring
from parzen.shared.lifecycle import StudyEvent, StudyStatus, TrialState
from parzen.shared.records import Completed, Proposed, Uid, Want
from parzen.shared.space import Space
from parzen.shared.store import Kept, Proposal


def square(params):
    return params["x"] ** 2


ENOUGH = "it has 5 trials already: for more, give a max_trials above 5"


@pytest.fixture
def declare(store_uri):
    def make(space=None, **changes):
        given = {"space": space or {"x": Float(0, 1)}, "objective": square, "max_trials": 5}
        return Study("s", **{**given, **changes})

    return make


def ended(store, event, created=0):
    study = store.catalog.study("s")
    lead = store.ledger.lead(study.uid, "test", 30.0)
    numbers = range(created)
    params = {"x": 0.5}
    store.ledger.insert(
        lead, [Proposal(number=n, params=params, proposed=Proposed(sampler="r")) for n in numbers]
    )
    store.ledger.keep_counts([Kept(lead=lead, counts={TrialState.COMPLETE: created})])
    store.ledger.move(lead, event, reason="it is over")
    store.ledger.yield_lead(lead)


def test_a_submitted_study_stands_in_the_store_with_what_it_needs_to_run(declare, store):
    with declare(tags=["x"]).submit() as handle:
        assert handle.remarks == ()
    stored = store.catalog.study("s")
    assert (stored.status, stored.tags) == (StudyStatus.ACTIVE, ("x",))
    manifest = bundle.read_manifest(store.queue.bundle(stored))
    assert manifest.entry == "pickle"


@pytest.fixture
def keys(tmp_path):
    return [make_pair(tmp_path / name) for name in ("mine", "theirs")]


def test_a_study_is_signed_for_its_name_its_uid_and_its_bundle(declare, store, keys):
    mine, _ = keys
    with declare().submit(sign_key=mine.private) as handle:
        assert handle.remarks == (f"study 's' is signed by {mine.key_id}",)
    stored = store.catalog.study("s")
    assert stored.objective.signed_by == mine.key_id
    read_keyring([mine.public]).check(stored)
    with pytest.raises(Untrusted, match="does not fit"):
        read_keyring([mine.public]).check(dataclasses.replace(stored, uid=Uid("another")))


def test_the_environment_signs_too_and_a_bad_key_stores_nothing(declare, store, keys, monkeypatch):
    monkeypatch.setenv("PARZEN_SIGN_KEY", str(keys[0].private))
    keys[0].private.chmod(0o644)
    with pytest.raises(InvalidInput, match="chmod 600"):
        declare().submit()
    assert store.catalog.all_studies() == []
    keys[0].private.chmod(0o600)
    declare().submit().close()
    assert store.catalog.study("s").objective.signed_by == keys[0].key_id


def test_a_study_that_stands_there_is_not_signed_in_passing(declare, store, keys):
    mine, theirs = keys
    declare().submit().close()
    with declare().submit(sign_key=mine.private) as handle:
        assert "'s' is not signed since its submission, and stays so" in handle.remarks[-1]
    declare().renamed("t").submit(sign_key=theirs.private).close()
    with declare().renamed("t").submit(sign_key=mine.private) as handle:
        assert f"'t' is signed by {theirs.key_id} since its submission" in handle.remarks[-1]
    with declare().renamed("t").submit(sign_key=theirs.private) as handle:
        assert handle.remarks[-1] == f"study 't' is signed by {theirs.key_id}"
    assert store.catalog.study("s").objective.signature is None


def test_a_study_that_was_deleted_and_submitted_again_is_another(declare, store, keys):
    study = declare()
    study.submit(sign_key=keys[0].private).close()
    before = store.catalog.study("s")
    store.db.studies.delete_one({"_id": "s"})
    study.submit(sign_key=keys[0].private).close()
    after = store.catalog.study("s")
    assert after.uid != before.uid
    with pytest.raises(Untrusted):
        read_keyring([keys[0].public]).check(dataclasses.replace(after, objective=before.objective))


def test_the_same_study_again_goes_on(declare, store):
    declare().submit().close()
    with declare().submit() as handle:
        assert handle.remarks == ("study 's' exists: going on with it",)
    stored = store.catalog.study("s")
    assert (stored.wish.serial, len(store.catalog.all_studies())) == (0, 1)


def cube(params):
    return params["x"] ** 3


def test_another_objective_is_not_used_and_that_is_said(declare, store):
    declare().submit().close()
    digest = completed_one(store).objective.digest
    with declare(objective=cube).submit() as handle:
        [remark] = handle.remarks
    assert "with the objective stored before, not with the one given now" in remark
    assert "add --replace-objective (replace_objective=True in Python)" in remark
    assert store.catalog.study("s").objective.digest == digest


def completed_one(store):
    """The study once a trial of it is complete."""
    study = store.catalog.study("s")
    store.ledger.keep_counts(
        [
            Kept(
                lead=store.ledger.lead(study.uid, "t", 30.0),
                counts={TrialState.COMPLETE: 1},
                best_number=0,
            )
        ]
    )
    return store.catalog.study("s")


def test_an_objective_that_completed_nothing_makes_way_for_the_one_given_now(declare, store):
    declare().submit().close()
    before = store.catalog.study("s")
    with declare(objective=cube).submit() as handle:
        [remark] = handle.remarks
    assert "with the objective given now, since no trial is complete with the one before" in remark
    assert store.catalog.study("s").objective.digest != before.objective.digest


def test_another_objective_takes_the_place_of_the_stored_one(declare, store):
    declare().submit().close()
    before = completed_one(store)
    with declare(objective=cube).submit(replace_objective=True) as handle:
        [remark] = handle.remarks
    assert remark.endswith("going on with it and with the objective given now")
    study = store.catalog.study("s")
    assert study.uid == before.uid
    assert study.objective.digest != before.objective.digest
    assert store.queue.bundle(study) != store.queue.bundle(before)
    with declare(objective=cube).submit(replace_objective=True) as handle:
        assert handle.remarks == ("study 's' exists: going on with it",)


def test_points_come_first_and_only_with_a_new_study(declare, store):
    declare(points=[{"x": 0.5}, {}]).submit().close()
    study = store.catalog.study("s")
    first, second = store.catalog.trials(study)
    assert (first.params, first.order < 0, second.number) == ({"x": 0.5}, True, 1)
    declare(points=[{"x": 0.25}]).submit().close()
    assert store.catalog.created(study) == 2


def test_points_of_a_study_that_somebody_else_created_meanwhile_are_not_kept(
    declare, store, monkeypatch
):
    declare().submit().close()
    monkeypatch.setattr("parzen.client.submission.existing", lambda *_: None)
    declare(points=[{"x": 0.5}]).submit().close()
    assert store.db["jobs"].count_documents({}) == 0


def test_new_limits_are_wished_for_and_said(declare, store):
    declare().submit().close()
    with declare(max_trials=9, direction="minimize", target=0.5).submit() as handle:
        assert handle.remarks[1:] == (
            "max_trials is now 9, it was 5",
            "target is now 0.5, it was None",
        )
    wish = store.catalog.study("s").wish
    assert (wish.want, wish.limits.max_trials) == (Want.RUN, 9)


def test_limits_that_wait_for_a_coordinator_are_taken_back(declare, store):
    declare().submit().close()
    declare(max_trials=9).submit().close()
    with declare().submit() as handle:
        assert handle.remarks[1] == "max_trials is now 5, it was 9"
    assert store.catalog.study("s").wish.limits.max_trials == 5


def test_another_space_is_a_conflict_that_names_the_parameters(declare, store):
    declare({"x": Float(0, 1), "y": Float(0, 1)}).submit().close()
    with pytest.raises(Conflict) as error:
        declare({"x": Float(0, 2), "z": Int(1, 3)}).submit()
    said = str(error.value)
    for piece in ("'z' is new", "'y' is missing", "'x' has high=1.0 there and 2.0 here"):
        assert piece in said
    assert 'submit under another name, Study("another-name", ...) or --name' in said


def test_another_direction_is_a_conflict(declare):
    declare().submit().close()
    with pytest.raises(Conflict, match="direction is minimize there"):
        declare(direction="maximize").submit()


def test_terms_that_stay_as_they_were_are_named(declare):
    declare().submit().close()
    with declare(seed=4, priority=2).submit() as handle:
        assert handle.remarks[1].startswith("sampler, priority differ and stay")


@pytest.mark.parametrize("event", [StudyEvent.CANCEL, StudyEvent.FAIL])
def test_an_ended_study_is_resumed(declare, store, event):
    declare().submit().close()
    ended(store, event)
    with declare().submit() as handle:
        was = "cancelled" if event is StudyEvent.CANCEL else "failed"
        assert handle.remarks[1] == f"it was {was} (it is over), and goes on"
    stored = store.catalog.study("s")
    assert (stored.wish.want, stored.wish.serial) == (Want.RUN, 1)


def test_a_cancel_that_waits_is_taken_back(declare, store):
    declare().submit().cancel().close()
    with declare().submit() as handle:
        assert handle.remarks[1] == "it was being cancelled, and goes on"
    assert store.catalog.study("s").wish.want is Want.RUN


def test_a_study_with_nothing_left_to_do_stays_ended_and_says_so(declare, store):
    declare().submit().close()
    ended(store, StudyEvent.COMPLETE, created=5)
    with declare().submit() as handle:
        assert handle.remarks[-2:] == ("it was complete (it is over), and stays so", ENOUGH)
    assert store.catalog.study("s").wish.serial == 0


@pytest.mark.parametrize("ends", [True, False])
def test_a_limit_below_the_trials_there_are_is_no_promise_to_go_on(declare, store, ends):
    declare(max_trials=9).submit().close()
    ended(store, StudyEvent.COMPLETE if ends else StudyEvent.PAUSE, created=5)
    declare(max_trials=10).submit().close()  # which no coordinator has carried out yet
    with declare(max_trials=4).submit() as handle:
        going = () if ends else ("it was paused, and goes on",)
        assert handle.remarks[1:] == (*going, "max_trials is now 4, it was 10", ENOUGH)
    assert store.catalog.study("s").wish.limits.max_trials == 4


def test_more_trials_resume_a_finished_study(declare, store):
    declare().submit().close()
    ended(store, StudyEvent.COMPLETE, created=5)
    declare(max_trials=6).submit().close()
    assert store.catalog.study("s").wish.limits.max_trials == 6


def test_a_study_without_a_limit_says_so(declare):
    with declare(max_trials=None).submit() as handle:
        [remark] = handle.remarks
        assert "'s' has no limit, so it goes on until `parzen cancel s`, or until its" in remark


def test_an_objective_that_cannot_travel_leaves_nothing_behind(declare, store):
    lock = threading.Lock()
    with pytest.raises(InvalidObjective, match="lock"):
        declare(objective=lambda params: lock.locked()).submit()
    assert store.catalog.all_studies() == []
    assert store.db["objectives.files"].count_documents({}) == 0


def test_two_who_submit_at_once_share_one_study(declare, store, monkeypatch):
    declare().submit().close()
    monkeypatch.setattr(submission, "existing", lambda *_: None)  # as both saw it before
    with declare().submit() as handle:
        assert handle.record.uid == store.catalog.study("s").uid
    with pytest.raises(Conflict, match="'x' has high"):
        declare({"x": Float(0, 2)}).submit()


def test_equal_spaces_do_not_differ():
    def dimensions():
        return Space({"x": Float(0, 1), "n": Int(1, 3)}).dimensions

    assert differences(dimensions(), dimensions()) == []


def choose(seen, rng):
    return {}


def choose_otherwise(seen, rng):
    return {}


def test_a_function_as_the_sampler_travels_by_its_name_alone(declare, store):
    with declare(sampler=choose, seed=3).submit() as handle:
        [remark] = handle.remarks
    assert remark.startswith("its sampler is a function of its owner's own, ")
    assert "test_submission.choose: run it where the function is, by handle.coordinate" in remark
    document = store.db.studies.find_one()["sampler"]
    assert document == {
        "name": "callable",
        "options": {"function": f"{__name__}.choose"},
        "seed": 3,
    }


def test_going_on_with_another_function_changes_no_setting(declare):
    declare(sampler=choose).submit().close()
    with declare(sampler=choose_otherwise).submit() as handle:
        assert not any("differ and stay" in remark for remark in handle.remarks)
        assert handle.record.sampler.function == f"{__name__}.choose"
    with declare().submit() as handle:
        assert "sampler differ and stay as they were first submitted" in handle.remarks


@pytest.fixture
def old(worked):
    """A study of five complete trials, of which the best is at x = 0."""
    return worked(*[Completed(value=n / 10) for n in range(5)], name="old")


def test_a_new_study_takes_trials_of_others_over_and_says_so(declare, store, old):
    with declare(warm_start=["old"]).submit() as handle:
        assert handle.remarks == (
            "took over 5 of 5 complete trials of 'old': 1 of 1 parameter in common",
        )
    spec = store.catalog.study("s").sampler
    assert (spec.name, spec.options["sampler"]) == ("warm", "auto")
    [source] = spec.options["sources"]
    assert (source["study"], sorted(source["losses"])) == ("old", [0.0, 0.1, 0.2, 0.3, 0.4])
    [live] = [study for study in store.queue.studies() if study.name == "s"]
    assert "sources" not in live.sampler.options  # no worker looks at them


def test_a_study_is_named_by_its_handle_as_well(declare, store, old, store_uri):
    with connect() as client, client.study("old") as handle:
        declare(warm_start=[handle]).submit().close()
    assert [s["study"] for s in store.catalog.study("s").sampler.options["sources"]] == ["old"]


def test_joining_takes_nothing_over_and_says_what_it_was_started_with(declare, store, old):
    declare(warm_start=["old"]).submit().close()
    with declare(warm_start=["old"]).submit() as handle:
        assert handle.remarks == (
            "study 's' exists: going on with it",
            (
                "study 's' stays warm started from 'old' (5 trials), as it was first submitted: "
                "warm_start is for a new study"
            ),
        )
    with declare().submit() as handle:
        assert handle.remarks == ("study 's' exists: going on with it",)
    declare().renamed("t").submit().close()
    with declare(warm_start=["old"]).renamed("t").submit() as handle:
        assert "study 't' stays without a warm start" in handle.remarks[-1]


def test_a_study_that_cannot_be_started_from_leaves_nothing_behind(declare, store, old):
    with pytest.raises(NotFound, match="'odl'"):
        declare(warm_start=["odl"]).submit()
    with pytest.raises(InvalidStudy, match="no parameter in common"):
        declare({"y": Float(0, 1)}, warm_start=["old"]).submit()
    assert [study.name for study in store.catalog.all_studies()] == ["old"]


def test_a_warm_started_study_is_signed_and_cloned_like_any_other(declare, store, old, keys):
    with declare(warm_start=["old"]).submit(sign_key=keys[0].private) as handle:
        read_keyring([keys[0].public]).check(store.catalog.study("s"))
        handle.clone("again")
    assert store.catalog.study("again").sampler == store.catalog.study("s").sampler
