import sys

from parzen.worker.gpus import drivers
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
