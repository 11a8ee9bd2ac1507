"""Addresses of stores that cannot be read or reached, and directories that cannot be used."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from unittest import mock

from mistakes.rows import Row, tried
from pymongo import MongoClient

from parzen.shared.mongo import connect


@dataclass
class Lab:
    """``uri`` is a store that is in order."""

    uri: str

    def reach(self, uri, timeout_s=0.5):
        """Connect to an address; HOST stands for the one that is in order."""
        host = self.uri.partition("@")[2].partition("/")[0]
        connect(uri.replace("HOST", host), timeout_s=timeout_s).close()

    def old(self, version):
        """Connect to a server that says it is of this version."""
        with mock.patch.object(MongoClient, "server_info", return_value={"version": version}):
            connect(self.uri, timeout_s=5).close()

    def unprepared(self):
        """Connect to a database that nobody made for parzen."""
        connect(self.uri.replace("/mistakes_", "/empty_").replace("/d_", "/empty_")).close()

    def elsewhere(self):
        """Connect to a port at which nothing listens."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        connect(f"mongodb://127.0.0.1:{port}/parzen", timeout_s=0.3).close()

    def silent(self):
        """Connect to a port that accepts and says nothing."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            connect(f"mongodb://127.0.0.1:{port}/parzen", timeout_s=0.3).close()


def outcome(text, lab):
    """What the row's code gets."""
    return tried(lambda: eval(text, {**globals(), "lab": lab}))


