import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.client.export import cells
from parzen.shared.dimensions import Dimension, Kind


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.1 + 0.2, "0.30000000000000004"),
        (-1, "-1"),
        (True, "true"),
        ((1, "a"), '[1, "a"]'),
        ("-1", "'-1"),
        ("plain", "plain"),
    ],
)
def test_a_value_has_all_its_digits_and_json_where_it_is_no_text(value, text):
    assert cells.text(value) == text


@pytest.mark.parametrize("words", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r", "\uff1d1"])
def test_no_text_begins_like_a_formula(words):
    assert cells.guarded(words) == f"'{words}"


@given(st.text(alphabet="'=+-@\ta", max_size=6))
def test_every_guarded_text_is_read_back(words):
    assert cells.unguarded(cells.guarded(words)) == words


def test_options_that_read_alike_are_told_apart():
    shape = Dimension(name="s", kind=Kind.CHOICE, choices=("1", 1, "", None, "null", (1,), b"x"))
    labels = cells.labels(shape)
    assert labels == ['"1"', "1", '""', "null", '"null"', "[1]", "b'x'"]


def test_an_options_cell_is_no_formula_but_a_number_is_one():
    signs = Dimension(name="s", kind=Kind.CHOICE, choices=("-", -1))
    assert cells.options(signs) == ["'-", "-1"]
