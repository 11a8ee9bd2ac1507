import pytest

from parzen.shared.metrics.health import READY_S, TURN_S, Health


@pytest.fixture
def clock():
    class Clock:
        at = 1000.0

        def __call__(self):
            return self.at

    return Clock()


@pytest.fixture
def health(clock):
    return Health(clock)


def test_a_process_that_waits_for_its_store_lives_and_is_not_ready(health, clock):
    clock.at += 10 * TURN_S
    assert health.alive.well
    assert not health.ready.well
    assert health.silence_s is None


def test_a_loop_that_stands_still_is_told(health, clock):
    health.turned()
    clock.at += TURN_S
    assert health.alive.well
    clock.at += 1
    assert not health.alive.well
    assert health.alive.reason == f"the main loop turned {TURN_S + 1:.0f} s ago"
    health.turned()
    assert health.alive.well


def test_ready_is_who_was_answered_lately(health, clock):
    health.answered()
    clock.at += READY_S
    assert health.ready.well
    assert health.silence_s == READY_S
    clock.at += 1
    assert not health.ready.well
    assert health.ready.reason == f"the store answered {READY_S + 1:.0f} s ago"
