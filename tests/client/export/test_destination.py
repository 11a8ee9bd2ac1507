import pytest

from parzen.client.export.destination import Format, destination
from parzen.shared.errors import InvalidInput


@pytest.mark.parametrize(
    ("to", "given", "format", "shown"),
    [
        ("a.csv", None, "csv", "a.csv"),
        ("b/A.JSONL", None, "jsonl", "b/A.JSONL"),
        ("a.pq", None, "parquet", "a.pq"),
        ("a.txt", Format.CSV, "csv", "a.txt"),
        (None, None, "csv", "standard output"),
        ("-", Format.JSONL, "jsonl", "standard output"),
        ("sqlite:///a.db", None, "optuna", "sqlite:///a.db"),
        ("optuna+sqlite:///a.db", None, "optuna", "sqlite:///a.db"),
        ("a.db", Format.OPTUNA, "optuna", "sqlite:///a.db"),
        ("a.log", Format.OPTUNA, "optuna", "journal:a.log"),
        ("journal:a.csv", None, "optuna", "journal:a.csv"),
        ("mysql://me:secret@host/db", None, "optuna", "mysql://me:***@host/db"),
    ],
)
def test_the_name_tells_the_format(to, given, format, shown):  # noqa: A002 - as users call it
    found = destination(to, given)
    assert found.format.value == format
    assert str(found) == shown


@pytest.mark.parametrize(
    ("to", "given", "why"),
    [
        ("trials.xls", None, "'trials.xls' does not tell the format: expected one that ends in"),
        ("", None, "has no name"),
        ("sqlite:///a.db", Format.CSV, "is an address, not a file"),
        ("https:/x/a.csv", None, "is an address, not a file"),
        (None, Format.OPTUNA, "no output: name one"),
    ],
)
def test_what_tells_none_is_refused(to, given, why):
    with pytest.raises(InvalidInput, match=why):
        destination(to, given)
