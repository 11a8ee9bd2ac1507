import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.client import terms
from parzen.hyperopt import addresses
from parzen.shared.errors import InvalidStore


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("mongo://localhost:1234/foo_db/jobs", "mongodb://localhost:1234/foo_db"),
        ("localhost/hyperopt", "mongodb://localhost/hyperopt"),
        ("h:1/db", "mongodb://h:1/db"),
        ("mongo://u:p@h:1/db/jobs?authSource=admin", "mongodb://u:p@h:1/db?authSource=admin"),
        ("mongodb://a,b/db/jobs?replicaSet=x", "mongodb://a,b/db?replicaSet=x"),
        ("mongodb+srv://u:p@c.net/db?tls=true", "mongodb+srv://u:p@c.net/db?tls=true"),
        ("mongodb://h:1/?tls=true", "mongodb://h:1/?tls=true"),
        ("mongodb://h:1", "mongodb://h:1"),
    ],
)
def test_an_address_of_hyperopts_is_a_uri_of_mongodbs(theirs, ours):
    assert addresses.store(theirs) == ours


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ("mongo+ssh://u:secret@h:1/db/jobs", "ssh -N -L"),
        ("mongo://h:1/db/trials", "the collection 'trials'"),
        ("redis://h:1/db", "begins with 'redis'"),
        ("  ", "names no database"),
        (None, "names no database"),
    ],
)
def test_what_is_no_such_address_is_refused(theirs, said):
    with pytest.raises(InvalidStore, match=re.escape(said)) as told:
        addresses.store(theirs)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (None, "hyperopt"),
        ("exp1", "exp1"),
        ("my exp/2", "my.20exp.2f2"),
        ("a.b", "a.2eb"),
        ("ä", "_.c3.a4"),
        ("-x", "_-x"),
        (7, "7"),
    ],
)
def test_an_experiment_is_a_study(key, name):
    assert addresses.study(key) == name


@given(st.lists(st.text("a._-/ä $", min_size=1, max_size=6), min_size=2, max_size=2, unique=True))
def test_two_experiments_are_two_studies(keys):
    names = [addresses.study(key) for key in keys]
    assert names[0] != names[1]
    assert [terms.name(name) for name in names] == names


@pytest.mark.parametrize("key", ["", "x" * 101, "ä" * 20])
def test_a_key_that_makes_no_name_is_refused(key):
    with pytest.raises(InvalidStore, match="1 to 100 characters"):
        addresses.study(key)
