from dataclasses import replace

from parzen.client.diff import compared, of_study, of_trial
from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.records import Attempt, Image, Limits, ObjectiveRef, Pull, SamplerSpec

REF = ObjectiveRef(
    file="f", digest="d1", bytes=1, python="3.11", cloudpickle="3.1", entry="pickle",
    packages={"numpy": "2.0"},
)  # fmt: skip


def differing(a, b):
    return {one.field: (one.a, one.b) for one in compared(a, b) if not one.same}


def test_what_one_side_lacks_differs():
    assert differing({"x": 1, "y": 2, "z": None}, {"x": 1.0, "w": 3}) == {
        "y": (2, None),
        "w": (None, 3),
    }
    assert differing({"x": True, "y": [1, 2]}, {"x": 1, "y": (1, 2)}) == {"x": (True, 1)}


def test_trials_differ_in_parameters_and_in_what_came_of_them(a_trial):
    attempt = Attempt(n=1, token="t", worker="w1", host="h")
    a = a_trial(0, 0.5, params={"x": 0.5, "loss": 1}, attempts=(attempt,), result={"acc": 1})
    b = a_trial(1, 0.5, params={"x": 0.25, "loss": 1}, attempts=(replace(attempt, worker="w2"),))
    assert differing(of_trial(a), of_trial(b)) == {
        "x": (0.5, 0.25),
        "result/acc": (1, None),
        "worker": ("w1", "w2"),
    }
    assert {"params/loss", "loss"} <= set(of_trial(a))


def test_studies_differ_in_space_terms_objective_and_best(a_study, a_trial):
    opt = Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "adam"), weights=(0.75, 0.25))
    rate = Dimension(
        name="opt/lr", kind=Kind.FLOAT, low=0, high=1, active_when=(Condition("opt", "sgd"),)
    )
    a = a_study(objective=REF)
    b = a_study(
        dimensions=(*a.dimensions, opt, rate),
        limits=Limits(max_trials=20),
        objective=replace(REF, digest="d2", packages={"numpy": "2.1", "torch": "2"}),
        tags=("x",),
    )
    assert differing(of_study(a, None), of_study(b, a_trial(3, 0.5))) == {
        "space/opt": (None, "sgd | adam weights [0.75, 0.25]"),
        "space/opt/lr": (None, "0 to 1 where opt is sgd"),
        "limits/max_trials": (10, 20),
        "objective/digest": ("d1", "d2"),
        "objective/packages/numpy": ("2.0", "2.1"),
        "objective/packages/torch": (None, "2"),
        "tags": ([], ["x"]),
        "best": (None, 0.5),
        "best/number": (None, 3),
        "best/x": (None, 0.5),
    }
    assert differing(of_study(a, None), of_study(a, None)) == {}


def test_studies_differ_in_the_parts_of_their_images(a_study):
    image = Image(name="torch:2", memory_gb=8.0, pull=Pull.ALWAYS)
    rows = compared(of_study(a_study(image=image), None), of_study(a_study(), None))
    told = {row.field: (row.a, row.b) for row in rows if row.field.startswith("image")}
    assert told["image"] == ("torch:2", None)
    assert (told["image/memory_gb"], told["image/pull"]) == ((8.0, None), ("always", None))


def test_studies_differ_in_what_they_were_started_with_by_name_and_number(a_study):
    source = {"study": "old", "losses": [0.5] * 200, "params": {"x": [0.5] * 200}}
    options = {"sampler": "auto", "options": {}, "sources": [source]}
    warm = a_study(sampler=SamplerSpec(name="warm", options=options))
    assert differing(of_study(a_study(), None), of_study(warm, None)) == {
        "warm_start/old": (None, "200 trials")
    }
