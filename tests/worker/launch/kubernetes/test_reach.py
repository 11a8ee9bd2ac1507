import pytest

from parzen.shared.errors import InvalidStore
from parzen.worker.launch.kubernetes.reach import ports, reachable


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:27017", "LOCALHOST:1", "[::1]:27017", "[::1]", "h,127.0.0.2"]
)
def test_this_machine_is_another_one_in_a_pod(host):
    with pytest.raises(InvalidStore, match="an address that the cluster's pods can reach") as told:
        reachable(f"mongodb://u:secret@{host}/parzen")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("host", ["db.example.net", "10.0.0.7:27017", "[fd00::1]:27017"])
def test_others_may_be_reached(host):
    reachable(f"mongodb://u:p@{host}/parzen")


def test_ports_are_those_of_the_address():
    assert ports("mongodb://u:p@a:27015,b,[fd00::1]:5/x?y=z") == (5, 27015, 27017)
    assert ports("mongodb+srv://u:p@a.example.net/x") == (27017,)
