import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.words import checked


def test_options_of_a_worker_are_handed_on_as_they_stand():
    words = ("--slots", "2", "--studies", "first", "--idle-timeout", "600")
    assert checked(words) == words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--slots", "0"], "'--slots'"),
        (["--slotss", "1"], "--slotss"),
        (["first"], "unexpected extra argument"),
        (["--help"], "--help"),
        (["-h"], "--help"),
        (["--store", "mongodb://u:secret@h"], "give it to `parzen launch` itself"),
        (["--store=mongodb://u:secret@h"], "give it to `parzen launch` itself"),
    ],
)
def test_what_a_worker_would_refuse_is_refused_before_anything_is_launched(words, said):
    with pytest.raises(InvalidInput) as raised:
        checked(words)
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)
