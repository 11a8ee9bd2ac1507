import pytest

from parzen.client.reference import FORM, fault

DIGEST = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    "name",
    [
        "torch",
        "12",
        "torch:2.9",
        "lab/torch:2.9-cu12_X",
        "localhost:5000/x:1",
        "Registry.Lab/a/b__c/d--e.f:1",
        "registry:5000/a/b:2@" + DIGEST,
        "[::1]:5000/x",
        "192.0.2.1/x",
        DIGEST,
        "a" * 255,
    ],
)
def test_what_an_engine_takes_is_taken(name):
    assert fault(name) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Base:1", "write it in lower case, but for its host and its tag"),
        ("registry.lab/Torch", "write it in lower case, but for its host and its tag"),
        ("http://base:1", "leave 'http://' out"),
        ("docker://lab/torch", "leave 'docker://' out"),
        ("base:1:2", FORM),
        ("base:", FORM),
        ("base@sha256:0f", FORM),
        ("lab//torch", FORM),
        ("lab/torch/", FORM),
        ("a_-b", FORM),
        ("-it", FORM),
        ("", FORM),
        ("base\n", FORM),
        ("base:" + "1" * 129, FORM),
        ("a" * 256, FORM),
        ("bäse", FORM),
    ],
)
def test_what_none_takes_is_told_with_what_to_do(name, said):
    assert fault(name) == said
