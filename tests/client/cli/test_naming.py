import pytest

from parzen.client.cli.naming import parted
from parzen.shared.errors import InvalidInput


def test_a_study_or_a_trial_of_it():
    assert parted("digits") == ("digits", None)
    assert parted("digits:17") == ("digits", 17)
    assert parted("$where") == ("$where", None)


@pytest.mark.parametrize(
    "text", ["digits:", "digits:x", "digits:-1", "digits:1.5", "digits:²", ":"]
)
def test_what_stands_after_a_colon_is_a_number(text):
    with pytest.raises(InvalidInput, match="names no trial: write STUDY:NUMBER, such as digits:17"):
        parted(text)
