from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import pytest

from parzen.coordinator import serving
from parzen.coordinator.samplers.own import OwnSampler
from parzen.coordinator.samplers.protocol import Remembered
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.service import Coordinator
from parzen.shared.errors import StoreUnreachable
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Released, SamplerSpec, Want


@pytest.fixture
def coordinator(store):
    made = Coordinator(store, name="me")
    yield made
    made.close()


@contextmanager
def running(coordinator, **options):
    thread = threading.Thread(target=coordinator.run, kwargs=options)
    thread.start()
    try:
        yield thread
    finally:
        coordinator.stop()
        thread.join(20)
        assert not thread.is_alive()


def until(met, within_s=20.0):
    deadline = time.monotonic() + within_s
    while not (found := met()):
        assert time.monotonic() < deadline
    return found


def waiting(store, study):
    return [t.number for t in store.catalog.trials(study, states=[TrialState.WAITING])]


def test_idle_slots_find_something_and_a_lone_study_keeps_a_few_waiting(
    store, new_study, new_hand, coordinator
):
    study = new_study()
    coordinator.step()
    assert waiting(store, study) == [0, 1]
    new_hand(slots=5)
    other = Coordinator(store, name="other")
    coordinator.close()
    other.step()
    assert len(waiting(store, study)) == 6
    other.close()


def test_waiting_and_running_never_exceed_max_running(store, new_study, new_hand, coordinator):
    study = new_study(max_trials=20, max_running=3)
    hand = new_hand(slots=8)

    def step():
        coordinator.step()
        out = store.catalog.trials(study, states=[TrialState.WAITING, TrialState.RUNNING])
        assert len(list(out)) <= 3
        claims = hand.claim(study, 2)
        coordinator.step()
        hand.finish(claims)
        return store.catalog.study("study").status.ended

    until(step)


def test_only_named_studies_are_served(store, new_study):
    wanted, other = new_study("wanted"), new_study("other")
    only = Coordinator(store, studies=["wanted"])
    only.step()
    assert only.leads == ["wanted"]
    assert waiting(store, wanted)
    assert not waiting(store, other)
    only.close()


def test_a_coordinator_shows_that_it_lives(store, coordinator):
    coordinator.step()
    (me,) = store.catalog.workers()
    assert (me.id, me.role) == ("me", "coordinator")
    assert set(me.versions) == {"parzen", "python"}
    coordinator.close()
    assert store.catalog.workers() == []


def test_what_workers_gave_back_is_counted_before_the_lead_is_given_up(
    store, new_study, new_hand, coordinator
):
    study = new_study()
    hand = new_hand()
    coordinator.step()
    claims = hand.claim(study, 2)
    until(
        lambda: not coordinator.step() and store.catalog.study("study").counts[TrialState.RUNNING]
    )
    hand.queue.report([(claim, Released()) for claim in claims])
    coordinator.close()
    counts = store.catalog.study("study").counts
    assert counts[TrialState.RUNNING] == 0
    assert counts[TrialState.WAITING] == len(waiting(store, study))


def test_a_name_given_again_is_another_study(store, new_study, new_hand, coordinator):
    old = new_study("again", max_trials=3)
    coordinator.step()
    store.db.studies.delete_one({"_id": "again"})
    store.db.jobs.delete_many({"uid": old.uid})
    new = new_study("again", max_trials=3)
    coordinator.step()
    assert coordinator.leads == ["again"]
    assert not waiting(store, old)
    assert waiting(store, new)


def test_a_document_that_cannot_be_read_harms_no_other_study(store, new_study, coordinator, caplog):
    broken, sound = new_study("broken"), new_study("sound")
    store.db.studies.update_one({"uid": broken.uid}, {"$set": {"schema": 99}})
    coordinator.step()
    coordinator.step()
    assert coordinator.leads == ["sound"]
    assert waiting(store, sound)
    assert caplog.text.count("broken") == 1


def test_a_fault_of_ours_in_one_study_is_told_and_harms_no_other(
    store, new_study, coordinator, monkeypatch, caplog
):
    def turn(self, led, *rest):
        if led.study.name == "broken":
            raise TypeError("what nobody foresaw")
        return sound_turn(self, led, *rest)

    sound_turn = serving.Serving.turn
    monkeypatch.setattr(serving.Serving, "turn", turn)
    new_study("broken")
    sound = new_study("sound")
    coordinator.step()
    coordinator.step()
    assert coordinator.leads == ["sound"]
    assert waiting(store, sound)
    assert caplog.text.count("cannot be served: TypeError: what nobody foresaw") == 1
    assert "Traceback" in caplog.text


class Faulty:
    def propose(self, history, numbers, seed):
        if 0 in numbers:
            return [{"x": 0.5} for _ in numbers]
        raise RuntimeError("no idea")


