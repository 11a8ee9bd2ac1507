import math

import pytest

from parzen.client.curve import ASCII, BRAILLE, bounds, curve, held, labelled, pen


def test_values_rise_and_fall_from_left_to_right():
    assert curve([0, 1, 2, 3, 2, 1, 0], 7, 2, ASCII) == ["  _||  ", "_|   '|"]


def test_a_step_is_drawn_without_holes():
    assert curve([1, 1, 0, 0], 4, 2, ASCII) == ["''| ", "  |_"]


@pytest.mark.parametrize("by", [BRAILLE, ASCII])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (10, 3), (80, 8)])
def test_it_has_the_size_that_is_wanted(by, width, height):
    for count in (0, 1, 3, 1000):
        lines = curve([math.sin(n) for n in range(count)], width, height, by)
        assert [len(line) for line in lines] == [width] * height


def test_the_least_is_the_lowest_and_the_greatest_the_highest_dot():
    first, last = curve([0.0, 1.0], 1, 1, BRAILLE)[0], curve([1.0, 0.0], 1, 1, BRAILLE)[0]
    assert (first, last) == ("⡸", "⢱")


def test_equal_values_lie_in_the_middle():
    assert curve([5.0] * 4, 4, 3, ASCII) == ["    ", "----", "    "]


def test_what_is_no_number_leaves_a_gap():
    assert curve([1, None, math.nan, math.inf, 1], 5, 1, ASCII) == ["-   -"]
    assert curve([None, math.nan], 3, 1) == ["   "]


def test_values_at_the_ends_of_the_floats_do_no_harm():
    assert len(curve([-1.7e308, 1.7e308], 4, 2)) == 2
    assert len(labelled([5e-324, 1e308], 40, 3, BRAILLE)) == 3


def test_steps_hold_until_the_next():
    assert held([(1, 0.5), (3, 0.25)], last=4, points=5) == [None, 0.5, 0.5, 0.25, 0.25]
    assert held([(0, 1.0), (999, 0.0)], last=999, points=2) == [1.0, 1.0]
    assert held([], last=9, points=3) == [None] * 3


def test_a_curve_is_labelled_with_its_bounds():
    top, middle, bottom = labelled([0.5, 0.25], 20, 3, ASCII)
    assert top.startswith(" 0.5 '")
    assert middle.startswith("     ")
    assert bottom.startswith("0.25 ")
    assert all(len(line) <= 20 for line in (top, middle, bottom))


def test_values_over_decades_are_drawn_by_their_logarithms_which_is_said():
    lines = labelled([1.0, 1e-3, 1e-6], 24, 3, ASCII)
    assert [line[:5] for line in lines] == ["    1", "  log", "1e-06"]
    assert "-" in lines[1]
    assert "log" not in "".join(labelled([1.0, 0.0, -1e6], 24, 3, ASCII))


def test_there_is_nothing_to_label_without_a_value():
    assert labelled([None, math.nan], 20, 3, BRAILLE) == []
    assert bounds([None]) is None


@pytest.mark.parametrize(
    ("encoding", "by"),
    [("utf-8", BRAILLE), ("ascii", ASCII), ("latin-1", ASCII), (None, ASCII), ("nonsense", ASCII)],
)
def test_terminals_get_the_letters_that_they_can_show(encoding, by):
    assert pen(encoding) is by
    assert "".join(curve([1, 2, 3], 9, 2, by)).isascii() is (by is ASCII)
