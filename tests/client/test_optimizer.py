import math
import statistics

import pytest

from parzen.client.optimizer import Optimizer
from parzen.shared.errors import (
    InvalidInput,
    InvalidProposal,
    InvalidResult,
    InvalidStudy,
    NotFound,
)
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import SamplerSpec
from parzen.shared.space import Choice, Float, Int, Space

LINE = {"x": Float(0, 1)}


def test_ask_gives_numbers_and_flat_params():
    optimizer = Optimizer({"m": Choice({"a": {"x": Float(0, 1)}, "b": {}})})
    trials = optimizer.ask(8)
    assert [t.number for t in trials] == list(range(8))
    for trial in trials:
        assert set(optimizer.space.build(trial.params)["m"]) == {trial.params["m"]}


def test_trials_may_be_told_in_any_order():
    optimizer = Optimizer(Space(LINE))
    trials = optimizer.ask(5)
    assert optimizer.best is None
    for trial in reversed(trials):
        optimizer.tell(trial.number, trial.params["x"])
    assert optimizer.best.loss == min(t.params["x"] for t in trials)
    assert [t.number for t in optimizer.trials] == [0, 1, 2, 3, 4]


def test_a_failed_trial_has_no_loss_and_is_never_best():
    optimizer = Optimizer(LINE)
    optimizer.ask(2)
    assert optimizer.tell(0, state="failed").state is TrialState.FAILED
    optimizer.tell(1, 5.0)
    assert optimizer.best.number == 1


def test_maximize_keeps_the_value_and_minimises_its_negative():
    optimizer = Optimizer(LINE, direction="maximize")
    optimizer.ask(2)
    optimizer.tell(0, 1.0)
    optimizer.tell(1, {"value": 2.0, "note": "better"})
    assert (optimizer.best.number, optimizer.best.value, optimizer.best.loss) == (1, 2.0, -2.0)
    assert optimizer.best.result == {"note": "better"}


def test_the_same_calls_give_the_same_trials():
    def run(seed):
        optimizer = Optimizer(LINE, seed=seed)
        for _ in range(20):
            (trial,) = optimizer.ask()
            optimizer.tell(trial.number, abs(trial.params["x"] - 0.3))
        return [t.params for t in optimizer.trials]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_finite_space_runs_out():
    optimizer = Optimizer({"k": Int(0, 3)})
    assert len(optimizer.ask(10)) == 4
    assert optimizer.ask() == []


@pytest.mark.parametrize(
    ("tell", "error", "says"),
    [
        (lambda o: o.tell(9, 1.0), NotFound, "no trial 9.*0 to 2"),
        (lambda o: o.tell(-1, 1.0), NotFound, "no trial -1"),
        (lambda o: o.tell("0", 1.0), InvalidInput, "number is '0'"),
        (lambda o: o.tell(0, math.nan), InvalidResult, "trial 0.*nan"),
        (lambda o: o.tell(0, "low"), InvalidResult, "trial 0.*'low'"),
        (lambda o: o.tell(0), InvalidResult, "trial 0.*None"),
        (lambda o: o.tell(0, state="done"), InvalidInput, "'done'.*failed"),
        (lambda o: o.tell(0, 1.0, state="failed"), InvalidInput, "expected no loss"),
        (lambda o: [o.tell(1, 1.0), o.tell(1, 2.0)], InvalidInput, "told before"),
        (lambda o: o.ask(-1), InvalidInput, "n=-1"),
    ],
)
def test_mistakes_are_named_in_a_sentence_and_change_nothing(tell, error, says):
    optimizer = Optimizer(LINE)
    optimizer.ask(3)
    with pytest.raises(error, match=says) as raised:
        tell(optimizer)
    assert "\n" not in str(raised.value)
    optimizer.tell(0, 1.0)
    assert optimizer.best.loss == 1.0


@pytest.mark.parametrize("keywords", [{"sampler": "best"}, {"direction": "up"}, {"gamma": 1}])
def test_mistakes_in_the_making_are_refused(keywords):
    with pytest.raises(InvalidStudy):
        Optimizer(LINE, **keywords)


CONDITIONAL = {
    "lr": Float(1e-5, 1.0, log=True),
    "units": Int(8, 512, log=True),
    "act": Choice(["relu", "tanh", "elu", "gelu"]),
    "model": Choice({"a": {"k": Float(0, 1)}, "b": {"q": Int(1, 9)}}),
}


def surrogate(params):
    loss = (math.log10(params["lr"]) + 2.5) ** 2 + math.log(params["units"] / 77) ** 2
    loss += 0.5 * (params["act"] != "relu")
    if "a" in params["model"]:
        return loss + 10 * (params["model"]["a"]["k"] - 0.3) ** 2
    return loss + 1 + 0.3 * abs(params["model"]["b"]["q"] - 4)


