import pytest

from parzen.client import presence
from parzen.client.importing import importing
from parzen.client.importing.gathering import Choices, gather
from parzen.client.importing.importing import bring_in
from parzen.client.invocation import Invocation
from parzen.shared.errors import StoreDenied, StoreError
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Limits

HEADER = "x,value,state"
LINES = [HEADER, *(f"0.{n},{n / 10}," for n in range(1, 6)), "0.9,,failed"]


@pytest.fixture
def bring(store, new_study, csv_source):
    study = new_study("s", max_trials=10)

    def call(catalog=store.catalog, **options):
        source, now = csv_source(*LINES, of=study), store.catalog.study("s")
        found = gather(now, source, store.catalog.trials(now), Choices(skip_known=True))
        ticks = []
        given = {"keep_limits": False, "dry_run": False, **options}
        done = bring_in(
            catalog, now, source, found, Invocation(), tick=lambda: ticks.append(1), **given
        )
        return done, len(ticks), list(store.catalog.trials(study, slim=False))

    return call


def test_trials_are_added_as_earlier_ones_and_the_limit_grows(bring, store):
    done, ticks, trials = bring()
    assert done.trials == tuple(range(6))
    assert ticks == 6
    assert [trial.value for trial in trials] == [0.1, 0.2, 0.3, 0.4, 0.5, None]
    assert trials[5].state is TrialState.FAILED
    assert trials[0].enqueued_by == "x.csv:2"
    assert done.max_trials == 16
    assert store.catalog.study("s").wish.limits.max_trials == 16
    assert str(done) == (
        "imported 6 trials from x.csv into 's' (5 complete, 1 failed); the best, 0.1 (line 2, now "
        "trial 0)"
    )


def test_a_dry_run_writes_nothing(bring, store):
    done, ticks, trials = bring(dry_run=True)
    assert (done.trials, ticks, trials) == ((), 0, [])
    assert store.catalog.study("s").wish.limits is None
    assert str(done).startswith("would import 6 trials from x.csv into 's'")


def test_limits_may_be_kept(bring, store):
    done, *_ = bring(keep_limits=True)
    assert done.max_trials == 10
    assert store.catalog.study("s").wish.limits is None


class Failing:
    """A catalog that takes the first trials and then none."""

    def __init__(self, catalog, takes):
        self.catalog, self.takes, self.limits = catalog, takes, []

    def __getattr__(self, name):
        return getattr(self.catalog, name)

    def append(self, study, drafts):
        self.limits.append(presence.in_force(self.catalog.study("s")).max_trials)
        if not self.takes:
            raise StoreDenied("the server refuses")
        self.takes -= 1
        return self.catalog.append(study, drafts)


def test_a_store_that_fails_midway_is_told_with_how_to_go_on(bring, store, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    with pytest.raises(StoreError, match="refuses; 4 of 6 trials were imported before"):
        bring(Failing(store.catalog, 2))
    with pytest.raises(StoreDenied, match=r"refuses$"):
        bring(Failing(store.catalog, 0))


def test_the_limit_grows_with_the_trials_that_come_and_not_twice(bring, store, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    failing = Failing(store.catalog, 2)
    with pytest.raises(StoreError, match="4 of 6 trials were imported before"):
        bring(failing)
    assert failing.limits == [12, 14, 16]
    done, *_ = bring()
    assert (done.count, done.max_trials) == (2, 18)  # two were counted, and then refused
    assert "max_trials goes from 16 to 18, so that 12 are still to be run" in done.notes


class Busy(Failing):
    """A catalog whose study gets another limit between two looks."""

    def append(self, study, drafts):
        numbers = super().append(study, drafts)
        self.catalog.wish("s", None, Limits(max_trials=100, timeout_s=9.0))
        return numbers


def test_limits_that_somebody_sets_meanwhile_are_raised_in_their_turn(bring, store, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 3)
    done, *_ = bring(Busy(store.catalog, 1 << 30))
    assert done.max_trials == 103
    assert done.notes[-1].startswith("max_trials of study 's' is 103 now: it was changed, or")
