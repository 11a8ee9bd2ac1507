from __future__ import annotations

import pytest

from parzen.shared.mongo.addressing import member_address, speaks_tls


@pytest.mark.parametrize(
    ("uri", "tls"),
    [
        ("mongodb://h/", False),
        ("mongodb://h/?tls=true", True),
        ("mongodb://h/?ssl=true", True),
        ("mongodb://h/?tlsCAFile=%2Fca.pem", True),
        ("mongodb://h/?tls=false", False),
        ("mongodb+srv://h/", True),
        ("mongodb+srv://h/?tls=false", False),
    ],
)
def test_whether_an_address_asks_for_tls(uri, tls):
    assert speaks_tls(uri) is tls


@pytest.mark.parametrize(
    ("uri", "options"),
    [
        ("mongodb://ann:pw@a,b/db?replicaSet=rs&authSource=admin", "directConnection=true"),
        ("mongodb+srv://ann:pw@a/db", "tls=true&directConnection=true"),
        ("mongodb://a/?ssl=true", "tls=true&directConnection=true"),
        (
            "mongodb://a/?tls=true&tlsCAFile=%2Fca&w=1",
            "tls=true&tlsCAFile=%2Fca&directConnection=true",
        ),
    ],
)
def test_one_member_is_asked_as_nobody_with_the_same_tls(uri, options):
    assert member_address(uri, "b:27018") == f"mongodb://b:27018/?{options}"
