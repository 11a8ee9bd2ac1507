from __future__ import annotations

import pytest

from parzen.shared.errors import InvalidInput
from parzen.shared.records import Piece


def a_piece(claim, offset, data):
    uid, number = claim.key
    turn = claim.trial.attempt
    return Piece(uid=uid, number=number, attempt=turn, token=claim.token, offset=offset, data=data)


@pytest.fixture
def claims(lab):
    lab.insert(0, 1)
    return lab.claim(2)


@pytest.fixture
def keep(lab):
    def keep(claim, offset, data):
        piece = a_piece(claim, offset, data)
        lab.store.queue.keep_output(piece)
        return piece

    return keep


@pytest.fixture
def output(lab):
    def read(claim, *start, **options):
        found = lab.store.catalog.output(
            lab.study, claim.trial.number, claim.token, *start, **options
        )
        return list(found)

    return read


def test_pieces_come_back_in_their_order_whatever_bytes_they_hold(claims, keep, output):
    pieces = [keep(claims[0], 10, b"\xff\0$x"), keep(claims[0], 0, "début é".encode())]
    keep(claims[1], 0, b"of another trial")

    assert output(claims[0]) == pieces[::-1]
    assert output(claims[0], backwards=True) == pieces


def test_reading_goes_on_where_it_ended(claims, keep, output):
    first, second = keep(claims[0], 0, b"one"), keep(claims[0], 3, b"two")

    assert output(claims[0], first.end) == [second]
    assert output(claims[0], second.end) == []


def test_a_piece_that_is_kept_again_is_kept_once(claims, keep, output):
    first = keep(claims[0], 0, b"one")
    keep(claims[0], 0, b"one and more")

    assert output(claims[0]) == [first]


def test_pieces_that_are_let_go_of_are_gone_and_no_others(lab, claims, keep, output):
    kept = [keep(claims[0], offset, b"x") for offset in range(4)]
    other = keep(claims[1], 1, b"x")

    for _ in range(2):
        lab.store.queue.drop_output(claims[0].token, [1, 2])

    assert output(claims[0]) == [kept[0], kept[3]]
    assert output(claims[1]) == [other]


def test_what_a_lost_attempt_prints_stays_with_it(lab, keep, output):
    lab.insert(0)
    (lost,) = lab.claim(lost=True)
    lab.store.ledger.expire(lab.lead)
    (mine,) = lab.claim()

    late, piece = keep(lost, 0, b"late"), keep(mine, 0, b"mine")

    assert (output(lost), output(mine)) == ([late], [piece])


def test_nobody_follows_before_somebody_does(lab, claims):
    assert set(lab.store.queue.followed(claims)) == set()

    for _ in range(2):  # two who follow, or one who goes on
        lab.store.catalog.follow(lab.study, 1)

    assert set(lab.store.queue.followed(claims)) == {claims[1].key}
    assert set(lab.store.queue.followed(claims[:1])) == set()
    assert set(lab.store.queue.followed([])) == set()


def test_who_did_not_say_so_again_follows_no_more(lab, claims):
    lab.store.catalog.follow(lab.study, 0)
    lab.store.db.followers.update_one(
        {"uid": lab.study.uid}, [{"$set": {"until": {"$subtract": ["$$NOW", 1]}}}]
    )
    assert set(lab.store.queue.followed(claims)) == set()

    lab.store.catalog.follow(lab.study, 0)
    assert set(lab.store.queue.followed(claims)) == {claims[0].key}


def test_who_claims_to_follow_for_ever_is_not_heeded(lab, claims):
    lab.store.catalog.follow(lab.study, 0)
    lab.store.db.followers.update_one(
        {"uid": lab.study.uid}, [{"$set": {"until": {"$add": ["$$NOW", 3_600_000]}}}]
    )
    assert set(lab.store.queue.followed(claims)) == set()


@pytest.mark.parametrize("wrong", [{"$gt": 0}, -1, "0", 1.5])
def test_what_is_no_number_is_refused(lab, wrong):
    with pytest.raises(InvalidInput, match="expected a whole number"):
        list(lab.store.catalog.output(lab.study, wrong, "t"))
    with pytest.raises(InvalidInput, match="expected a whole number"):
        list(lab.store.catalog.output(lab.study, 0, "t", wrong))
    with pytest.raises(InvalidInput, match="expected a whole number"):
        lab.store.catalog.follow(lab.study, wrong)
    with pytest.raises(InvalidInput, match="expected a text"):
        list(lab.store.catalog.output(lab.study, 0, {"$ne": "t"}))