def test_a_sampler_that_raises_fails_its_study_and_no_other(
    store, new_study, new_hand, *, coordinator, monkeypatch, caplog
):
    make = serving.make
    monkeypatch.setattr(
        serving, "make", lambda spec, dims: Faulty() if spec.name == "faulty" else make(spec, dims)
    )
    faulty = new_study("faulty", max_trials=50, sampler=SamplerSpec(name="faulty"))
    sound = new_study("sound")
    hand = new_hand(slots=1)
    coordinator.step()
    hand.work(faulty)

    def ended():
        coordinator.step()
        return store.catalog.study("faulty").status.ended

    until(ended)
    study = store.catalog.study("faulty")
    assert study.status is StudyStatus.FAILED
    assert study.status_reason == "the sampler 'faulty' raised RuntimeError: no idea"
    assert waiting(store, sound)
    assert caplog.text.count("its sampler raised") == 1


def test_a_sampler_that_does_not_exist_fails_the_study(store, new_study, coordinator):
    new_study(sampler=SamplerSpec(name="clairvoyant"))
    coordinator.step()
    study = store.catalog.study("study")
    assert study.status is StudyStatus.FAILED
    assert "clairvoyant" in study.status_reason


def test_run_serves_until_no_study_is_left(store, new_study, new_hand):
    study = new_study(max_trials=40)
    hand = new_hand()
    with running(Coordinator(store), until_done=True) as thread:
        until(lambda: hand.work(study) * 0 or not thread.is_alive())
    ended = store.catalog.study("study")
    assert ended.status_reason == "reached max_trials = 40"
    assert ended.counts[TrialState.COMPLETE] == 40


def test_run_takes_up_a_study_that_comes_later_and_stops_when_asked(store, new_study):
    service = Coordinator(store, poll_s=30.0)
    with running(service):
        until(store.catalog.workers)
        study = new_study("later")
        until(lambda: waiting(store, study))
    assert store.catalog.workers() == []


class Outage:
    """A ledger that the network takes away for a while."""

    def __init__(self, ledger):
        self._ledger, self.out, self.refused = ledger, False, 0

    @property
    def ledger(self):
        return self

    def __getattr__(self, name):
        if not self.out:
            return getattr(self._ledger, name)
        self.refused += 1
        raise StoreUnreachable("nobody answered")


def test_an_outage_is_waited_for_and_said_once(store, new_study, new_hand, caplog):
    caplog.set_level("INFO")
    study = new_study(max_trials=6)
    hand, outage = new_hand(), Outage(store.ledger)
    with running(Coordinator(outage, poll_s=0.05), until_done=True) as thread:
        until(lambda: waiting(store, study))
        outage.out = True
        until(lambda: outage.refused >= 2)
        hand.work(study)
        outage.out = False
        until(lambda: hand.work(study) * 0 or not thread.is_alive())
    assert store.catalog.study("study").counts[TrialState.COMPLETE] == 6
    assert caplog.text.count("does not answer") == 1
    assert caplog.text.count("answers again") == 1


@pytest.mark.parametrize("sampler", ["sobol", "tpe", "pso", "de"])
def test_restarts_change_no_proposal(store, new_study, new_hand, sampler):
    def params(name, *, restarts):
        # one trial out at a time, so that each proposal has seen all before it
        spec = SamplerSpec(name=sampler, seed=5)
        study = new_study(name, max_trials=14, max_running=1, sampler=spec)
        hand = new_hand(slots=1, name=f"hand-{name}")
        service = Coordinator(store, studies=[name])

        def done():
            nonlocal service
            service.step()
            if restarts:
                service.close()
                service = Coordinator(store, studies=[name])
            hand.work(study, 1)
            return store.catalog.study(name).status.ended

        until(done)
        service.close()
        return [trial.params for trial in store.catalog.trials(study)]

    assert params("again", restarts=True) == params("once", restarts=False)


def test_a_store_that_answers_reads_and_takes_no_writes_is_not_back(store, monkeypatch):
    def full(*_):
        raise StoreUnreachable("no room left")

    coordinator = Coordinator(store)
    with monkeypatch.context() as patch:
        patch.setattr(type(store.ledger), "beat", full)
        for _ in range(3):
            with pytest.raises(StoreUnreachable):
                coordinator.step()
    coordinator.step()
    coordinator.close()


OWN = SamplerSpec(name="callable", options={"function": "tune.choose"}, seed=5)


def fifths(seen, rng):
    return {"x": rng.integers(5) / 5}


