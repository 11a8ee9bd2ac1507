"""NVIDIA's driver as parzen asks it: on a stand-in, and on the real library where a GPU is."""

import sys

import pytest
from engines import gpus
from engines.gpus import GB, a_card, a_part, library

from parzen.worker.gpus.driver import DriverError
from parzen.worker.gpus.nvml import Nvml


def test_the_stand_in_has_no_word_that_the_library_lacks():
    real = pytest.importorskip("pynvml")
    said = {name for name in vars(library()) if name.lower().startswith("nvml")}
    assert said
    assert {name for name in said if not hasattr(real, name)} == set()


@pytest.fixture(params=["stand-in", "real"])
def driver(request, monkeypatch, tmp_path):
    if request.param == "real":
        real = pytest.importorskip("pynvml")
        try:
            return Nvml(real)
        except DriverError as error:
            pytest.skip(f"no GPU is here: {error}")
    gpus.install(monkeypatch, tmp_path, [a_card(0, busy=7, used=GB), a_card(1)])
    return Nvml(sys.modules["pynvml"])


def test_each_gpu_is_told_with_what_it_has(driver):
    found = driver.devices()
    assert found
    assert [one.card for one in found] == sorted(one.card for one in found)
    for one in found:
        assert one.uuid.startswith(("GPU-", "MIG-"))
        assert one.name
        assert one.memory_gb is None or one.memory_gb > 0.1
        reading = driver.read(one.uuid)
        assert reading.trouble is None
        assert reading.utilisation is None or 0 <= reading.utilisation <= 1
        if one.memory_gb is not None:
            assert reading.used_gb + reading.free_gb <= one.memory_gb * 1.01


@pytest.fixture
def shown(monkeypatch, tmp_path):
    def show(*cards):
        return gpus.install(monkeypatch, tmp_path, list(cards)), Nvml(sys.modules["pynvml"])

    return show


def test_a_reading_tells_memory_utilisation_and_whose_it_is(shown):
    _, driver = shown(a_card(0, used=20 * GB, busy=50, processes={"77": 19 * GB, "78": None}))
    reading = driver.read("GPU-00000000")
    assert (reading.used_gb, reading.free_gb, reading.utilisation) == (20.0, 60.0, 0.5)
    assert reading.processes == {77: 19.0}


def test_instances_of_a_divided_card_stand_in_its_place(shown):
    _, driver = shown(a_card(0, mig=[a_part("a"), None, a_part("b")]), a_card(1))
    found = driver.devices()
    assert [(one.uuid, one.index, one.mig) for one in found] == [
        ("MIG-a", "0:0", True),
        ("MIG-b", "0:2", True),
        ("GPU-00000001", "1", False),
    ]
    reading = driver.read("MIG-b")
    assert (reading.free_gb, reading.utilisation, reading.trouble) == (10.0, None, None)


def test_the_cpus_near_it_are_told_where_the_driver_does(shown):
    _, driver = shown(a_card(0, cpus=[0, 3]), a_card(1))
    assert [one.cpus for one in driver.devices()] == [frozenset({0, 3}), frozenset()]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"lost": True}, "fallen off the bus"),
        ({"reset": True}, "nvidia-smi --gpu-reset"),
        ({"errors": 2}, "2 uncorrectable errors"),
        ({"unmappable": 1}, "to be replaced"),
    ],
)
def test_one_that_must_not_be_used_says_why(shown, fields, said):
    cards, driver = shown(a_card(0), a_card(1))
    cards.change(0, **fields)
    assert said in driver.read("GPU-00000000").trouble
    assert driver.read("GPU-00000001").trouble is None


def test_errors_that_were_none_are_no_trouble(shown):
    _, driver = shown(a_card(0, errors=0, unmappable=0))
    assert driver.read("GPU-00000000").trouble is None


def test_one_that_is_gone_is_not_listed_and_the_others_are(shown):
    cards, driver = shown(a_card(0), a_card(1))
    cards.change(0, lost=True)
    assert [one.uuid for one in driver.devices()] == ["GPU-00000001"]


def test_a_driver_that_does_not_answer_is_no_trouble_of_the_gpu(shown):
    cards, driver = shown(a_card(0))
    cards.say(cards.cards, fails=True)
    with pytest.raises(DriverError, match="does not answer"):
        driver.read("GPU-00000000")


def test_a_machine_without_one_has_no_driver(monkeypatch, tmp_path):
    monkeypatch.setenv("PARZEN_FAKE_NVML", str(tmp_path / "nothing"))
    with pytest.raises(DriverError, match="Not Found"):
        Nvml(library())


def test_a_process_sees_those_of_the_ids_alone(shown):
    _, driver = shown(a_card(0))
    assert driver.visible(["GPU-b", "GPU-a"]) == {"CUDA_VISIBLE_DEVICES": "GPU-b,GPU-a"}
    assert driver.hidden == {"CUDA_VISIBLE_DEVICES": ""}


def test_one_that_does_not_answer_is_silent_with_its_words(shown):
    cards, driver = shown(a_card(0), a_card(1))
    cards.change(1, lost=True)
    driver.devices()
    assert [(one.index, one.said) for one in driver.silent] == [("1", "GPU is lost")]
    cards.change(1, lost=False)
    assert len(driver.devices()) == 2
    assert driver.silent == []
