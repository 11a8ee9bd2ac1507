from __future__ import annotations

import pytest
from bson.errors import InvalidDocument
from gridfs.errors import NoFile
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    DocumentTooLarge,
    ExecutionTimeout,
    InvalidOperation,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from parzen.shared.errors import (
    InvalidInput,
    NotFound,
    StoreDenied,
    StoreError,
    StoreUnreachable,
    StoreUnsupported,
)
from parzen.shared.mongo import faults
from parzen.shared.redaction import redacted


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AutoReconnect("cut"), StoreUnreachable),
        (NetworkTimeout("slow"), StoreUnreachable),
        (NotPrimaryError("election"), StoreUnreachable),
        (ServerSelectionTimeoutError("nobody"), StoreUnreachable),
        (ExecutionTimeout("slow", 50), StoreUnreachable),
        (WTimeoutError("slow", 64), StoreUnreachable),
        (OperationFailure("going", 11600), StoreUnreachable),
        (BulkWriteError({"writeConcernErrors": [{"code": 64}]}), StoreUnreachable),
        (OperationFailure("the cursor went with its member", 43), StoreUnreachable),
        (OperationFailure("no space left on device", 14031), StoreUnreachable),
        (OperationFailure("not allowed", 13), StoreDenied),
        (OperationFailure("wrong password", 18), StoreDenied),
        (BulkWriteError({"writeErrors": [{"code": 13, "errmsg": "no"}]}), StoreDenied),
        (OperationFailure("what stage?", 40324), StoreUnsupported),
        (InvalidOperation("Cannot use MongoClient after close"), StoreError),
        (OperationFailure("odd", 1), StoreError),
        (PyMongoError(""), StoreError),
        (DocumentTooLarge("17 MB"), InvalidInput),
        (InvalidDocument("a set"), InvalidInput),
        (OverflowError("8-byte ints"), InvalidInput),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), InvalidInput),
        (ConfigurationError("The DNS query name does not exist"), StoreUnreachable),
        (ConfigurationError("Server is too odd"), StoreUnsupported),
    ],
)
def test_every_fault_has_its_error_and_one_sentence(error, kind):
    with pytest.raises(kind) as raised, faults.translated("host:1"):
        raise error

    assert type(raised.value) is kind
    assert "\n" not in str(raised.value)
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("error", [NotFound("no such study"), NoFile("gone"), KeyError("mine")])
def test_what_is_no_fault_of_the_database_passes(error):
    with pytest.raises(type(error)) as raised, faults.translated("host:1", 5.0):
        raise error

    assert raised.value is error


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mongodb://ann:s3@cret@h:1/db", "mongodb://ann:***@h:1/db"),
        ("see mongodb+srv://ann:p/q@h/?x=1 now", "see mongodb+srv://ann:***@h/?x=1 now"),
        ("mongodb://h/?tlsCertificateKeyFilePassword=abc&w=1",
         "mongodb://h/?tlsCertificateKeyFilePassword=***&w=1"),
        ("MongoDB://ann:s3cret@h:1/db", "MongoDB://ann:***@h:1/db"),
        ("mongodb://h:1/db", "mongodb://h:1/db"),
        ("mongodb://ann@h:1/db", "mongodb://ann@h:1/db"),
    ],
)  # fmt: skip
def test_passwords_are_hidden(text, shown):
    assert redacted(text) == shown


def test_a_duplicate_among_other_faults_is_no_duplicate():
    twice = {"index": 3, "code": 11000}
    assert faults.duplicates(BulkWriteError({"writeErrors": [twice]})) == {3}

    mixed = BulkWriteError({"writeErrors": [twice, {"index": 4, "code": 121}]})
    with pytest.raises(BulkWriteError):
        faults.duplicates(mixed)
