import numpy as np
import pytest

from parzen.client import Choice, Float, Int, Optimizer, SamplerSpec, Stage, Study
from parzen.client.staging import told
from parzen.shared.errors import InvalidStudy

SPACE = {
    "layers": Int(1, 64),
    "lr": Float(1e-5, 1, log=True),
    "opt": Choice({"sgd": {"momentum": Float(0, 1)}, "adam": {}}),
}
NET = Stage("net", free=["layers"], trials=8)
OPT = Stage("opt", free=["lr", "opt"], trials=12, sampler="tpe")
REST = Stage("rest", free=["*"], sampler=SamplerSpec(name="anneal", options={"cooling": 0.2}))


def study(*stages, **more):
    return Study("s", space=SPACE, objective="lab:train", stages=list(stages), **more).record


def test_stages_become_the_studys_sampler():
    made = study(NET, OPT, REST, sampler="gp", seed=7, start={"lr": np.float64(0.01)}).sampler
    assert made == SamplerSpec(
        name="stages",
        options={
            "stages": [
                {"name": "net", "free": ["layers"], "trials": 8, "sampler": "gp", "options": {}},
                {"name": "opt", "free": ["lr", "opt"], "trials": 12, "sampler": "tpe",
                 "options": {}},
                {"name": "rest", "free": ["*"], "sampler": "anneal", "options": {"cooling": 0.2}},
            ],
            "start": {"lr": 0.01},
        },
        seed=7,
    )  # fmt: skip
    assert type(made.options["start"]["lr"]) is float


def test_those_that_name_no_sampler_have_the_studys_with_its_options():
    usual = SamplerSpec(name="tpe", options={"gamma": 0.2}, seed=3)
    made = study(NET, OPT, REST, sampler=usual).sampler
    net, opt, _ = made.options["stages"]
    assert (net["sampler"], net["options"], made.seed) == ("tpe", {"gamma": 0.2}, 3)
    assert opt["options"] == {}


@pytest.mark.parametrize(
    ("stages", "max_trials", "limit"),
    [
        ([NET, OPT], None, 20),
        ([NET, OPT], 15, 15),  # the last stage has fewer
        ([NET, OPT], 50, 50),  # the last stage has the rest
        ([NET, REST], None, None),
        ([NET, REST], 100, 100),
        ([REST], None, None),
    ],
)
def test_a_study_has_as_many_trials_as_its_stages_unless_it_is_told(stages, max_trials, limit):
    free = [Stage("all", free=["*"], trials=1), *stages]
    more = {} if max_trials is None else {"max_trials": max_trials + 1}
    found = study(*free, **more).limits.max_trials
    assert found == (None if limit is None else limit + 1)


def test_stages_given_as_options_set_the_limit_as_well():
    options = {"stages": [{"name": "a", "free": ["*"], "trials": 9}]}
    made = Study(
        "s", space=SPACE, objective="lab:train", sampler=SamplerSpec(name="stages", options=options)
    )
    assert made.record.limits.max_trials == 9


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stages": NET}, "stages=Stage(name='net'"),
        ({"stages": {"a": NET}}, "is not usable: give a list of Stage(...)"),
        ({"stages": [{"name": "net"}]}, "stages holds {'name': 'net'}: give Stage(name, free"),
        ({"stages": []}, "option stages is []: expected a list of stages"),
        ({"stages": [NET, OPT, REST], "start": [1]}, "start=[1] is not usable: give a dict"),
        ({"start": {"lr": 0.1}}, "start says what stages hold at first: give stages as well"),
        ({"stages": [Stage("a", free="lr")]}, "stage 'a': free is 'lr': expected a list"),
        ({"stages": [Stage("a", free=["lR"])]}, "stage 'a': free names 'lR'"),
        ({"stages": [Stage("a", ["*"], trials=0)]}, "trials of stage 'a'=0 is not usable"),
        ({"stages": [Stage("a", ["*"], trials=2.5)]}, "trials of stage 'a'=2.5 is not usable"),
        ({"stages": [Stage("a", ["*"], sampler=3)]}, "sampler=3 is not usable"),
        ({"stages": [Stage("a", ["*"], sampler="stages")]}, "its sampler is 'stages'"),
        ({"stages": [Stage("a", ["*"], sampler=max)]}, "stage 'a' has a function as its sampler"),
        (
            {"stages": [Stage("a", ["*"], sampler=SamplerSpec(name="tpe", seed=4))]},
            "stage 'a' has a sampler with the seed 4: give the seed to the study",
        ),
        (
            {"stages": [NET, OPT, REST], "max_trials": 20},
            "max_trials=20 leaves none to stage 'rest', which begins after 20 trials: raise it",
        ),
        ({"stages": [NET]}, "no stage frees 'lr', 'opt', 'opt/sgd/momentum'"),
    ],
)
def test_what_is_wrong_is_refused_in_one_sentence(given, said):
    with pytest.raises(InvalidStudy) as error:
        Study("s", space=SPACE, objective="lab:train", **given)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def choose(seen, rng):
    return {}


def test_a_function_of_ones_own_proposes_in_no_stage():
    with pytest.raises(InvalidStudy, match="is a function, which proposes in no stage"):
        Optimizer(SPACE, sampler=choose, stages=[NET, OPT, REST])


def test_an_optimizer_may_have_stages():
    optimizer = Optimizer(SPACE, "tpe", gamma=0.2, stages=[NET, OPT, REST], start={"lr": 0.01})
    net = optimizer.ask(8)
    assert {t.params["lr"] for t in net} == {0.01}
    assert optimizer.proposing.startswith("stage 2 of 3, opt: trials 8 to 19, by tpe")
    for trial in net:
        optimizer.tell(trial.number, trial.params["layers"])
    [opt] = optimizer.ask()
    assert opt.params["layers"] == optimizer.best.params["layers"]
    assert opt.params["lr"] != 0.01


def test_stages_are_told_in_one_line():
    start = {"lr": 0.001}
    assert told(study(NET, OPT, REST, sampler="gp", start=start).sampler) == (
        "stages, net (8 trials by gp), opt (12 trials by tpe), rest (the rest by anneal, "
        "cooling=0.2), lr=0.001 at first, seed 0"
    )
    assert told(SamplerSpec(name="tpe", options={"gamma": 0.25})) == "tpe, gamma=0.25, seed 0"


@pytest.mark.parametrize("stages", [3, ["a"], [{"trials": "x", "options": 2}], [{}], None])
def test_stages_that_somebody_edited_are_told_as_they_stand(stages):
    spec = SamplerSpec(name="stages", options={"stages": stages, "start": 1})
    assert told(spec).startswith("stages, ")
