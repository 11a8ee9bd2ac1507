import pytest

from parzen.worker.launch.reach import is_here, warn


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:27017", "LOCALHOST:1", "[::1]:27017", "[::1]", "h,127.0.0.2"]
)
def test_the_loopback_interface_is_told(host, capsys):
    assert is_here(f"mongodb://{host}/parzen")
    warn(f"mongodb://{host}/parzen", "agents on gpu1")
    said = capsys.readouterr().err
    assert said.startswith(f"note: mongodb://{host}/parzen is an address of this machine alone")
    assert said.endswith("so agents on gpu1 will not reach it\n")


@pytest.mark.parametrize("host", ["db.example.net", "10.0.0.7:27017", "[fd00::1]:27017", "1270.0"])
def test_other_addresses_are_not(host, capsys):
    assert not is_here(f"mongodb://{host}/parzen")
    warn(f"mongodb://{host}/parzen", "agents on gpu1")
    assert capsys.readouterr().err == ""