ROWS: tuple[Row, ...] = (
    Row(
        'connect("")',
        "InvalidStore",
        (
            "the store's address '' cannot be read: it does not begin with mongodb:// or "
            "mongodb+srv://; expected mongodb://[…@]host[:port][/database][?options] "
            "or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("localhost")',
        "InvalidStore",
        (
            "the store's address 'localhost' cannot be read: it does not begin with "
            "mongodb:// or mongodb+srv://; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("localhost:27017")',
        "InvalidStore",
        (
            "the store's address '…' cannot be read: it does not begin with mongodb:// or "
            "mongodb+srv://; expected mongodb://[…@]host[:port][/database][?options] "
            "or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("http://localhost")',
        "InvalidStore",
        (
            "the store's address 'http://localhost' cannot be read: it does not begin with "
            "mongodb:// or mongodb+srv://; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongo://localhost")',
        "InvalidStore",
        (
            "the store's address 'mongo://localhost' cannot be read: it does not begin "
            "with mongodb:// or mongodb+srv://; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb:/localhost")',
        "InvalidStore",
        (
            "the store's address 'mongodb:/localhost' cannot be read: it does not begin "
            "with mongodb:// or mongodb+srv://; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://")',
        "InvalidStore",
        (
            "the store's address 'mongodb://' cannot be read: Must provide at least one "
            "hostname or IP; expected mongodb://[…@]host[:port][/database][?options] "
            "or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("MONGODB://localhost")',
        "InvalidStore",
        (
            "the store's address 'MONGODB://localhost' cannot be read: it does not begin "
            "with mongodb:// or mongodb+srv://; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect(" mongodb://localhost")',
        "InvalidStore",
        (
            "the store's address ' mongodb:***' cannot be read: it does not begin with "
            "mongodb:// or mongodb+srv://; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost:abc")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost:***' cannot be read: Port contains "
            "non-digit characters. Hint: username and password must be escaped according "
            "to RFC 3986, use urllib.parse.quote_plus; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost:99999")',
        "InvalidStore",
        (
            "the store's address 'mongodb://…' cannot be read: Port must be an integer "
            "between 0 and 65535; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost:0")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost:0' cannot be read: Port must be an "
            "integer between 0 and 65535; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost:-1")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost:***' cannot be read: Port contains "
            "non-digit characters. Hint: username and password must be escaped according "
            "to RFC 3986, use urllib.parse.quote_plus; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://me:p@ss:word@localhost")',
        "InvalidStore",
        (
            "the store's address 'mongodb://me:***@localhost' cannot be read: the user "
            "name and password must be percent-encoded, and every option well-formed; "
            "expected mongodb://[…@]host[:port][/database][?options] or "
            "mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://me:p/ss@localhost")',
        "InvalidStore",
        (
            "the store's address cannot be read: it has an @ after a /, so percent-encode "
            "what user and password hold of / ? : @ (as %2F %3F %3A %40); expected "
            "mongodb://[…@]host[:port][/database][?options]"
        ),
    ),
    Row(
        'connect("mongodb://me:100%@localhost")',
        "InvalidStore",
        (
            "the store's address 'mongodb://me:***@localhost' cannot be read: Username and "
            "password must be escaped according to RFC 3986, use urllib.parse.quote_plus; "
            "expected mongodb://[…@]host[:port][/database][?options] or "
            "mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://me@localhost:secret")',
        "InvalidStore",
        (
            "the store's address 'mongodb://me@localhost:***' cannot be read: Port "
            "contains non-digit characters. Hint: username and password must be escaped "
            "according to RFC 3986, use urllib.parse.quote_plus; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://:secret@localhost")',
        "InvalidStore",
        (
            "the store's address 'mongodb://:***@localhost' cannot be read: The empty "
            "string is not valid username; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/a b")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/a b' cannot be read: Bad database "
            "name…; expected mongodb://[…@]host[:port][/database][?options] or "
            "mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/$db")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/$db' cannot be read: Bad database "
            "name…; expected mongodb://[…@]host[:port][/database][?options] or "
            "mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/?replicaset")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/?replicaset=' cannot be read: "
            "MongoDB URI options are key=value pairs; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/?nonsense=1")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/?nonsense=***' cannot be read: "
            "Unknown option…; "
            "expected mongodb://[…@]host[:port][/database][?options] or "
            "mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/?tls=maybe")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/?tls=maybe' cannot be read: The "
            "value of tls must be 'true' or 'false'; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/?w=many&w=1")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/?w=many&w=1' cannot be read: "
            "Duplicate URI option 'w'; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/?connectTimeoutMS=soon")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/?connectTimeoutMS=soon' cannot be "
            "read: connecttimeoutms must be an integer or float; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/?tlsCAFile=/nowhere/ca.pem")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/?tlsCAFile=/nowhere/ca.pem' cannot "
            "be read: …; "
            "expected mongodb://[…@]host[:port][/database][?options] or "
            "mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/?authMechanism=MAGIC")',
        "InvalidStore",
        (
            "the store's address 'mongodb://localhost/?authMechanism=MAGIC' cannot be "
            "read: authmechanism must be in (…); "
            "expected mongodb://[…@]host[:port][/database][?options] or "
            "mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://localhost/?readConcernLevel=5&readPreference=nobody")',
        "InvalidStore",
        (
            "the store's address "
            "'mongodb://localhost/?readConcernLevel=5&readPreference=nobody' cannot be "
            "read: …; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb://[::1")',
        "InvalidStore",
        (
            "the store's address 'mongodb://[:***' cannot be read: an IPv6 address literal "
            "must be enclosed in '[' and ']' according to RFC 2732; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb+srv://localhost")',
        "StoreUnreachable",
        (
            "no MongoDB answered at localhost in time (…): check the address, the network "
            "and that the server runs (`parzen up` starts this "
            "machine's own, unless another is named)"
        ),
    ),
    Row(
        'connect("mongodb+srv://cluster.example:27017")',
        "InvalidStore",
        (
            "the store's address 'mongodb+srv://cluster.example:27017' cannot be read: "
            "mongodb+srv:// URIs must not include a port number; expected "
            "mongodb://[…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        'connect("mongodb+srv://a.b.invalid", timeout_s=0.5)',
        "StoreUnreachable",
        (
            "no MongoDB answered at a.b.invalid in time (…): check the address, the "
            "network and that the server runs (`parzen up` starts this "
            "machine's own, unless another is named)"
        ),
    ),
    Row(
        'connect("mongodb://nowhere.invalid", timeout_s=0.3)',
        "StoreUnreachable",
        (
            "no MongoDB answered at nowhere.invalid:27017 in time (nowhere.invalid:27017: "
            "…): check the address, the network and that the server runs (`parzen up` "
            "starts this machine's own, unless another is named)"
        ),
    ),
    Row(
        'connect("mongodb://locälhöst.invalid", timeout_s=0.3)',
        "StoreUnreachable",
        (
            "no MongoDB answered at locälhöst.invalid:27017 in time "
            "(locälhöst.invalid:27017: …): check the address, the network and that the "
            "server runs (`parzen up` starts this "
            "machine's own, unless another is named)"
        ),
    ),
    Row(
        "lab.elsewhere()",
        "StoreUnreachable",
        (
            "no MongoDB answered at … in time (…: …): check the address, the network and "
            "that the server runs (`parzen up` starts this "
            "machine's own, unless another is named)"
        ),
    ),
    Row(
        "lab.silent()",
        "StoreUnreachable",
        (
            "no MongoDB answered at … in time (…: timed out): check the address, the "
            "network and that the server runs (`parzen up` starts this "
            "machine's own, unless another is named)"
        ),
    ),
    Row(
        'lab.reach("mongodb://HOST/parzen")',
        "StoreDenied",
        (
            "the MongoDB at … refused (command listIndexes requires authentication): check "
            "the user name and password in the address, authSource, and that the user has "
            "the role that this needs (`parzen roles` makes them)"
        ),
    ),
    Row(
        'lab.reach("mongodb://nobody:wrong@HOST/parzen")',
        "StoreDenied",
        (
            "the MongoDB at … refused (Authentication failed.): check the user name and "
            "password in the address, authSource, and that the user has the role that this "
            "needs (`parzen roles` makes them)"
        ),
    ),
    Row(
        'lab.reach("mongodb://HOST/parzen?replicaSet=another")',
        "StoreUnreachable",
        (
            "no MongoDB answered at … in time (No replica set members available for "
            'replica set name "another"): check the address, the network and that the '
            "server runs (`parzen up` starts this "
            "machine's own, unless another is named)"
        ),
    ),
    Row(
        'lab.reach("mongodb://HOST/parzen?tls=true")',
        "StoreUnreachable",
        (
            "no TLS connection with the MongoDB at … (…): leave tls=true out of the "
            "address where the server does not speak TLS, and see that the server trusts "
            "the certificate in tlsCertificateKeyFile where it asks for one"
        ),
    ),
    Row(
        "lab.unprepared()",
        "StoreUnprepared",
        (
            "the database '…' at … is not set up for parzen (no index studies.uid): run "
            "`parzen doctor --init` on it once, as a user who may create indexes"
        ),
    ),
    Row(
        'lab.old("4.4.29")',
        "StoreUnsupported",
        (
            "the MongoDB at … is version 4.4.29, expected 5.0 or later: upgrade it, or let "
            "`parzen up` start one on this machine"
        ),
    ),
    Row(
        'lab.old("4.0.0-rc1")',
        "StoreUnsupported",
        (
            "the MongoDB at … is version 4.0.0-rc1, expected 5.0 or later: upgrade it, or "
            "let `parzen up` start one on this machine"
        ),
    ),
)
