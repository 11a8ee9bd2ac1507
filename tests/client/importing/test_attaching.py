from dataclasses import replace
from functools import partial

import pytest

from parzen.client.importing.gathering import Choices, gather
from parzen.client.importing.importing import bring_in
from parzen.client.importing.rows import Row, Source, Unfit
from parzen.client.invocation import Invocation
from parzen.shared.errors import StoreDenied, StoreError
from parzen.shared.lifecycle import TrialState


def gone():
    raise Unfit("the attachment 'gone' cannot be had")


def row(number, **attachments):
    kept = {name: partial(bytes, data) for name, data in attachments.items()}
    return Row(
        place=f"trial {number}", number=number, params={"x": number / 10},
        state=TrialState.FAILED, attachments=kept,
    )  # fmt: skip


@pytest.fixture
def bring(store, new_study):
    study = new_study("s")

    def call(*rows, catalog=store.catalog, dry_run=False):
        source = Source(name="x", stamp="x", rows=iter(rows), read=lambda _, found: found)
        found = gather(study, source, catalog.trials(study), Choices(skip_known=True))
        return bring_in(
            catalog, study, source, found, Invocation(),
            keep_limits=False, dry_run=dry_run, tick=lambda: None,
        )  # fmt: skip

    def sizes(number):
        return dict(store.catalog.attachment_sizes(study, number))

    return call, sizes


def test_attachments_come_with_their_trials(bring):
    call, sizes = bring
    rows = [row(0, a=b"1", b=b"22"), row(1), row(2, a=b"333")]
    assert call(*rows, dry_run=True).attachments == 3
    done = call(*rows)
    assert str(done) == "imported 3 trials from x into 's' (3 failed) with 3 attachments"
    assert [sizes(number) for number in done.trials] == [{"a": 1, "b": 2}, {}, {"a": 3}]


def test_what_an_earlier_import_did_not_bring_is_brought(bring):
    call, sizes = bring
    assert call(row(0), row(1, a=b"1")).attachments == 1
    rows = [row(0, b=b"22"), row(1, a=b"changed", c=b"333")]
    assert call(*rows, dry_run=True).attachments == 2
    done = call(*rows)
    assert (done.count, done.known, done.attachments) == (0, 2, 2)
    assert [sizes(0), sizes(1)] == [{"b": 2}, {"a": 1, "c": 3}]


def test_one_that_cannot_be_had_is_left_out_with_a_word(bring):
    call, sizes = bring
    first = row(0, a=b"1")
    done = call(replace(first, attachments={"gone": gone, "../x": bytes, **first.attachments}))
    assert done.notes[0] == "left out: trial 0: the attachment 'gone' cannot be had"
    assert done.notes[1].startswith("left out: trial 0: the attachment's name is '../x': expected")
    assert (sizes(0), done.attachments) == ({"a": 1}, 1)


class Failing:
    """A catalog that takes no attachment."""

    def __init__(self, catalog):
        self.catalog = catalog

    def __getattr__(self, name):
        return getattr(self.catalog, name)

    def attach(self, *_):
        raise StoreDenied("the server refuses")


def test_an_import_that_ended_between_trials_and_attachments_is_told_and_mended(bring, store):
    call, sizes = bring
    rows = [row(0, a=b"1"), row(1, a=b"22")]
    with pytest.raises(StoreError, match="2 of 2 trials were imported before: import what is miss"):
        call(*rows, catalog=Failing(store.catalog))
    done = call(*rows)
    assert (done.count, done.attachments) == (0, 2)
    assert [sizes(0), sizes(1)] == [{"a": 1}, {"a": 2}]