def test_a_study_with_a_function_as_its_sampler_is_left_to_who_has_it(store, new_study, caplog):
    study, other = new_study("own", sampler=OWN), new_study("other")
    service = Coordinator(store)
    service.step()
    assert service.leads == ["other"]
    assert waiting(store, other)
    left = store.catalog.study("own")
    assert (left.status, left.lease) == (StudyStatus.ACTIVE, None)
    service.close()
    assert "own" not in caplog.text
    owner = Coordinator(store, studies=["own"], samplers={"own": OwnSampler(fifths)})
    owner.step()
    assert waiting(store, study)
    owner.close()


def test_any_coordinator_ends_a_study_of_a_function(store, new_study):
    study = new_study(sampler=OWN)
    plain = Coordinator(store, name="plain")
    plain.step()
    store.catalog.wish(study.name, Want.CANCEL)
    while plain.step():
        pass
    assert store.catalog.study(study.name).status is StudyStatus.CANCELLED


def test_a_coordinator_without_the_function_has_nothing_left_to_serve(store, new_study):
    new_study("own", sampler=OWN)
    Coordinator(store).run(until_done=True)
    assert store.catalog.study("own").status is StudyStatus.ACTIVE


def test_a_function_given_for_a_study_with_a_name_as_its_sampler_is_not_asked(store, new_study):
    study = new_study("named")
    service = Coordinator(store, samplers={"named": OwnSampler(lambda seen, rng: 1 / 0)})
    service.step()
    assert waiting(store, study)
    service.close()


def test_restarts_change_no_proposal_of_a_function(store, new_study, new_hand):
    def params(name, *, restarts):
        study = new_study(name, max_trials=8, max_running=1, sampler=OWN)
        hand = new_hand(slots=1, name=f"hand-{name}")

        def made():
            return Coordinator(store, studies=[name], samplers={name: OwnSampler(best_half)})

        def best_half(seen, rng):
            return {"x": seen.trials[0].params["x"] / 2 + rng.random() / 2} if seen.trials else {}

        service = made()

        def done():
            nonlocal service
            service.step()
            if restarts:
                service.close()
                service = made()
            hand.work(study, 1)
            return store.catalog.study(name).status.ended

        until(done)
        service.close()
        return [trial.params for trial in store.catalog.trials(study)]

    assert params("again", restarts=True) == params("once", restarts=False)


def test_a_function_may_take_longer_than_a_lease_lasts(store, new_study):
    study = new_study(sampler=OWN)
    lease_s, rival = 1.0, Coordinator(store, samplers={"study": OwnSampler(fifths)})

    def slow(seen, rng):
        deadline = time.monotonic() + 1.5 * lease_s
        while time.monotonic() < deadline:
            rival.step()
            assert rival.leads == []
        return {"x": 0.5}

    service = Coordinator(store, lease_s=lease_s, samplers={"study": OwnSampler(slow)})
    service.step()
    assert [trial.params for trial in store.catalog.trials(study)] == [{"x": 0.5}] * 2
    assert store.catalog.study("study").lease.term == 1
    service.close()
    rival.close()


def test_a_function_that_fails_names_itself(store, new_study, caplog):
    new_study("raises", sampler=OWN)
    new_study("misses", sampler=OWN)
    own = {
        "raises": OwnSampler(lambda seen, rng: 1 / 0),
        "misses": OwnSampler(lambda seen, rng: {"x": 2}),
    }
    service = Coordinator(store, samplers=own)
    service.step()
    reason = {name: store.catalog.study(name).status_reason for name in own}
    assert reason["raises"] == (
        "the sampler 'tune.choose' raised ZeroDivisionError: division by zero"
    )
    assert "for trial 0 does not lie in the space: the parameter 'x' is 2" in reason["misses"]
    assert caplog.text.count("Traceback") == 1
    service.close()


def test_many_studies_are_led_side_by_side_to_their_ends(store, new_study, new_hand):
    """Their leases are renewed again and again meanwhile, in one write, and none is lost."""
    studies = [new_study(f"study-{n}", max_trials=3) for n in range(12)]
    coordinator = Coordinator(store, name="me", lease_s=2.0)
    hand = new_hand(slots=4)
    with running(coordinator):
        until(lambda: len(coordinator.leads) == len(studies))
        leases = {s.name: store.catalog.study(s.name).lease for s in studies}

        def renewed():
            now = [store.catalog.study(s.name).lease for s in studies]
            assert all(lease.term == 1 for lease in now)
            return all(
                lease.expires_at > leases[s.name].expires_at
                for s, lease in zip(studies, now, strict=True)
            )

        until(renewed)
        until(renewed)

        def over():
            for study in studies:
                hand.work(study, 2)
            return all(store.catalog.study(s.name).status.ended for s in studies)

        until(over, 60.0)
    counts = [store.catalog.study(s.name).counts for s in studies]
    assert counts == [{**dict.fromkeys(TrialState, 0), TrialState.COMPLETE: 3}] * len(studies)


