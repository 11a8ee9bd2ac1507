import pytest

from parzen.coordinator.samplers.staging import staged, started
from parzen.shared.errors import InvalidStudy
from parzen.shared.space import Choice, Float, Int, Normal, Space

SPACE = Space(
    {
        "lr": Float(0, 1),
        "wd": Float(0, 1),
        "layers": Int(1, 9),
        "opt": Choice({"sgd": {"momentum": Float(0, 1)}, "adam": {}}),
    }
)
DIMENSIONS = SPACE.dimensions
REST = {"name": "rest", "free": ["*"]}


def one(**more):
    return {"name": "a", "free": ["lr"], "trials": 5, **more}


def test_stages_follow_each_other_by_their_trials():
    first, second = staged(
        DIMENSIONS,
        [
            one(free=["l*", "opt"], sampler="tpe", options={"gamma": 0.2}),
            {"name": "b", "free": ["wd", "opt/sgd/*"]},
        ],
    )
    assert (first.first, first.trials, second.first, second.trials) == (0, 5, 5, None)
    assert first.free == {"lr", "layers", "opt", "opt/sgd/momentum"}
    assert second.free == {"wd", "opt/sgd/momentum"}
    assert (first.spec.name, first.spec.options["gamma"]) == ("tpe", 0.2)
    assert second.spec.name == "auto"


def test_a_name_is_meant_whole_even_where_it_looks_like_a_pattern():
    space = Space({"size[0]": Float(0, 1), "size0": Float(0, 1)})
    first, second = staged(
        space.dimensions,
        [{"name": "a", "free": ["size[0]"], "trials": 1}, {"name": "b", "free": ["size?"]}],
    )
    assert (first.free, second.free) == ({"size[0]"}, {"size0"})


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ("lr", "option stages is 'lr': expected a list of stages"),
        ([], r"option stages is \[\]: expected a list"),
        (["lr"], r"option stages\[0\] is 'lr': expected a dict with name, free"),
        ([one(budget=3)], r"option stages\[0\] has no 'budget': it knows name, free, trials"),
        ([one(name="")], r"option stages\[0\] has the name '': expected a text"),
        ([{"free": ["lr"]}], r"option stages\[0\] has the name None"),
        ([one(), one(free=["wd"])], "two stages are named 'a'"),
        ([one(trials=None), REST], "stage 'a' does not say how many trials it has"),
        ([one(trials=0)], "stage 'a': option trials is 0: expected a whole number, at least 1"),
        ([one(free="lr")], "stage 'a': free is 'lr': expected a list of parameters"),
        ([one(free=[3])], "stage 'a': free holds 3: expected names of parameters"),
        ([one(free=["layer"])], "stage 'a': free names 'layer'.*did you mean 'layers'"),
        ([one(free=["zzz/*"])], "stage 'a': free names 'zzz/.*the space has 'lr', 'wd'"),
        ([one(sampler="tep")], "stage 'a': there is no sampler 'tep'"),
        ([one(sampler="stages")], "stage 'a': its sampler is 'stages': expected another"),
        ([one(sampler=None)], "stage 'a': its sampler is None"),
        ([one(options=[1])], r"stage 'a': its options are \[1\]: expected a dict"),
        ([one(options={"x": 1})], "stage 'a': sampler 'auto' has no option 'x'"),
        ([one(), one(name="b", free=["opt"])], "no stage frees 'wd', 'layers': name each"),
    ],
)
def test_what_is_no_stage_is_refused_in_one_sentence(stages, said):
    with pytest.raises(InvalidStudy, match=said):
        staged(DIMENSIONS, stages)


def test_the_start_is_what_is_declared_or_the_middle_or_the_first_option():
    assert started(DIMENSIONS, {"lr": 0.001, "opt": "adam"}) == {
        "lr": 0.001,
        "wd": 0.5,
        "layers": 5,
        "opt": "adam",
    }
    space = Space({"x": Normal(3, 2), "c": Choice([8, 16], weights=[0.5, 0.5])})
    assert started(space.dimensions, {}) == {"x": 3.0, "c": 8}


def test_the_start_is_taken_to_the_grid_but_else_to_the_last_bit():
    space = Space({"x": Float(-5, 7.3), "k": Float(0, 1, step=0.25)})
    assert started(space.dimensions, {"x": 0.0001, "k": 0.3}) == {"x": 0.0001, "k": 0.25}


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ([1], r"option start is \[1\]: expected a dict"),
        ({"lrs": 1}, "option start names 'lrs': there is no such parameter; did you mean 'lr'"),
        ({"lr": 2.0}, "option start: parameter 'lr' is 2.0: expected a float in"),
        ({"opt": "adam", "opt/sgd/momentum": 7}, "option start: parameter 'opt/sgd/momentum'"),
    ],
)
def test_what_is_no_start_is_refused_in_one_sentence(start, said):
    with pytest.raises(InvalidStudy, match=said):
        started(DIMENSIONS, start)
