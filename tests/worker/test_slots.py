"""A slot with an executor that the test plays."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace

import pytest

from parzen.shared.errors import Incompatible
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Attempt, Claim, Completed, Released, Requires, Study, Trial, Uid
from parzen.worker.attempt import Stop
from parzen.worker.bench import Bench
from parzen.worker.containers.engine import EngineTrouble
from parzen.worker.executor.protocol import Done
from parzen.worker.gpus.driver import Found
from parzen.worker.gpus.inventory import Card
from parzen.worker.gpus.monitor import Monitor
from parzen.worker.letters import Broken, Hindered, Vacant
from parzen.worker.outage import Outage
from parzen.worker.outputs import Outputs
from parzen.worker.pace import Paces
from parzen.worker.ready import Ready
from parzen.worker.reports import Finished
from parzen.worker.seats import Seat, place
from parzen.worker.shipping import Shipping
from parzen.worker.slots import Slot
from parzen.worker.workdirs import Workdirs


class Child:
    pid = 0

    def __init__(self):
        self.jobs, self.retired, self.says = [], False, None

    def usable(self):
        return not self.retired

    def run(self, job):
        self.jobs.append(job)
        job.log.write_text("said\n")

    def receive(self, timeout_s):
        return [Done(Completed(value=1.0), self.says)]

    def retire(self):
        self.retired = True

    def ask_to_stop(self):
        pass

    def interrupt(self):
        pass


class Executor:
    def __init__(self):
        self.children = []

    def spawn(self):
        self.children.append(Child())
        return self.children[-1]


class Heartbeat:
    def hold(self, claim, since, listener):
        pass

    def locate(self, claim):
        pass

    def expires(self, claim):
        return float("inf")


class Reports:
    def __init__(self):
        self.added = []

    def add(self, finished, at_once=True):
        self.added.append(finished)

    def go(self):
        pass


class Bundles:
    def __init__(self):
        self.error = None

    def path(self, study):
        if self.error:
            raise self.error
        return Path(f"{study.name}.zip")


@pytest.fixture
def slot(tmp_path):
    outputs = Outputs()
    shipping = Shipping(None, Outage(), pytest.fail, limit_bytes=0)
    with ThreadPoolExecutor(1) as uploads:
        bench = Bench(
            queue=None,
            heartbeat=Heartbeat(),
            outage=Outage(),
            bundles=Bundles(),
            workdirs=Workdirs(tmp_path),
            executor=Executor(),
            containers=None,
            uploads=uploads,
            grace_s=1.0,
            outputs=outputs,
            shipping=shipping,
            reports=Reports(),
            ready=Ready(),
            pace=Paces(1),
            gpus=Monitor(),
            place=lambda seats, requires: place(seats, requires, {}, {}),
        )
        letters = SimpleQueue()
        slot = Slot(bench, letters.put, "slot", Seat(0))
        slot.bench, slot.letters = bench, letters
        yield slot
        slot.close()
        slot.join()
    outputs.close()
    shipping.close(0.0)


def a_claim(number, study="s"):
    uid = Uid(study)
    attempt = Attempt(n=1, token=f"t{number}", worker="w", host="h")
    trial = Trial(study=study, uid=uid, number=number, params={}, attempts=(attempt,))
    return Claim(Study(name=study, uid=uid, dimensions=()), trial, f"t{number}", 60.0)


def run(slot, claim):
    """What the slot says about it, up to the word that it is free."""
    slot.take(slot.bench.attempt(claim, 0.0))
    letters = [slot.letters.get(timeout=30.0)]
    while not isinstance(letters[-1], (Vacant, Broken)):
        letters.append(slot.letters.get(timeout=30.0))
    return letters


def test_an_outcome_carries_the_tail_of_the_output(slot):
    finished, vacant = run(slot, a_claim(0))
    assert finished.outcome == Completed(value=1.0, log_tail="said\n")
    assert finished.claim.trial.attempts[-1].log_bytes == 5
    assert vacant == Vacant(slot)
    assert slot.claim is None


@pytest.mark.parametrize("put", [os.mkdir, os.mkfifo, lambda log: log.symlink_to(log)])
def test_whatever_a_trial_puts_in_its_outputs_place_its_outcome_stands(slot, monkeypatch, put):
    def run_and_replace(child, job):
        job.log.write_text("said\n")
        job.log.unlink()
        put(job.log)

    monkeypatch.setattr(Child, "run", run_and_replace)
    finished, _ = run(slot, a_claim(0))
    assert finished.outcome == Completed(value=1.0, log_tail="said\n")
    monkeypatch.undo()
    assert isinstance(run(slot, a_claim(1))[0].outcome, Completed)


def test_trials_of_one_study_share_a_child(slot):
    for number in range(3):
        run(slot, a_claim(number))
    (child,) = slot.bench.executor.children
    assert [job.number for job in child.jobs] == [0, 1, 2]


def test_another_study_has_another_child(slot):
    run(slot, a_claim(0, "a"))
    run(slot, a_claim(0, "b"))
    first, second = slot.bench.executor.children
    assert (first.retired, second.retired) == (True, False)


def test_a_child_that_asks_for_it_is_replaced_before_the_slot_is_free(slot):
    run(slot, a_claim(0))
    (first,) = slot.bench.executor.children
    first.says = "an open file"
    run(slot, a_claim(1))
    assert first.retired
    run(slot, a_claim(2))
    assert len(slot.bench.executor.children) == 2


def test_a_machine_that_cannot_run_it_says_why_and_costs_the_trial_nothing(slot, tmp_path):
    slot.bench.bundles.error = Incompatible("no numpy here")
    finished, _ = run(slot, a_claim(0))
    assert (finished.outcome.error.kind, finished.outcome.error.message) == (
        FailureKind.INCOMPATIBLE,
        "no numpy here",
    )
    slot.bench.bundles.error = OSError(28, "No space left on device")
    hindered, finished, _ = run(slot, a_claim(1))
    assert "No space left" in hindered.trouble
    assert finished.outcome == Released(log_tail="")


def test_where_only_the_engine_is_in_trouble_that_is_told(slot):
    told = []
    slot.bench = slot._bench = replace(slot.bench, containers=SimpleNamespace(failed=told.append))
    slot._fetching._bench = slot.bench
    slot.bench.bundles.error = trouble = EngineTrouble("it does not answer")
    hindered, finished, _ = run(slot, a_claim(0))
    assert hindered == Hindered("it does not answer", by_engine=True)
    assert told == [trouble]
    assert finished.outcome == Released(log_tail="", begun=False)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_foresaw_is_not_kept_quiet(slot):
    slot.bench.bundles.error = ZeroDivisionError()
    (broken,) = run(slot, a_claim(0))
    assert isinstance(broken.error, ZeroDivisionError)


def test_finished_comes_before_vacant(slot):
    letters = run(slot, a_claim(0))
    assert [type(letter) for letter in letters] == [Finished, Vacant]
    assert slot.bench.reports.added == letters[:1]


def test_a_child_whose_study_has_ended_is_replaced_by_one_for_whatever_comes(tmp_path, slot, until):
    slot._warmth._early = True
    run(slot, a_claim(0, "a"))
    slot.renew()
    until(lambda: len(slot.bench.executor.children) == 2 and slot.serves is None)
    first, blank = slot.bench.executor.children
    assert (first.retired, blank.retired) == (True, False)
    run(slot, a_claim(0, "b"))
    assert [job.number for job in blank.jobs] == [0]
    assert slot.serves == Uid("b")


def test_what_is_ready_follows_at_once_that_of_its_childs_study_first(slot):
    slot.bench.ready.put(slot.bench.attempt(a_claim(n, s), 0.0) for n, s in [(5, "b"), (6, "a")])
    letters = run(slot, a_claim(4, "a"))
    ended = [letter.claim.trial.number for letter in letters if isinstance(letter, Finished)]
    assert ended == [4, 6, 5]
    assert letters[-1] == Vacant(slot)
    assert slot.serves == Uid("b")


def test_what_a_slot_takes_on_can_be_stopped(slot, monkeypatch):
    asked, go_on = threading.Event(), threading.Event()

    def receive(child, timeout_s):
        if child.jobs[-1].number == 1:
            asked.set()
            go_on.wait(30.0)
        return [Done(Completed(value=1.0), None)]

    monkeypatch.setattr(Child, "receive", receive)
    following = slot.bench.attempt(a_claim(1), 0.0)
    slot.bench.ready.put([following])
    slot.take(slot.bench.attempt(a_claim(0), 0.0))
    assert asked.wait(30.0)
    slot.stop(Stop.MAKE_WAY, 30.0)
    assert following.stopped
    go_on.set()


@pytest.fixture
def quiet(slot, monkeypatch):
    """Its trials say nothing; ``quiet.places`` are the inodes of their directories."""
    slot.places = []

    def play(child, job):
        child.jobs.append(job)
        assert list(job.workdir.iterdir()) == []
        assert job.log.read_text() == ""
        slot.places.append((job.workdir.name, job.workdir.stat().st_ino))

    monkeypatch.setattr(Child, "run", play)
    return slot


def left_below(root):
    """All paths, by a walk that does not mind what goes meanwhile."""
    walk = ((Path(at), names) for at, *kinds in os.walk(root) for names in kinds)
    return {str((at / name).relative_to(root)) for at, names in walk for name in names}


def test_a_short_trial_that_left_nothing_hands_its_directory_on(quiet, tmp_path, until):
    for number in range(3):
        run(quiet, a_claim(number))
    names, inodes = zip(*quiet.places, strict=True)
    assert names == ("t0", "t1", "t2")
    assert len(set(inodes)) == 1
    until(lambda: left_below(tmp_path) == {"s", "s/2", "s/2/t2", "s/2/t2.log"})


def test_a_directory_that_nobody_wants_is_taken_away(quiet, tmp_path, monkeypatch, until):
    monkeypatch.setattr("parzen.worker.slots.SPARE_S", 0.0)
    run(quiet, a_claim(0))
    until(lambda: left_below(tmp_path) == {"s"})
    run(quiet, a_claim(1))
    assert quiet.places[1][0] == "t1"


def test_a_slot_that_ends_takes_it_away(quiet, tmp_path):
    run(quiet, a_claim(0))
    quiet.close()
    quiet.join()
    assert left_below(tmp_path) == {"s"}


def test_another_studys_trial_has_a_directory_of_its_own(quiet, tmp_path, until):
    run(quiet, a_claim(0))
    run(quiet, a_claim(1, study="other"))
    until(lambda: left_below(tmp_path) == {"s", "other", "other/1", "other/1/t1", "other/1/t1.log"})


def test_what_a_longer_trial_left_is_tidied_at_once(quiet, tmp_path, monkeypatch, until):
    monkeypatch.setattr("parzen.worker.slots.SHORT_S", 0.0)
    run(quiet, a_claim(0))
    until(lambda: left_below(tmp_path) == {"s"})


def test_the_directory_of_a_child_that_is_replaced_is_not_handed_on(quiet, tmp_path, until):
    run(quiet, a_claim(0))
    quiet.bench.executor.children[0].says = "the thread 'x'"
    run(quiet, a_claim(1))
    until(lambda: left_below(tmp_path) == {"s"})


def test_a_trial_that_is_tried_again_is_told_where_it_was_and_has_a_new_directory(quiet):
    run(quiet, a_claim(0))
    claim = a_claim(1)
    again = replace(claim.trial.attempts[0], n=2, token="t1b")
    trial = replace(claim.trial, attempts=(*claim.trial.attempts, again))
    run(quiet, replace(claim, trial=trial, token="t1b"))
    assert [name for name, _ in quiet.places] == ["t0", "t1b"]


def test_a_slot_whose_gpu_is_out_of_service_takes_nothing_more_on(slot):
    broken = slot.bench.gpus
    slot.seat = Seat(0, Card(Found(uuid="GPU-0", name="A", index="0"), None))
    claims = [a_claim(1), a_claim(2)]
    slot.bench.ready.put([slot.bench.attempt(claims[1], 0.0)])
    broken._trouble["GPU-0"] = "lost"  # as a look at it would find
    letters = run(slot, claims[0])
    assert isinstance(letters[-1], Vacant)
    assert len(slot.bench.ready) == 1


def test_a_study_that_requires_a_gpu_anew_gets_one_or_another_slot(slot):
    """A slot without a GPU does not go on with it, though its child is warm for the study."""
    before, after = a_claim(1), a_claim(2)
    requires = Requires(gpus=1)
    after = replace(after, study=replace(after.study, requires=requires))
    slot.bench.ready.put([slot.bench.attempt(after, 0.0)])
    letters = run(slot, before)
    assert isinstance(letters[-1], Vacant)
    assert len(slot.bench.ready) == 1