def test_counts_that_an_outage_kept_from_the_store_are_written_afterwards(
    store, new_study, coordinator, monkeypatch
):
    study = new_study(max_trials=4)
    keep, away = store.ledger.keep_counts, [True]

    def failing(self, all_kept):
        if away:
            raise StoreUnreachable("nobody answers")
        return keep(all_kept)

    monkeypatch.setattr(type(store.ledger), "keep_counts", failing)
    with pytest.raises(StoreUnreachable):
        coordinator.step()
    away.clear()
    until(lambda: coordinator.step() or store.catalog.study(study.name).counts)
    assert store.catalog.study(study.name).counts[TrialState.WAITING] == 2


def test_a_study_does_not_end_with_counts_that_an_outage_kept_back(
    store, new_study, new_hand, coordinator, monkeypatch
):
    study = new_study(max_trials=2)
    hand = new_hand(slots=2)
    coordinator.step()
    claims = hand.claim(study, 2)
    coordinator.step()
    hand.finish(claims)
    keep, away = type(store.ledger).keep_counts, [True]

    def failing(self, all_kept):
        if away:
            away.clear()
            raise StoreUnreachable("nobody answers")
        return keep(self, all_kept)

    monkeypatch.setattr(type(store.ledger), "keep_counts", failing)
    with pytest.raises(StoreUnreachable):
        coordinator.step()
    until(lambda: coordinator.step() or store.catalog.study(study.name).status.ended)
    assert store.catalog.study(study.name).counts[TrialState.COMPLETE] == 2


def test_what_an_outage_kept_from_being_inserted_is_proposed_anew_once(
    store, new_study, coordinator, monkeypatch
):
    studies = [new_study(f"study-{n}") for n in range(3)]
    insert, away = type(store.ledger).insert_all, [True]

    def failing(self, all_made):
        if away:
            away.clear()
            raise StoreUnreachable("nobody answers")
        assert len({lead.study.uid for lead, _ in all_made}) == len(all_made)
        return insert(self, all_made)

    monkeypatch.setattr(type(store.ledger), "insert_all", failing)
    with pytest.raises(StoreUnreachable):
        coordinator.step()
    coordinator.step()
    assert [waiting(store, study) for study in studies] == [[0, 1]] * 3


def test_several_studies_share_one_read_and_one_insert(store, new_study, coordinator, monkeypatch):
    for n in range(4):
        new_study(f"study-{n}")
    calls = []
    for name in ("all_changed", "insert_all"):
        real = getattr(type(store.ledger), name)

        def counted(self, several, real=real, name=name):
            calls.append((name, len(several)))
            return real(self, several)

        monkeypatch.setattr(type(store.ledger), name, counted)
    coordinator.step()
    shared = [call for call in calls if call[1] > 1]  # the first turn looks after each, too
    assert shared == [("all_changed", 4), ("insert_all", 4)]
    assert sum(name == "insert_all" for name, _ in calls) == 1


def test_no_study_waits_for_anothers_slow_sampler(store, new_study, new_hand):
    """The slow one is asked by itself, once it is known to be slow."""
    quick, slow = new_study("quick"), new_study("slow", sampler=OWN)
    inserted = []

    def propose(seen, rng):
        inserted.append(store.db.jobs.count_documents({"uid": quick.uid}))
        time.sleep(0.04)
        return {"x": rng.random()}

    service = Coordinator(store, samplers={"slow": OwnSampler(propose)})
    service.step()
    hand = new_hand(slots=2)
    for _ in range(3):
        for study in (quick, slow):
            hand.work(study, 2)
        service.step()
    before = len(inserted)
    hand.work(quick, 2)
    hand.work(slow, 2)
    service.step()
    assert inserted[before:], "it was asked for more"
    assert inserted[before] == store.db.jobs.count_documents({"uid": quick.uid})
    service.close()


def test_a_proposal_that_cannot_be_stored_harms_no_other_study(
    store, new_study, coordinator, monkeypatch, caplog
):
    good, bad = new_study("good"), new_study("bad", sampler=SamplerSpec(name="random", seed=2))
    real = RandomSampler.propose

    def propose(self, history, numbers, seed):
        found = real(self, history, numbers, seed)
        marked = {"by": "raw", "v": 2**70}
        return [Remembered(p, marked) for p in found] if seed == bad.sampler.seed else found

    monkeypatch.setattr(RandomSampler, "propose", propose)
    coordinator.step()
    assert (waiting(store, good), waiting(store, bad)) == ([0, 1], [])
    assert "study 'bad' cannot be served" in caplog.text
    assert coordinator.leads == ["good"]
