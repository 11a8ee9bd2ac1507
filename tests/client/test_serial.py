import asyncio

import pytest

from parzen.client.serial import minimize
from parzen.shared.errors import InvalidInput, InvalidObjective, InvalidResult
from parzen.shared.lifecycle import TrialState
from parzen.shared.space import Choice, Float, Int

LINE = {"x": Float(0, 1)}


def test_it_finds_the_minimum_of_what_the_objective_returns():
    found = minimize(lambda params: (params["x"] - 0.3) ** 2, LINE, 40)
    assert len(found.trials) == 40
    assert abs(found.best.params["x"] - 0.3) < 0.05


def test_params_have_the_shape_that_was_declared():
    shapes = []

    def objective(params):
        shapes.append(params)
        return 1.0

    minimize(objective, {"m": Choice({"a": {"k": Int(1, 2)}}), "rest": [1, Float(0, 1)]}, 1)
    assert shapes[0]["m"]["a"]["k"] in (1, 2)
    assert shapes[0]["rest"][0] == 1


def test_the_trial_is_handed_over_where_it_is_taken():
    places = []

    def objective(params, trial):
        trial.report(0, 1.0)
        trial.attach("note", b"x")
        (trial.workdir / "file").write_text("kept while it runs")
        places.append((trial.number, trial.workdir))
        if trial.number == 1:
            raise trial.pruned()
        if trial.number == 2:
            raise trial.failed("diverged")
        return params["x"]

    found = minimize(objective, LINE, 3)
    assert [number for number, _ in places] == [0, 1, 2]
    assert len({workdir for _, workdir in places}) == 3
    assert not any(workdir.exists() for _, workdir in places)
    assert found.trials[1].state is TrialState.PRUNED
    assert found.trials[2].state is TrialState.FAILED


def test_an_exception_ends_the_search_unless_it_is_caught():
    def objective(params):
        raise ZeroDivisionError("no")

    with pytest.raises(ZeroDivisionError):
        minimize(objective, LINE, 3)
    found = minimize(objective, LINE, 3, catch=(ArithmeticError,))
    assert [t.state for t in found.trials] == [TrialState.FAILED] * 3
    assert found.best is None


def test_it_maximises_when_told_so():
    found = minimize(lambda params: {"value": params["x"]}, LINE, 30, direction="maximize")
    assert found.best.value > 0.95


def test_a_finite_space_ends_it_early():
    assert len(minimize(lambda params: params["k"], {"k": Int(0, 4)}, 100).trials) == 5


def test_progress_goes_to_standard_error(capsys):
    minimize(lambda params: 0.5, LINE, 2, progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "best 0.5" in shown.err


def test_a_running_loop_is_no_hindrance():
    async def within():
        return minimize(lambda params: params["x"], LINE, 2, sampler="random").best.number

    assert asyncio.run(within()) in (0, 1)


def test_mistakes_are_refused():
    with pytest.raises(InvalidInput, match="max_trials"):
        minimize(lambda params: 1.0, LINE, -1)
    with pytest.raises(InvalidObjective):
        minimize("objective", LINE, 1)
    with pytest.raises(InvalidResult, match="None"):
        minimize(lambda params: None, LINE, 1)
