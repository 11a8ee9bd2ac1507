import math
from dataclasses import fields, replace

import pytest
from scaling.model import (
    COORDINATOR,
    DATABASE,
    SLOTS,
    Part,
    System,
    Times,
    erlang_c,
    forecast,
    leads,
    parts,
    queueing_s,
)

FREE = Times(**{field.name: 0.0 for field in fields(Times)})
TIMES = replace(
    FREE,
    claim_call=0.001,
    claimed=0.0002,
    report_call=0.001,
    reported=0.0003,
    insert=0.0001,
    coordinator_trial=0.002,
    coordinator_turn=0.001,
)


def test_instant_trials_are_held_up_by_the_part_that_gives_first():
    system = System(slots=1000, duration_s=0.0)
    told = forecast(TIMES, system)
    assert told.first == COORDINATOR
    assert told.rate == pytest.approx(499.5)  # of a thread that looks once a second as well
    assert told.used[COORDINATOR] == pytest.approx(1)
    assert told.used[DATABASE] == pytest.approx(499.5 * 0.0026 / 2)


def test_long_trials_are_held_up_by_nothing_but_the_slots():
    told = forecast(TIMES, System(slots=1000, duration_s=600.0))
    assert told.first == SLOTS
    assert told.rate == pytest.approx(1000 / 600)
    assert max(told.used.values()) < 0.01


def test_batches_spare_the_database_its_calls():
    one = parts(TIMES, System(slots=8, duration_s=1.0, batch=1.0))[DATABASE]
    eight = parts(TIMES, System(slots=8, duration_s=1.0, batch=8.0))[DATABASE]
    assert one.per_trial == pytest.approx(0.0026)
    assert eight.per_trial == pytest.approx(0.0006 + 0.002 / 8)


def test_claims_that_find_nothing_count():
    times = replace(FREE, look=0.001)
    assert parts(times, System(slots=1, duration_s=1.0, looks=3.0))[DATABASE].per_trial == 0.003
    times = replace(times, look_study=0.0001)
    found = parts(times, System(slots=1, duration_s=1.0, looks=1.0, studies=200))
    assert found[DATABASE].per_trial == pytest.approx(0.001 + 199 * 0.0001)


@pytest.mark.parametrize("name", ["coordinators", "shards"])
def test_more_of_a_part_helps_while_there_are_studies_for_each(name):
    part = {"coordinators": COORDINATOR, "shards": DATABASE}[name]
    few = parts(TIMES, System(slots=1, duration_s=1.0, studies=2))[part]
    two = parts(TIMES, System(slots=1, duration_s=1.0, studies=2, **{name: 2}))[part]
    three = parts(TIMES, System(slots=1, duration_s=1.0, studies=2, **{name: 3}))[part]
    assert two.capacity == three.capacity == 2 * few.capacity


def test_agents_cost_something_for_being_there():
    times = replace(FREE, beat=0.005, read=0.001, read_study=0.0001, renewed=0.0015)
    system = System(slots=80, duration_s=60.0, slots_per_agent=8, studies=5)
    per_agent = 0.005 / 5 + (0.001 + 5 * 0.0001) / 1.5
    assert parts(times, system)[DATABASE].per_slot == pytest.approx(0.0001 + per_agent / 8)


def test_a_coordinator_looks_at_few_studies_each_second_and_at_many_less_often():
    times = replace(FREE, turn=0.002, coordinator_turn=0.001)

    def fixed(studies, **fields):
        found = parts(times, System(slots=1, duration_s=1.0, studies=studies, **fields))
        return found["database"].fixed, found["coordinator"].fixed

    assert fixed(20) == pytest.approx((20 * 0.002, 20 * 0.001))
    assert fixed(200) == fixed(2000) == pytest.approx((50 * 0.002, 50 * 0.001))
    assert fixed(200, coordinators=2)[0] == pytest.approx(100 * 0.002)


def test_a_coordinator_renews_its_lease_on_each_study():
    times = replace(FREE, led=0.001, coordinator_led=0.005)
    found = parts(times, System(slots=1, duration_s=1.0, studies=100, lead_s=10.0))
    assert found[COORDINATOR].fixed == pytest.approx(0.15)
    assert found[DATABASE].fixed == pytest.approx(0.03)


def test_a_coordinator_keeps_up_with_so_many_studies():
    times = replace(FREE, coordinator_turn=0.002, coordinator_led=0.01)
    system = System(slots=0, duration_s=1.0, lead_s=10.0)
    assert leads(times, system) == pytest.approx(300, abs=1)
    assert leads(times, system, 0.4) == pytest.approx(100, abs=1)
    assert leads(replace(times, coordinator_turn=0.02), system) == 0
    assert leads(replace(times, coordinator_led=0.0), system) is None


def test_what_a_part_carries_is_what_it_can_do():
    part = Part(capacity=2.0, per_trial=0.002, per_slot=0.0001, fixed=0.1)
    slots = part.carries(10.0, 0.7)
    assert part.used(slots / 10.0, slots) <= 0.7 < part.used((slots + 1) / 10.0, slots + 1)
    assert part.carries(60.0) > part.carries(10.0) > part.carries(1.0)
    assert Part(capacity=1.0, per_trial=0.1, per_slot=0.0, fixed=2.0).carries(1.0) == 0


def test_a_part_that_its_standing_costs_fill_does_no_trial():
    assert Part(capacity=1.0, per_trial=0.1, per_slot=0.01, fixed=0.5).most(60) == 0.0
    assert Part(capacity=1.0, per_trial=0.0, per_slot=0.0, fixed=0.5).most(60) == math.inf


def test_erlangs_c_is_the_known_one():
    assert erlang_c(0.5, 1) == pytest.approx(0.5)  # M/M/1 waits with probability rho
    assert erlang_c(1.0, 2) == pytest.approx(1 / 3)
    assert erlang_c(8.0, 10) == pytest.approx(0.4092, abs=1e-4)
    assert erlang_c(2.0, 2) == 1.0
    assert erlang_c(400.0, 500) < 1e-5


def test_waits_follow_from_it():
    assert queueing_s(50.0, 0.01, 1) == pytest.approx(0.01)  # rho / (mu - lambda)
    assert queueing_s(100.0, 0.01, 1) == math.inf
    assert queueing_s(100.0, 0.01, 2) == pytest.approx(0.01 / 3)


def test_a_busy_database_lets_operations_wait():
    idle = forecast(TIMES, System(slots=100, duration_s=10.0))
    busy = forecast(TIMES, System(slots=4000, duration_s=10.0))
    assert 0 < idle.wait_s < busy.wait_s < math.inf
    assert forecast(FREE, System(slots=100, duration_s=10.0)).wait_s == 0.0
