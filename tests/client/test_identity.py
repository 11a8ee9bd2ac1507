import socket

from parzen.client import identity


def test_a_user_without_a_name_goes_by_a_number(monkeypatch):
    def nameless():
        raise KeyError("getpwuid(): uid not found: 10001")

    monkeypatch.setattr("getpass.getuser", nameless)
    user, host = identity.owner().split("@")
    assert user.isdigit()
    assert host == socket.gethostname()
