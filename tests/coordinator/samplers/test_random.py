from parzen.coordinator.history import History
from parzen.coordinator.samplers.random import RandomSampler
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space({"x": Float(0, 1), "m": Choice({"a": {"k": Int(0, 9)}, "b": {}})})


def propose(numbers, seed=0, space=SPACE):
    return RandomSampler(space.dimensions).propose(History(space.dimensions), numbers, seed)


def test_each_number_has_its_own_stream():
    assert propose([5]) == propose(range(10))[5:6]
    assert propose([5], seed=1) != propose([5])
    assert propose([5], seed=-1) != propose([5], seed=1)


def test_draws_follow_the_prior():
    drawn = propose(range(2000))
    for params in drawn:
        SPACE.check(params)
    assert 900 < sum(p["m"] == "a" for p in drawn) < 1100
    assert 400 < sum(p["x"] < 0.25 for p in drawn) < 600


def test_a_finite_space_ends():
    space = Space({"k": Int(0, 4)})
    assert sorted(p["k"] for p in propose(range(9), space=space)) == [0, 1, 2, 3, 4]
