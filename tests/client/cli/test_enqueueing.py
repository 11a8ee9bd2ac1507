from __future__ import annotations

import json

import pytest


@pytest.fixture
def study(worked):
    return worked(waiting=1)


def params(store, study, numbers):
    return [store.catalog.trial(study, n).params["x"] for n in numbers]


def test_one_point_as_words(call, store, study):
    code, out, _ = call("enqueue", "s", "x=0.25", "--user", '{"why": "paper"}')
    assert (code, out) == (0, "trial 1 is tried next: x=0.25\n")
    trial = store.catalog.trial(study, 1)
    assert (trial.params, trial.user) == ({"x": 0.25}, {"why": "paper"})


@pytest.mark.parametrize(
    "text",
    [
        '[{"x": 0.25}, {"x": 1}]',
        '{"x": 0.25}\n\n{"x": 1}\n',
        "x\n0.25\n1\n",
    ],
)
def test_many_points_from_a_file(call, store, study, tmp_path, text):
    file = tmp_path / "points"
    file.write_text(text)
    code, out, _ = call("enqueue", "s", "--file", file)
    assert (code, len(out.splitlines())) == (0, 2)
    assert params(store, study, [1, 2]) == [0.25, 1.0]


def test_what_is_drawn_at_random_is_said(call, study, tmp_path):
    file = tmp_path / "points"
    file.write_text("[{}]")
    assert call("enqueue", "s", "--file", file)[1].endswith(" (drawn at random: x)\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{}, 3]", "point 2 is 3: expected an object"),
        ('{"x": 1}\n{"x":', "line 2 cannot be read as JSON"),
        ("x\n0.5\nhigh\n", "line 3 of the file: the parameter 'x' is 'high'; it must be a number"),
        ("x\n0.5,1\n", "line 2 of the file has more cells than its first line"),
        ("lr\n0.5\n", "line 2 of the file: there is no parameter 'lr'; did you mean x?"),
        ("", "the file holds no points"),
        ('[{"x": 0.5}, {"x": 2}]', "the parameter 'x' is 2; it must be a number from 0.0 to 1.0"),
    ],
)
def test_of_a_wrong_file_nothing_is_added(call, store, study, tmp_path, text, message):
    file = tmp_path / "points"
    file.write_text(text)
    code, out, err = call("enqueue", "s", "--file", file)
    assert (code, out) == (2, "")
    assert message in err
    assert store.catalog.created(study) == 1


def test_which_points_must_be_said(call, study):
    code, out, err = call("enqueue", "s")
    assert (code, out) == (2, "")
    assert "which points is not clear" in err


def test_programs_get_the_numbers(call, study):
    [item] = json.loads(call("enqueue", "s", "x=0.5", "--json")[1])["items"]
    assert item["trials"] == [1]
