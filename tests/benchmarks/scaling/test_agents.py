from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scaling import agents
from scaling.agents import Agent, Setting, serve
from scaling.tally import Tally, Window

from parzen.shared.errors import StoreUnreachable
from parzen.shared.records import Claim, Study, Trial, Uid, Verdict, Worker
from parzen.worker.listening import QUICK_S, SLOW_S

STUDIES = [Study(name=f"s{n}", uid=Uid(f"s{n}"), dimensions=()) for n in range(40)]


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Line:
    """A queue in memory, with so many waiting trials."""

    def __init__(self, waiting):
        self.waiting, self.number = waiting, 0
        self.asked, self.reports, self.beats, self.renewed = [], [], 0, 0
        self.away = False
        self.verdict = Verdict.ACCEPTED

    def claim(self, worker, studies, count=1):
        self._answer()
        self.asked.append(([s.name for s in studies], count))
        taken = min(count, self.waiting)
        self.waiting -= taken
        return [self._claim(studies[0]) for _ in range(taken)]

    def _claim(self, study):
        self.number += 1
        trial = Trial(study=study.name, uid=study.uid, number=self.number, params={"x": 0.5})
        return Claim(study, trial, f"token{self.number}", 60.0)

    def report(self, done):
        self._answer()
        self.reports.append([(c.trial.number, outcome.value) for c, outcome in done])
        return [self.verdict for _ in done]

    def renew(self, claims):
        self.renewed += len(claims)

    def beat(self, worker):
        self.beats += 1

    def _answer(self):
        if self.away:
            raise StoreUnreachable("the store does not answer")


@pytest.fixture
def make():
    def made(waiting, *, studies=1, slots=4, seconds=0.0):
        clock, line, tally = Clock(), Line(waiting), Tally()
        window = Window(SimpleNamespace(value=0.0), SimpleNamespace(value=1e6))
        reads = []
        setting = Setting(
            line, STUDIES[:studies], lambda: reads.append(1), lambda: seconds, tally, window
        )
        worker = Worker(id="a", host="", pid=0, slots=slots)
        agent = Agent(worker, setting, np.random.default_rng(0), clock)
        return SimpleNamespace(**locals())

    return made


def test_it_claims_once_for_all_free_slots_and_reports_together(make):
    s = make(6)
    s.agent.act()
    assert s.line.asked == [(["s0"], 4)]
    assert s.agent.free == 0
    s.agent.act()
    assert s.line.reports == [[(1, 0.5), (2, 0.5), (3, 0.5), (4, 0.5)]]
    assert s.line.asked[1:] == [(["s0"], 4)]
    assert s.tally.finished["a"] == 4
    assert s.tally.claimed == 6


def test_a_trial_is_over_when_its_time_has_come(make):
    s = make(4, seconds=3.0)
    s.agent.act()
    s.clock.now += 2.9
    s.agent.act()
    assert not s.line.reports
    s.clock.now += 0.1
    s.agent.act()
    assert len(s.line.reports[0]) == 4


def test_it_looks_again_at_the_pace_of_a_real_agent(make):
    s = make(0)
    pauses = []
    for _ in range(6):
        s.agent.act()
        pauses.append(s.agent._claim_at - s.clock.now)
        s.clock.now = s.agent._claim_at
    assert pauses == pytest.approx([*QUICK_S, SLOW_S, SLOW_S])
    assert len(s.tally.empty_s) == 6


def test_many_studies_are_asked_for_at_once_beginning_with_the_next(make):
    s = make(4, studies=40, slots=2)
    s.agent.act()
    s.agent.act()
    first, second = (names for names, _ in s.line.asked)
    assert len(first) == len(second) == 40
    assert second[0] == first[1]
    s.line.waiting = 0
    s.agent.act()
    assert [len(names) for names, _ in s.line.asked[2:]] == [40]


def test_it_shows_that_it_lives_reads_the_studies_and_renews(make):
    s = make(4, seconds=1000.0)
    s.agent.act()
    for _ in range(150):
        s.clock.now += 0.1
        s.agent.act()
    assert s.line.beats == 3
    assert len(s.reads) == 11  # one of them before it claimed
    assert s.line.renewed == 4


def test_a_call_that_raises_counts_and_is_made_again(make):
    s = make(4)
    s.line.away = True
    s.agent.act()
    assert (s.tally.errors, s.agent.free) == (1, 4)
    s.line.away = False
    s.clock.now += agents.AGAIN_S
    s.agent.act()
    assert s.agent.free == 0
    s.line.away = True
    s.agent.act()
    assert (s.tally.errors, s.agent.free) == (2, 0)
    s.line.away = False
    s.clock.now += agents.AGAIN_S
    s.agent.act()
    assert len(s.line.reports[0]) == 4
    assert "does not answer" in s.tally.first_error


def test_a_refused_report_counts_as_lost(make):
    s = make(4)
    s.agent.act()
    s.line.verdict = Verdict.LEASE_LOST
    s.agent.act()
    assert (s.tally.lost, s.tally.finished["a"]) == (4, 0)


def test_nothing_counts_outside_the_window(make):
    s = make(4)
    s.window.begin.value = 1e6
    s.agent.act()
    s.agent.act()
    assert (s.tally.claimed, s.tally.reports_s) == (0, [])


def test_agents_of_one_thread_act_in_turn_until_the_window_closes(make, monkeypatch):
    s = make(40, slots=4, seconds=0.01)
    monkeypatch.setattr(agents.time, "monotonic", s.clock)
    monkeypatch.setattr(agents.time, "sleep", lambda seconds: setattr(
        s.clock, "now", s.clock.now + seconds))  # fmt: skip
    rng = np.random.default_rng(1)
    two = [Agent(replace(s.worker, id=name), s.setting, rng, s.clock) for name in "ab"]
    s.window.end.value = s.clock.now + 5.0
    serve(two, s.setting)
    assert s.tally.finished == {"a": 20, "b": 20}
    assert not s.window.end.value > s.clock.now
    assert s.tally.late_s
