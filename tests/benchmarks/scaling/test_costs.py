from dataclasses import asdict

import pytest
from scaling import costs, meter
from scaling.meter import Meter, Reading


def test_calls_of_two_sizes_tell_the_call_from_its_trials():
    assert costs.split(3.0, 10.0) == pytest.approx((2.0, 1.0))
    assert costs.split(3.0, 2.0) == (3.0, 0.0)
    assert costs.split(1.0, 15.0) == (0.0, 2.0)


def test_what_an_idle_server_uses_does_not_count(monkeypatch):
    class Server:
        def cpu_s(self):
            return next(used)

    used, clock = iter([0.0, 0.5, 1.0, 5.0]), iter([0.0, 4.0])
    monkeypatch.setattr(meter.time, "sleep", lambda _: None)
    monkeypatch.setattr(meter.time, "monotonic", lambda: next(clock))
    measure = Meter(Server())
    measure.calibrate()
    assert measure.idle == 0.5
    with measure.on() as spent:
        pass
    assert spent == Reading(elapsed=4.0, server=2.0)
    assert spent + Reading(1.0, 1.0) == Reading(5.0, 3.0)


def test_every_operation_of_a_real_store_is_measured(served, monkeypatch):
    for name, few in [("BULK", 8), ("LOOKS", 3), ("STUDIES", 2)]:
        monkeypatch.setattr(costs, name, few)
    found = asdict(costs.measured(served, 32))
    assert all(0 <= seconds < 1 for seconds in found.values())
    assert found["coordinator_trial"] > 0