def branin(params):
    x, y = params["x"], params["y"]
    bowl = (y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6) ** 2
    return bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.397887


@pytest.mark.parametrize(
    ("objective", "space", "factor"),
    [(surrogate, CONDITIONAL, 4), (branin, {"x": Float(-5, 10), "y": Float(0, 15)}, 2)],
)
def test_tpe_is_far_better_than_random(objective, space, factor):
    def regret(sampler, seed):
        optimizer = Optimizer(space, sampler, seed)
        for _ in range(80):
            (trial,) = optimizer.ask()
            optimizer.tell(trial.number, objective(optimizer.space.build(trial.params)))
        return optimizer.best.loss

    tpe = statistics.median(regret("tpe", seed) for seed in range(7))
    assert tpe * factor < statistics.median(regret("random", seed) for seed in range(7))


def test_a_sampler_may_be_given_with_its_options_as_for_a_study():
    spec = SamplerSpec(name="tpe", options={"n_startup_trials": 2, "gamma": 0.3})
    space = {"x": Float(0, 1)}
    one, other = Optimizer(space, spec), Optimizer(space, "tpe", n_startup_trials=2, gamma=0.3)
    for _ in range(8):
        (trial,), (twin,) = one.ask(), other.ask()
        assert trial.params == twin.params
        for optimizer in (one, other):
            optimizer.tell(trial.number, trial.params["x"])


def test_what_is_no_sampler_is_refused():
    with pytest.raises(InvalidStudy, match=r"sampler=\{\} is not usable"):
        Optimizer({"x": Float(0, 1)}, {})


def test_options_given_twice_are_refused():
    spec = SamplerSpec(name="tpe", options={"gamma": 0.2})
    with pytest.raises(InvalidStudy, match="options are given twice"):
        Optimizer({"x": Float(0, 1)}, spec, gamma=0.5)


def test_a_function_of_ones_own_proposes_and_learns():
    def choose(seen, rng):
        if len(seen.trials) < 5:
            return {}
        return {"x": min(1.0, max(0.0, seen.trials[0].params["x"] + rng.normal(0, 0.1)))}

    def run(seed):
        optimizer = Optimizer(LINE, sampler=choose, seed=seed)
        for _ in range(30):
            for trial in optimizer.ask(2):
                optimizer.tell(trial.number, abs(trial.params["x"] - 0.3))
        return optimizer

    first = run(1)
    assert first.best.loss < 0.01
    assert [t.params for t in first.trials] == [t.params for t in run(1).trials]
    assert [t.params for t in first.trials] != [t.params for t in run(2).trials]


def test_a_function_takes_no_options():
    with pytest.raises(InvalidStudy, match=r"options \['width'\].*functools.partial"):
        Optimizer(LINE, sampler=lambda seen, rng: {}, width=1)


def test_what_a_function_gets_wrong_rises_and_leaves_the_search_as_it_was():
    wrong = [True]
    optimizer = Optimizer(LINE, sampler=lambda seen, rng: {"x": 2 if wrong else 0.5})
    with pytest.raises(InvalidProposal, match=r"for trial 0 .* 'x' is 2; it must be a number"):
        optimizer.ask()
    wrong.clear()
    assert [trial.number for trial in optimizer.ask()] == [0]


def far(params):
    return (params["x"] - 0.3) ** 2 + (params["y"] - 0.8) ** 2


def searched(**options):
    optimizer = Optimizer({"x": Float(0, 1), "y": Float(0, 1)}, sampler="tpe", **options)
    for _ in range(20):
        [trial] = optimizer.ask()
        optimizer.tell(trial.number, far(trial.params))
    return optimizer


def test_it_begins_where_another_ended():
    earlier = searched(seed=1)
    for given in (earlier, earlier.trials, list(earlier.trials)):
        warm = searched(seed=2, warm_start=given)
        assert warm.trials[0].params == earlier.best.params
        assert warm.proposing.startswith("source 'earlier' (20 trials) agrees: weight")
    assert warm.best.loss <= earlier.best.loss < searched(seed=2).trials[0].value


def test_what_cannot_be_begun_with_is_refused():
    with pytest.raises(InvalidStudy, match="give an Optimizer, or trials"):
        Optimizer(LINE, warm_start="old")
    with pytest.raises(InvalidStudy, match="'earlier' has no parameter in common"):
        Optimizer({"z": Float(0, 1)}, warm_start=searched())
    with pytest.raises(InvalidStudy, match="is a function, which warm_start does not reach"):
        Optimizer(LINE, sampler=lambda seen, rng: {"x": 0.5}, warm_start=searched())
    assert Optimizer(LINE, warm_start=Optimizer(LINE)).proposing.startswith("a Sobol sequence")
