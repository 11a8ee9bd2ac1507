import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.asked import for_a_list

NOTHING = {"--stop": (), "--dry-run": False}


@pytest.mark.parametrize(
    ("show", "as_json", "wanted"),
    [(False, False, False), (True, False, True), (False, True, True), (True, True, True)],
)
def test_agents_are_listed_for_people_and_for_programs(show, as_json, wanted):
    assert for_a_list(show=show, as_json=as_json, beside=NOTHING) is wanted


@pytest.mark.parametrize(
    ("given", "beside", "said"),
    [
        ({"as_json": True}, {"--dry-run": True}, "^--json lists .*, and --dry-run asks for"),
        ({"show": True}, {"--stop": ("all",)}, "^--list lists .*, and --stop asks for"),
        (
            {"show": True, "as_json": True},
            {"--stop": ("7",), "--dry-run": True},
            "^--list lists .*, and --stop --dry-run asks for",
        ),
    ],
)
def test_nothing_is_listed_beside_something_else(given, beside, said):
    with pytest.raises(InvalidInput, match=said):
        for_a_list(**{"show": False, "as_json": False, **given}, beside={**NOTHING, **beside})
