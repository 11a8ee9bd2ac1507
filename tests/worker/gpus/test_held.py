from parzen.worker.gpus.driver import Found
from parzen.worker.gpus.held import Holding

TWO = [Found(uuid="GPU-a", name="A", index="0"), Found(uuid="MIG-b/1/0", name="A", index="1")]


def uuids(found):
    return [one.uuid for one in found]


def test_a_gpu_is_one_workers_until_that_lets_go(tmp_path):
    first, second = Holding(tmp_path / "gpus"), Holding(tmp_path / "gpus")
    assert first.take(TWO[:1], None) == (TWO[:1], [])
    assert second.take(TWO, None) == (TWO[1:], TWO[:1])
    first.close()
    assert second.take(TWO[:1], None) == (TWO[:1], [])
    second.close()


def test_no_more_are_held_than_are_wanted(tmp_path):
    first, second = Holding(tmp_path), Holding(tmp_path)
    assert uuids(first.take(TWO, 1)[0]) == ["GPU-a"]
    assert uuids(second.take(TWO, 1)[0]) == ["MIG-b/1/0"]
    first.close()
    second.close()
