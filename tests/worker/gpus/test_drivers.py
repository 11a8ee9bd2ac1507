import sys

import pytest

from parzen.worker.gpus import drivers
from parzen.worker.gpus.driver import DriverError
from parzen.worker.gpus.nvml import Nvml


def test_a_driver_that_answers_is_asked(cards):
    found = list(drivers.drivers())
    assert [type(one) for one in found] == [Nvml]
    assert len(found[0].devices()) == len(cards.cards)


def test_without_a_gpu_there_is_none_and_nothing_to_say(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(drivers, "CARDS", tmp_path)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert list(drivers.drivers()) == []
    assert "pip install" not in caplog.text


def test_a_gpu_that_nothing_here_can_ask_about_is_said(monkeypatch, tmp_path, caplog):
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(drivers, "CARDS", tmp_path)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert list(drivers.drivers()) == []
    assert "pip install 'parzen[gpu]'" in caplog.text


def test_a_gpu_whose_driver_fails_is_no_machine_without_one(monkeypatch, tmp_path, cards):
    cards.say(cards.cards, fails=True)
    with pytest.raises(DriverError, match="does not answer"):
        list(drivers.drivers())
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(drivers, "CARDS", tmp_path)
    monkeypatch.setenv("PARZEN_FAKE_NVML", "nowhere")
    with pytest.raises(DriverError, match="a GPU is here, and its driver is not"):
        list(drivers.drivers())
