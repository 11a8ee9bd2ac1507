from types import MappingProxyType

import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.gpus.driver import Found, Silent
from parzen.worker.gpus.held import Holding
from parzen.worker.gpus.inventory import take_stock


class Driver:
    bounds = ("CUDA_VISIBLE_DEVICES",)
    silent = (Silent("7", "it is lost"),)
    hidden = MappingProxyType({"CUDA_VISIBLE_DEVICES": ""})

    def devices(self):
        return [Found(uuid=f"GPU-{n}", name="A", index=f"{n}", memory_gb=80.0) for n in range(4)]


@pytest.fixture
def holding(tmp_path):
    made = []

    def hold():
        made.append(Holding(tmp_path))
        return made[-1]

    yield hold
    for one in made:
        one.close()


def uuids(stock):
    return [card.uuid for card in stock.cards]


def test_all_that_may_be_handed_out_are_and_what_bounds_them_is_said(holding, caplog):
    caplog.set_level("INFO")
    stock = take_stock([Driver()], (), holding(), environ={"CUDA_VISIBLE_DEVICES": "1,2"})
    assert uuids(stock) == ["GPU-1", "GPU-2"]
    assert "2 of 4 GPUs may be handed out, by CUDA_VISIBLE_DEVICES='1,2'" in caplog.text


def test_who_hands_out_none_hides_them_all_the_same(holding):
    stock = take_stock([Driver()], ("none",), holding(), environ={})
    assert (stock.cards, stock.hidden) == ([], {"CUDA_VISIBLE_DEVICES": ""})


def test_without_a_driver_nothing_is_hidden(holding):
    assert take_stock([], (), holding(), environ={}).hidden == {}


def test_the_next_worker_of_a_machine_takes_the_next_ones(holding, caplog):
    assert uuids(take_stock([Driver()], (), holding(), most=1, environ={})) == ["GPU-0"]
    assert uuids(take_stock([Driver()], (), holding(), most=2, environ={})) == ["GPU-1", "GPU-2"]
    assert uuids(take_stock([Driver()], (), holding(), environ={})) == ["GPU-3"]
    assert "GPU 0 (GPU-0) is handed out by another worker" in caplog.text


def test_a_card_says_how_many_may_share_it(holding):
    [first, *_] = take_stock([Driver()], ("2",), holding(), slots_each=3, environ={}).cards
    assert (first.device.uuid, first.device.slots, first.device.memory_gb) == ("GPU-2", 3, 80.0)


def test_one_that_is_not_there_is_refused(holding):
    with pytest.raises(InvalidInput, match="--gpus names '9'"):
        take_stock([Driver()], ("9",), holding(), environ={})
    with pytest.raises(InvalidInput, match=r"'7', which does not answer \(it is lost\)"):
        take_stock([Driver()], ("7",), holding(), environ={})
