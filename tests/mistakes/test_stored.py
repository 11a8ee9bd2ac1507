"""Every row that needs a store or the command line gets what the table says."""

from __future__ import annotations

import uuid

import pytest
from mistakes import addresses, commands, documents, sizes

from parzen.shared.mongo import connect


def rows_of(area):
    return pytest.mark.parametrize(
        "row", [pytest.param(row, id=row.mistake[:60]) for row in area.ROWS]
    )


@pytest.fixture(scope="module")
def uri(mongod_uri):
    """The address of a database that all rows share."""
    name = f"mistakes_{uuid.uuid4().hex}"
    address = mongod_uri.replace("/parzen?", f"/{name}?")
    yield address
    with connect(address, prepare=True) as store:
        store.db.client.drop_database(name)


@pytest.fixture(scope="module")
def passed_by(uri):
    """What each broken document got."""
    return documents.Pass(uri).run([row.mistake for row in documents.ROWS])


@rows_of(documents)
def test_a_document_edited_by_hand(row, passed_by):
    assert row.wrong(passed_by[row.mistake]) is None


@rows_of(sizes)
def test_a_size(row, uri):
    with sizes.Lab(uri) as lab:
        assert row.wrong(sizes.outcome(row.make, lab)) is None


@rows_of(addresses)
def test_an_address(row, uri):
    assert row.wrong(addresses.outcome(row.mistake, addresses.Lab(uri))) is None


@rows_of(commands)
def test_a_command(row, uri):
    assert row.wrong(commands.outcome(row.mistake, commands.Lab(uri))) is None
