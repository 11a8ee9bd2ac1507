"""The page on exports names what there is."""

import re
from pathlib import Path

import pytest

from parzen.client.cli.exporting import export
from parzen.client.cli.importing import import_
from parzen.client.export.destination import ENDINGS, Format
from parzen.client.export.frozen import FAILURE, NOTE, STATES
from parzen.client.export.layout import HEAD, TAIL
from parzen.client.importing.choosing import kinds

PAGE = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")


@pytest.mark.parametrize(
    "words", [HEAD, TAIL, STATES.values(), [state.value for state in STATES], (NOTE, FAILURE)]
)
def test_every_column_state_and_attribute_is_explained(words):
    assert [word for word in words if word not in PAGE] == []


def test_every_format_is_named():
    assert {*kinds()} - {known.value for known in Format} == {"hyperopt"}
    for ending in (".csv", ".jsonl", ".parquet"):
        assert ending in ENDINGS
        assert ending in PAGE


def test_every_option_that_the_page_names_exists():
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - {"--json"}
    known = {word for command in (export, import_) for p in command.params for word in p.opts}
    assert named - known == set()
