import pytest

from parzen.client import fields
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidInput

NAMES = ("lr", "opt", "opt/sgd/momentum", "loss", "result/x", "params")


@pytest.fixture
def study(a_study):
    return a_study(dimensions=tuple(Dimension(name=n, kind=Kind.FLOAT) for n in NAMES))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("lr", "params/lr"),
        ("params/lr", "params/lr"),
        ("opt/sgd/momentum", "params/opt/sgd/momentum"),
        ("loss", "loss"),
        ("params/loss", "params/loss"),
        ("result/x", "result/x"),
        ("params/result/x", "params/result/x"),
        ("params", "params/params"),
        ("user/any thing", "user/any thing"),
        ("started_at", "started"),
        ("took", "duration"),
        ("failures", "kind"),
    ],
)
def test_a_name_means_a_field_or_a_parameter(study, name, field):
    assert fields.field(name, study) == field


def test_every_parameter_is_called_so_that_it_is_meant(study):
    for name in NAMES:
        assert fields.field(fields.called(name), study) == f"params/{name}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lrr", "did you mean 'lr'?"),
        ("momentum", "did you mean 'opt/sgd/momentum'?"),
        ("statee", "did you mean 'state' or 'started'?"),
        ("result/", "did you mean"),
        ("$where", "did you mean"),
        ("qqqq", "expected a parameter (lr, opt, opt/sgd/momentum, params/loss, "),
        ("", "or user/KEY"),
    ],
)
def test_an_unknown_name_gets_those_that_are_like_it(study, name, hint):
    with pytest.raises(InvalidInput) as refused:
        fields.field(name, study)
    assert str(refused.value).startswith(f"study 's' has no field {name!r}: ")
    if hint != "did you mean":
        assert hint in str(refused.value)


def test_an_order_may_go_down(study):
    assert fields.order("-lr", study) == "-params/lr"
    assert fields.order("finished_at", study) == "finished"


@pytest.mark.parametrize("sort", ["kind", "-failures", "--lr", None, {"$meta": 1}, "params.lr"])
def test_there_are_orders_that_make_no_sense(study, sort):
    with pytest.raises(InvalidInput):
        fields.order(sort, study)


def test_the_parameter_behind_a_field(study):
    assert fields.dimension("params/lr", study).name == "lr"
    assert fields.dimension("loss", study) is None
