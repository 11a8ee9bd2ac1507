import pytest

from parzen.worker.gpus.driver import Reading
from parzen.worker.gpus.memory import IDLE, UNKNOWN, available_gb


def available(free, processes=None, promised=None, owners=None):
    reading = Reading(used_gb=80.0 - free, free_gb=free, processes=processes or {})
    return available_gb(reading, 80.0, promised or {}, owners or {})


def test_what_is_free_on_a_gpu_of_ones_own():
    assert available(70.0) == 70.0


def test_what_a_stranger_holds_is_gone():
    assert available(50.0, {7: 30.0}, owners={7: None}) == 50.0


def test_what_a_waiting_child_holds_comes_back():
    assert available(50.0, {7: 30.0}, owners={7: IDLE}) == 80.0


@pytest.mark.parametrize(("held", "left"), [(5.0, 55.0), (20.0, 55.0), (25.0, 50.0)])
def test_a_trial_that_runs_there_will_hold_what_it_was_promised(held, left):
    free = 75.0 - held  # and 5 are a stranger's
    processes = {7: held, 8: 5.0}
    assert available(free, processes, {"t": 20.0}, {7: "t", 8: None}) == left


def test_where_the_driver_does_not_tell_whose_it_is_it_counts_once():
    assert available(60.0, {}, {"t": 20.0}) == 60.0  # 20 are used, surely by it
    assert available(80.0, {}, {"t": 20.0}) == 60.0  # it has just begun


def test_what_a_known_stranger_holds_is_not_taken_for_theirs():
    assert available(30.0, {7: 50.0}, {"t": 20.0}, {7: None}) == 10.0
    assert available(30.0, {7: 50.0}, {"t": 20.0}, {7: UNKNOWN}) == 30.0


def test_a_driver_that_does_not_say_leaves_it_open():
    assert available_gb(Reading(), 80.0, {}, {}) is None
