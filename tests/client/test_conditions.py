from datetime import datetime, timedelta, timezone

import pytest

from parzen.client.conditions import criteria
from parzen.shared.criteria import Comparison, Criterion
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidInput

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def choice(name, *choices):
    return Dimension(name=name, kind=Kind.CHOICE, choices=choices)


@pytest.fixture
def study(a_study):
    numbers = [
        Dimension(name=n, kind=Kind.FLOAT, low=0, high=1) for n in ("lr", "a=b", "a<", "c ~ d")
    ]
    return a_study(
        dimensions=(
            *numbers,
            choice("opt", "sgd", "adam"),
            choice("width", 16, 32),
            choice("on", True, 1.5),
        )
    )


@pytest.fixture
def read(study):
    def one(text):
        (found,) = criteria([text], study, lambda: NOW)
        return (found.field, found.comparison.value, found.value)

    return one


@pytest.mark.parametrize(
    ("text", "criterion"),
    [
        ("state=failed", ("state", "=", "failed")),
        (" lr <= 0.01 ", ("params/lr", "<=", 0.01)),
        ("lr==1", ("params/lr", "=", 1)),
        ("lr!=-1e-3", ("params/lr", "!=", -0.001)),
        ("opt=adam", ("params/opt", "=", "adam")),
        ("opt~da", ("params/opt", "~", "da")),
        ("width<=24", ("params/width", "<=", 24)),
        ("width=32", ("params/width", "=", 32)),
        ("on=true", ("params/on", "=", True)),
        ("a=b<3", ("params/a=b", "<", 3)),
        ("a<=3", ("params/a<", "=", 3)),
        ("c ~ d > 3", ("params/c ~ d", ">", 3)),
        ("duration>1h30m", ("duration", ">", 5400.0)),
        ("took>5", ("duration", ">", 5.0)),
        ("finished<2h", ("finished", ">", NOW - timedelta(hours=2))),
        ("started>=30m", ("started", "<=", NOW - timedelta(minutes=30))),
        ("started>2025-12-31T00:00Z", ("started", ">", NOW - timedelta(days=1))),
        ("note=none", ("note", "=", None)),
        ("loss!=null", ("loss", "!=", None)),
        ('note="none"', ("note", "=", "none")),
        ("note=", ("note", "=", "")),
        ("worker=7", ("worker", "=", "7")),
        ("worker~{'$gt': ''}", ("worker", "~", "{'$gt': ''}")),
        ("kind=timeout", ("kind", "=", "timeout")),
        ("failures!=none", ("kind", "!=", None)),
        ("error~a=b<c", ("error", "~", "a=b<c")),
        ("result/acc>0.9", ("result/acc", ">", 0.9)),
        ("result/$where=1", ("result/$where", "=", 1)),
        ("result/ok=true", ("result/ok", "=", True)),
        ("user/who=me", ("user/who", "=", "me")),
        ('user/who={"$ne": 1}', ("user/who", "=", '{"$ne": 1}')),
        ("user/id~7", ("user/id", "~", "7")),
    ],
)
def test_a_condition_is_a_field_a_sign_and_a_value(read, text, criterion):
    found = read(text)
    assert found == criterion
    assert type(found[2]) is type(criterion[2])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lr", "the condition 'lr' cannot be read: expected NAME, one of = != < <= > >= ~"),
        ("=3", "the condition '=3' cannot be read: expected NAME"),
        ("", "the condition '' cannot be read: expected NAME"),
        ("lrr=3", "study 's' has no field 'lrr': did you mean 'lr'?"),
        ("lr=abc", "the condition 'lr=abc' cannot be read: expected a number, not 'abc'"),
        ("lr~3", "lr holds a number, compare it with = != < <= > >="),
        ("opt<sgd", "opt holds one of some options, compare it with = !="),
        ("opt=sgdd", "'sgdd' is none of its values: did you mean sgd?"),
        ("on<1", "on holds one of some options, compare it with = !="),
        ("state=fail", "'fail' is none of its values: did you mean failed?"),
        ("state>failed", "state holds a state, compare it with = !="),
        ("kind~time", "kind holds a kind of failure, compare it with = !="),
        ("worker<n", "worker holds a text, compare it with = != ~"),
        ("started=2h", "the age of started is never exact, compare it with < <= > >="),
        ("started=2026-01-01", "started holds a time, compare it with < <= > >="),
        ("finished<soon", "expected a time such as 2026-01-31T12:00, or an age such as 2h"),
        ("finished<99999999w", "the condition 'finished<99999999w' cannot be read"),
        ("result/ok<true", "result/ok holds a truth value, then, compare it with = !="),
        ("result/name<me", "result/name holds a text, then, compare it with = != ~"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(read, text, says):
    with pytest.raises(InvalidInput) as refused:
        read(text)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("given", [{"$gt": ""}, None, 7, b"lr=1"])
def test_only_texts_are_read(study, given):
    with pytest.raises(InvalidInput, match=r"the condition is .* expected a text"):
        criteria([given], study, lambda: NOW)


def test_the_clock_is_asked_only_for_ages(study):
    def never():
        raise AssertionError

    assert criteria("lr<1", study, never) == [Criterion("params/lr", Comparison.BELOW, 1)]
    assert criteria([], study, never) == []
