from datetime import datetime, timezone

import pytest

from parzen.client.cli import columns
from parzen.shared.criteria import FIELDS
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Attempt, Failure

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def study(a_study):
    names = ("lr", "state", "layers")
    return a_study(dimensions=tuple(Dimension(name=n, kind=Kind.FLOAT) for n in names))


@pytest.fixture
def trial(a_trial):
    error = Failure(kind=FailureKind.TIMEOUT, message="too slow")
    attempt = Attempt(n=1, token="t", worker="w", host="h", error=error)
    return a_trial(
        3,
        1 / 3,
        params={"lr": 0.0123456, "state": 7, "layers": (64, 64)},
        attempts=(attempt,),
        failures={FailureKind.TIMEOUT: 1, FailureKind.LOST: 0},
        duration_s=61.5,
        finished_at=NOON,
        attempt=1,
        result={"acc": 0.123456789, "deep": {"a": 1.5}, "ok": True},
    )


def shown(study, trial, *names, exact):
    return [column.text(trial) for column in columns.columns(study, names, exact=exact)]


def test_people_read_short_texts(study, trial):
    names = ("value", "took", "failures", "lr", "layers", "result/acc", "result/deep", "worker")
    assert shown(study, trial, *names, exact=False) == [
        "0.33333", "1:02", "timeout", "0.012346", "[64, 64]", "0.12346", '{"a": 1.5}', "w",
    ]  # fmt: skip
    assert shown(study, trial, "finished", exact=False) == [
        NOON.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    ]
    assert shown(study, trial, "parameters", exact=False) == ["lr=0.012346 state=7 layers=[64, 64]"]


def test_programs_read_every_digit(study, trial):
    names = ("value", "duration_s", "failures", "lr", "layers", "finished", "result/deep", "error")
    assert shown(study, trial, *names, exact=True) == [
        repr(1 / 3), "61.5", "timeout", "0.0123456", "(64, 64)", "2026-01-01T12:00:00+00:00",
        '{"a": 1.5}', "too slow",
    ]  # fmt: skip


def test_programs_get_a_column_for_each_parameter(study):
    found = columns.columns(study, ["number", "parameters"], exact=True)
    assert [column.name for column in found] == ["number", "lr", "params/state", "layers"]


def test_a_parameter_that_is_called_as_a_field_is_not_that_field(study, trial):
    assert shown(study, trial, "state", "params/state", exact=True) == ["complete", "7"]


def test_what_a_trial_lacks_is_empty(study, a_trial):
    lacking = [*FIELDS, "lr", "result/acc", "user/x"]
    empty = shown(study, a_trial(params={}), *lacking, exact=True)
    found = {name: text for name, text in zip(lacking, empty, strict=True) if text}
    assert found == {"number": "0", "state": "waiting", "attempt": "0"}


def test_trials_are_read_whole_only_where_that_is_needed(study):
    assert columns.slim(study, ["number", "lr", "took", "parameters", "failures"])
    for bulky in ("worker", "host", "error", "result/acc", "user/x"):
        assert not columns.slim(study, ["number", bulky])


def test_an_unknown_column_is_refused(study):
    with pytest.raises(InvalidInput, match="did you mean 'layers'"):
        columns.columns(study, ["layer"], exact=True)
