from __future__ import annotations

import json

import pytest

from parzen.shared.steering import Draft


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


def test_a_file_with_a_mark_of_its_encoding_is_read(call, store, study, tmp_path):
    file = tmp_path / "points"
    file.write_text("x\r\n0.25\r\n", encoding="utf-8-sig", newline="")
    assert call("enqueue", "s", "--file", file)[0] == 0
    assert params(store, study, [1]) == [0.25]


def test_points_that_others_left_no_room_for_are_told(call, store, study, tmp_path, monkeypatch):
    file = tmp_path / "points"
    file.write_text("x\n0.25\n0.5\n")
    store.catalog.append(study, [Draft(params={"x": 0.1})] * 8)  # 9 of 10
    monkeypatch.setattr("parzen.client.steering.Steered._require_room", lambda *_: None)
    code, out, _ = call("enqueue", "s", "--file", file)
    assert code == 0
    assert out.splitlines() == [
        "trial 9 is tried next: x=0.25",
        "1 point found no room any more: others added trials at this moment",
    ]
    assert store.catalog.created(study) == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "the file holds no points"),
        ('{"x": 0.1, "x": 0.2}', "the file names 'x' twice"),
        ("x,x\n1,1\n", "the file names 'x' twice"),
        ('[{"x": NaN}]', "NaN is no number that can be tried"),
        ("[" * 100_000, "the file is nested too deeply"),
        ("x\n" + "1" * 200_000, "of the file cannot be read: field larger than field limit"),
        (b"x\n\xe9\n", "the file is no text in UTF-8 (byte 2)"),
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
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
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
