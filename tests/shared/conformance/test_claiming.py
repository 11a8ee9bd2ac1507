from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from parzen.shared.records import Completed


def test_a_claim_takes_the_oldest_number_first(lab):
    lab.insert(2, 0, 1)

    assert [c.trial.number for c in lab.claim(2)] == [0, 1]


def test_a_claim_holds_the_trial_under_a_fresh_token(lab):
    lab.insert(0, 1)

    first, second = lab.claim(2)

    assert first.token != second.token
    assert first.trial.claim.token == first.trial.attempts[-1].token == first.token
    assert first.trial.claim.worker == first.trial.attempts[-1].worker == lab.worker.id
    assert first.trial.state == "running"
    assert first.trial.attempt == first.trial.attempts[-1].n == 1
    assert first.trial.order is None
    lasts = first.trial.claim.expires_at - first.trial.started_at
    assert lasts.total_seconds() == first.lease_s == lab.worker.lease_s


def test_a_claim_takes_no_more_than_there_are(lab):
    lab.insert(0, 1)

    assert len(lab.claim(5)) == 2
    assert lab.claim(5) == []


def test_the_first_study_given_is_served_first_then_the_others(lab, new_lab):
    other = new_lab()
    other.insert(0, 1)
    lab.insert(5)

    claims = lab.store.queue.claim(lab.worker, [lab.study, other.study], 3)

    assert [(c.study.name, c.trial.number) for c in claims] == [
        (lab.study.name, 5),
        (other.study.name, 0),
        (other.study.name, 1),
    ]


def test_studies_that_were_not_given_are_left_alone(lab, new_lab):
    new_lab().insert(0)

    assert lab.claim() == []


def test_no_study_given_is_no_claim(lab):
    assert lab.store.queue.claim(lab.worker, [], 3) == []


def test_every_trial_is_claimed_once_by_many_threads(lab):
    lab.insert(*range(60))

    def work(_):
        taken = []
        while claims := lab.claim(3):
            taken += [c.trial.number for c in claims]
            lab.report(*((c, Completed(value=1.0)) for c in claims))
        return taken

    with ThreadPoolExecutor(4) as threads:
        taken = Counter(n for numbers in threads.map(work, range(4)) for n in numbers)

    assert taken == Counter(range(60))
    assert set(lab.states().values()) == {"complete"}


def test_the_last_twenty_attempts_are_kept(lab):
    lab.insert(0)
    for _ in range(23):
        (claim,) = lab.claim(lost=True)
        lab.store.db.jobs.update_one({"_id": f"{lab.study.uid}:0"}, {"$set": {"failures": {}}})
        assert lab.store.ledger.expire(lab.lead) == [0]

    (claim,) = lab.claim()

    assert [a.n for a in claim.trial.attempts] == list(range(5, 25))
    assert claim.trial.attempt == 24


def test_a_claim_names_the_attempts_directory_before_the_worker_says_a_word(new_lab):
    lab = new_lab()
    lab.insert(7)
    lab.worker = replace(lab.worker, workdir="/shared/$study")
    (claim,) = lab.claim()

    said = lab.trial(7).attempts[-1].workdir
    assert said == f"/shared/$study/{lab.study.name}/7/{claim.token}"


def test_a_worker_takes_of_each_study_what_it_has_room_for(lab, new_lab):
    small, none, other = new_lab(), new_lab(), new_lab()
    for one in (lab, small, none, other):
        one.insert(0, 1, 2)
    studies = [one.study for one in (lab, small, none, other)]
    most = {lab.study.uid: 2, small.study.uid: 1, none.study.uid: 0, other.study.uid: 9}

    def room(study, taken):
        return most[study.uid] - sum(claim.study.uid == study.uid for claim in taken)

    claims = lab.store.queue.claim(lab.worker, studies, 5, room)
    assert [claim.study.name for claim in claims] == [
        lab.study.name,
        lab.study.name,
        small.study.name,
        other.study.name,
        other.study.name,
    ]
    assert set(none.states().values()) == {"waiting"}


def test_without_room_for_any_nothing_is_taken(lab, new_lab):
    other = new_lab()
    for one in (lab, other):
        one.insert(0)
    studies = [lab.study, other.study]
    assert lab.store.queue.claim(lab.worker, studies, 3, lambda _study, _taken: 0) == []
