from __future__ import annotations

import dataclasses
import math
import statistics

import pytest
import simulation
from benchmarks.toys import PROBLEMS
from peers.searcher import Exhausted

BOWL, TREE = PROBLEMS["bowl"], PROBLEMS["tree"]
PARAMS = {"x": 1.0, "rate": 0.1, "share": 0.5, "width": 8, "even": 5}


class Recorder:
    """Proposes the same always, and writes down what it is asked and told."""

    def __init__(self, params=PARAMS):
        self.params = params
        self.calls = []
        self.gradients = []

    def ask(self, number):
        self.calls.append(("ask", number))
        return self.params

    def tell(self, number, loss, *, at, seconds, gradient=None):
        self.gradients.append(gradient)
        self.calls.append(("tell", number, loss, at, seconds))

    @property
    def most_pending(self):
        pending = peak = 0
        for call, *_ in self.calls:
            pending += 1 if call == "ask" else -1
            peak = max(peak, pending)
        return peak


def test_one_worker_asks_only_when_everything_was_told():
    recorder = Recorder()
    ended = simulation.run(BOWL, recorder, 1, 5, seed=3)
    assert [call[:2] for call in recorder.calls] == [
        (call, number) for number in range(5) for call in ("ask", "tell")
    ]
    assert [e.number for e in ended] == [0, 1, 2, 3, 4]
    seconds = [simulation.duration(BOWL, 3, number) for number in range(5)]
    assert ended[-1].at == pytest.approx(sum(seconds))


def test_all_workers_ask_before_anything_ends_and_one_asks_after_each_end():
    recorder = Recorder()
    ended = simulation.run(BOWL, recorder, 4, 10, seed=0)
    assert [call[:2] for call in recorder.calls[:4]] == [("ask", n) for n in range(4)]
    assert [call[0] for call in recorder.calls[4:]] == ["tell", "ask"] * 9 + ["tell"]
    assert recorder.most_pending == 4
    assert len(ended) == 10


def test_trials_end_in_the_order_of_time_and_not_of_numbers():
    recorder = Recorder()
    ended = simulation.run(BOWL, recorder, 8, 40, seed=0)
    ends = [e.at for e in ended]
    assert ends == sorted(ends)
    assert [e.number for e in ended] != sorted(e.number for e in ended)
    told = [(number, loss, at) for call, number, *rest in recorder.calls if call == "tell"
            for loss, at, _ in [rest]]  # fmt: skip
    assert told == [(e.number, e.observed, e.at) for e in ended]


def test_a_trial_takes_as_long_and_has_the_same_noise_whoever_runs_it_and_beside_whatever():
    alone, together = Recorder(), Recorder({**PARAMS, "x": 2.0})
    few = {e.number: e for e in simulation.run(BOWL, alone, 1, 20, seed=5)}
    many = {e.number: e for e in simulation.run(BOWL, together, 6, 20, seed=5)}
    for number in few.keys() & many.keys():
        assert few[number].observed - few[number].exact == pytest.approx(
            many[number].observed - many[number].exact
        )
    seconds = [
        {call[1]: call[4] for call in recorder.calls if call[0] == "tell"}
        for recorder in (alone, together)
    ]
    shared = seconds[0].keys() & seconds[1].keys()
    assert {n: seconds[0][n] for n in shared} == {n: seconds[1][n] for n in shared}


def test_durations_and_noise_go_by_problem_seed_and_number():
    other = dataclasses.replace(BOWL, name="other")
    for figure in (simulation.duration, simulation.noise):
        drawn = {figure(BOWL, 0, 0), figure(BOWL, 0, 1), figure(BOWL, 1, 0), figure(other, 0, 0)}
        assert len(drawn) == 4
        assert figure(BOWL, 0, 0) in drawn


def test_durations_are_log_normal_about_their_median():
    logs = [math.log(simulation.duration(BOWL, 0, n) / 60) for n in range(2_000)]
    assert statistics.fmean(logs) == pytest.approx(0, abs=0.04)
    assert statistics.stdev(logs) == pytest.approx(0.5, rel=0.05)


def test_noise_has_the_problems_standard_deviation_and_none_is_none():
    drawn = [simulation.noise(BOWL, 0, n) for n in range(2_000)]
    assert statistics.stdev(drawn) == pytest.approx(0.1, rel=0.05)
    assert simulation.noise(TREE, 0, 0) == 0


def test_exact_losses_are_the_problems_own():
    ended = simulation.run(BOWL, Recorder(), 3, 6, seed=0)
    assert {e.exact for e in ended} == {BOWL.loss(PARAMS)}
    assert len({e.observed for e in ended}) == 6


@pytest.mark.parametrize("workers", [1, 4])
def test_whoever_has_nothing_left_to_ask_ends_with_what_runs(workers):
    class Few(Recorder):
        def ask(self, number):
            if number == 6:
                raise Exhausted
            return super().ask(number)

    ended = simulation.run(BOWL, Few(), workers, 10, seed=0)
    assert sorted(e.number for e in ended) == list(range(6))


def test_the_gradient_is_told_where_the_problem_has_one_and_without_noise():
    steep = dataclasses.replace(BOWL, gradient=lambda params: {"x": 2 * (params["x"] - 3)})
    recorder = Recorder()
    simulation.run(steep, recorder, 2, 4, seed=0)
    assert recorder.gradients == [{"x": -4.0}] * 4
    simulation.run(BOWL, recorder, 2, 4, seed=0)
    assert recorder.gradients[4:] == [None] * 4


def test_a_longer_run_begins_like_a_shorter_one():
    short = simulation.run(BOWL, Recorder(), 5, 12, seed=2)
    assert simulation.run(BOWL, Recorder(), 5, 30, seed=2)[:12] == short


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_said(loss):
    problem = dataclasses.replace(BOWL, loss=lambda params: loss)
    with pytest.raises(ValueError, match=r"problem 'bowl' is .*expected a finite number"):
        simulation.run(problem, Recorder(), 1, 1, seed=0)
