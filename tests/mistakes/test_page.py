"""The page is what the rows say."""

from mistakes.page import AREAS, PAGE, text


def test_the_page_of_mistakes_is_up_to_date():
    assert PAGE.read_text("utf-8") == text(), "run `PYTHONPATH=tests python -m mistakes`"


def test_no_mistake_is_listed_twice():
    for area in AREAS:
        mistakes = [row.mistake for row in area.rows]
        assert len(set(mistakes)) == len(mistakes), area.title
