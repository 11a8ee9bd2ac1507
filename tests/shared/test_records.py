"""Records are frozen, and what little they compute is right."""

from __future__ import annotations

import dataclasses

import pytest

from parzen.shared import records
from parzen.shared.records import Claim, Direction, Study, Trial, Uid

RECORDS = [thing for thing in vars(records).values() if dataclasses.is_dataclass(thing)]


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_is_frozen(record):
    assert record.__dataclass_params__.frozen


def test_the_loss_is_what_is_minimised():
    assert Direction.MINIMIZE.loss(0.5) == 0.5
    assert Direction.MAXIMIZE.loss(0.5) == -0.5
    assert Direction.MAXIMIZE.loss(Direction.MAXIMIZE.loss(0.25)) == 0.25


def test_a_claim_is_known_by_study_and_number():
    study = Study(name="s", uid=Uid("u"), dimensions=())
    trial = Trial(study="s", uid=Uid("u"), number=7, params={})
    assert Claim(study, trial, token="t", lease_s=60).key == ("u", 7)


def test_enums_are_the_words_that_stand_in_documents():
    assert records.Directive.STOP == "stop"
    assert records.Verdict.LEASE_LOST == "lease_lost"
