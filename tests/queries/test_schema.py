"""The fields that docs/queries.md explains are those that parzen writes, and all of them."""

from __future__ import annotations

import re

import pytest
from queries import page
from queries.fields import opened, standing, written
from queries.population import examples, populate
from queries.shell import read

from parzen.shared.dimensions import Kind
from parzen.shared.lifecycle import FailureKind, StudyStatus, TrialState
from parzen.shared.mongo import connect
from parzen.shared.mongo.schema import INDEXES
from parzen.shared.records import SCHEMA, Direction, Want

LIKE = {"wish.limits.": "limits."}
"""What the page explains once for two places."""

VALUES = {
    ("studies", "status"): StudyStatus,
    ("studies", "direction"): Direction,
    ("studies", "wish.want"): Want,
    ("studies", "dimensions.kind"): Kind,
    ("jobs", "state"): TrialState,
    ("jobs", "attempts.error.kind"): FailureKind,
}
"""The fields of which the page lists every value."""

OUTCOMES = {"complete", "pruned", "failed", "lost", "released", "unbegun", "cancelled"}


@pytest.fixture(scope="module")
def real(mongod_uri):
    """{collection: its documents}, and the examples of them."""
    with connect(mongod_uri.replace("/parzen?", "/test_schema?"), prepare=True) as store:
        populate(store)
        found = {name: list(store.db[name].find()) for name in INDEXES}
        yield found, examples(store)
        store.db.command("dropDatabase")


@pytest.fixture(scope="module")
def documented():
    rows = page.fields()
    return {name: {path: row.type for path, row in rows[name].items()} for name in rows}


def explained(fields):
    """``fields`` without those that the page explains in another place."""
    return {p: t for p, t in fields.items() if not p.startswith(tuple(LIKE))}


def fits(found, said):
    """Whether a value of the type ``found`` is what the page says."""
    return said in (found, "any") or (found, said) == ("integer", "number")


def test_every_collection_is_explained(documented):
    assert set(documented) == set(INDEXES)


@pytest.mark.parametrize("name", written())
def test_the_page_explains_each_field_that_the_code_writes(name, documented):
    fields = explained(written()[name])

    assert set(fields) <= set(documented[name])
    assert {p: documented[name][p] for p in fields} == fields


@pytest.mark.parametrize("name", INDEXES)
def test_the_page_explains_each_field_of_real_documents_and_no_other(name, documented, real):
    found, _ = real
    code = explained(written().get(name, {}))
    seen = {}
    for document in found[name]:
        for path, kind in explained(standing(document, opened())).items():
            seen[path] = kind
            if kind == "null":
                assert path.startswith(("limits.", "retries.")), "else it is left out"
            else:
                assert fits(kind, documented[name].get(path)), path

    assert found[name], "the population has none"
    assert set(documented[name]) == set(code) | set(seen)


@pytest.mark.parametrize(("name", "path"), VALUES)
def test_the_page_lists_every_value_that_a_field_may_have(name, path):
    said = set(re.findall("`(.+?)`", page.fields()[name][path].meaning))

    assert {member.value for member in VALUES[name, path]} <= said


def test_the_page_lists_every_outcome(real):
    said = set(re.findall("`(.+?)`", page.fields()["jobs"]["attempts.outcome"].meaning))
    seen = {a["outcome"] for d in real[0]["jobs"] for a in d["attempts"] if "outcome" in a}

    assert seen == said == OUTCOMES


def test_the_page_names_the_version_of_the_schema():
    assert f"`schema`, now {SCHEMA}." in page.text()


@pytest.mark.parametrize("name", page.examples())
def test_the_examples_have_the_fields_of_the_documents_that_they_show(name, real):
    _, shown = read(page.examples()[name])
    wanted = real[1][name]

    again = "run `PYTHONPATH=tests python -m queries`"
    assert standing(shown, opened()) == standing(wanted, opened()), again
