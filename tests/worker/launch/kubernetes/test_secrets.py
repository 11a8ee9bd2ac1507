import base64

from pymongo.uri_parser import parse_uri

from parzen.worker.launch.kubernetes.secrets import (
    HIDDEN,
    hidden,
    of_members,
    of_store,
    passwords,
)
from parzen.worker.launch.kubernetes.values import Values


def test_passwords_are_long_and_never_the_same():
    one, other = passwords(), passwords()
    assert not set(one.values()) & set(other.values())
    assert all(len(password) >= 32 for password in one.values())
    key = one["mongo_keyfile"]
    assert 6 <= len(key) <= 1024  # what MongoDB takes
    assert len(base64.b64decode(key)) > 500


def test_addresses_hold_the_passwords_of_their_users():
    drawn = {**passwords(), "worker_password": "p@ss/w:rd"}
    members, store = of_members(Values(store_secret="lab"), drawn)
    assert members["stringData"] == drawn
    assert store["metadata"]["name"] == "lab"
    worker = parse_uri(store["stringData"]["worker.uri"])
    assert (worker["username"], worker["password"]) == ("worker", "p@ss/w:rd")
    assert (worker["database"], worker["options"]["authSource"]) == ("parzen", "parzen")
    client = parse_uri(store["stringData"]["client.uri"])
    assert client["nodelist"] == [("127.0.0.1", 27017)]


def test_what_is_shown_names_the_keys_alone():
    [made] = of_store(Values(), "mongodb://c:one@h", "mongodb://w:two@h")
    assert set(hidden(made)["stringData"].values()) == {HIDDEN}
    assert set(made["stringData"].values()) == {"mongodb://c:one@h", "mongodb://w:two@h"}
