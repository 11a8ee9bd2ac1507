from __future__ import annotations

import pytest

from parzen.client.beginning import begin
from parzen.shared.errors import NotFound, StoreDenied
from parzen.shared.lifecycle import StudyStatus
from parzen.shared.records import Want
from parzen.shared.steering import Draft

POINTS = [Draft(params={"x": 0.25}), Draft(params={"x": 0.5})]


def test_a_study_without_trials_begins_at_once(store, a_study):
    assert begin(store.catalog, a_study(), b"", []).status is StudyStatus.ACTIVE


def test_a_study_is_there_and_rests_while_its_trials_are_added(store, a_study, monkeypatch):
    append, seen = type(store.catalog).append, []

    def watched(catalog, study, drafts):
        seen.append(catalog.study(study.name).status)
        return append(catalog, study, drafts)

    monkeypatch.setattr(type(store.catalog), "append", watched)
    made = begin(store.catalog, a_study(), b"", POINTS)
    assert seen == [StudyStatus.PAUSED]
    assert made.wish.want is Want.RUN
    assert [t.params["x"] for t in store.catalog.trials(made)] == [0.25, 0.5]


def test_a_study_whose_trials_are_refused_is_taken_away(store, a_study, monkeypatch):
    def refused(*_):
        raise StoreDenied("not authorized to insert")

    monkeypatch.setattr(type(store.catalog), "append", refused)
    with pytest.raises(StoreDenied):
        begin(store.catalog, a_study(), b"", POINTS)
    with pytest.raises(NotFound):
        store.catalog.study("s")
