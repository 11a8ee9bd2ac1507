import sys
from dataclasses import replace

import pytest
from engines.gpus import GB, a_card

from parzen.worker.gpus.inventory import Card
from parzen.worker.gpus.monitor import Monitor
from parzen.worker.gpus.nvml import Nvml

A, B = "GPU-00000000", "GPU-00000001"


@pytest.fixture
def monitor(cards):
    driver = Nvml(sys.modules["pynvml"])
    found = [Card(replace(one, cpus=frozenset()), driver, 2) for one in driver.devices()]
    owners = {}
    told = []
    made = Monitor(found, lambda uuid, why: told.append((uuid, why)), owners.get)
    made.told, made.owners = told, owners
    return made


def test_an_attempt_has_the_peak_of_memory_and_the_mean_of_utilisation(monitor, cards):
    monitor.begin("t", (A,))
    for used, busy in ((10, 20), (30, 60), (20, 100)):
        cards.change(0, used=used * GB, busy=busy)
        monitor.look()
    cards.change(0, used=5 * GB, busy=20)
    [use] = monitor.end("t")
    assert (use.uuid, use.name, use.peak_gb) == (A, "NVIDIA Test 80GB", 30.0)
    assert use.utilisation == pytest.approx(0.5)
    assert monitor.end("t") == ()


def test_where_the_driver_tells_whose_memory_it_is_others_do_not_count(monitor, cards):
    monitor.owners[7] = "t"
    cards.change(0, used=30 * GB, processes={"7": 12 * GB, "8": 18 * GB})
    monitor.begin("t", (A,))
    assert monitor.end("t")[0].peak_gb == 12.0


def test_an_attempt_of_two_gpus_has_both(monitor, cards):
    monitor.begin("t", (A, B))
    assert [use.uuid for use in monitor.end("t")] == [A, B]


def test_one_without_gpus_has_none(monitor):
    monitor.begin("t", ())
    assert monitor.end("t") == ()


def test_trouble_is_told_once_and_stays(monitor, cards):
    monitor.look()
    assert monitor.told == []
    cards.change(1, lost=True)
    monitor.look()
    cards.change(1, lost=False)
    monitor.look()
    assert [uuid for uuid, _ in monitor.told] == [B]
    assert monitor.trouble((A,)) is None
    assert "fallen off the bus" in monitor.trouble((A, B))
    assert [device.trouble is None for device in monitor.devices()] == [True, False]


def test_a_driver_that_falls_silent_is_said_once_and_breaks_no_gpu(monitor, cards, caplog):
    cards.change(0, used=GB)
    monitor.look()
    cards.say(cards.cards, fails=True)
    monitor.look()
    monitor.look()
    assert caplog.text.count(f"GPU {A} cannot be looked at") == 1
    assert (monitor.told, monitor.devices()[0].used_gb) == ([], None)  # who knows
    assert monitor.devices()[0].silence == "NVML: the driver does not answer"
    caplog.set_level("INFO")
    cards.say(cards.cards)
    monitor.look()
    assert (monitor.devices()[0].used_gb, monitor.devices()[0].silence) == (1.0, None)
    assert caplog.text.count(f"GPU {A} can be looked at again") == 1


def test_what_is_announced_is_as_it_was_last_seen(monitor, cards):
    cards.say([a_card(0, used=8 * GB, busy=25), a_card(1)])
    monitor.look()
    first = monitor.devices()[0]
    assert (first.used_gb, first.utilisation, first.memory_gb, first.slots) == (8.0, 0.25, 80.0, 2)


def test_a_fresh_reading_is_not_asked_for_again(monitor, cards):
    monitor.look()
    cards.change(0, used=9 * GB)
    assert monitor.reading(A, fresh_s=60.0).used_gb == 0.0
    assert monitor.reading(A, fresh_s=0.0).used_gb == 9.0
