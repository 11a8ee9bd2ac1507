"""A certificate authority of the tests' own, and a mongod that speaks nothing but TLS."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pymongo import MongoClient

from parzen.shared.mongo.embedded.locate import find_mongod

KEEPER = '"$0" "$@" & cat; kill $!; wait'
"""Ends mongod when pytest closes the pipe, or is gone in whatever way."""

PASSWORD = "admin's p@ss"
DAY = dt.timedelta(days=1)


class Authority:
    """A certificate authority in ``folder``; the certificates that it signs lie there, too."""

    def __init__(self, folder, name="parzen tests"):
        self.folder = Path(folder)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named(organization="parzen", common=name)
        signed = _builder(self._name, self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self._certificate = signed.sign(self._key, hashes.SHA256())
        self.file = self.folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(_pem(self._certificate))

    def issue(self, common, unit, *, server=False, password=None):
        """A file with a certificate and its private key, for ``CN=common,OU=unit,O=parzen``."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        subject = _named(organization="parzen", unit=unit, common=common)
        local = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        certificate = (
            _builder(subject, self._name, key)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectAlternativeName(local), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self.folder / f"{common}.pem"
        file.touch(mode=0o600)
        hidden = (
            serialization.BestAvailableEncryption(password.encode())
            if password
            else serialization.NoEncryption()
        )
        file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)
            + _pem(certificate)
        )
        return file


def subject(common, unit):
    """How MongoDB calls the holder of such a certificate."""
    return f"CN={common},OU={unit},O=parzen"


def _named(*, organization, common, unit=None):
    parts = [(NameOID.ORGANIZATION_NAME, organization)]
    parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)] if unit else []
    parts += [(NameOID.COMMON_NAME, common)]
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def _builder(subject, issuer, key):
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
    )


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


@dataclass
class Guarded:
    """A mongod that speaks only TLS, asks who one is, and knows an administrator."""

    port: int
    authority: Authority

    def uri(self, *, user=True, database="parzen", ca=None, **options):
        """Its address: the administrator's, or with ``options`` of somebody else's."""
        who = "admin:admin%27s%20p%40ss@" if user else ""
        given = {"directConnection": "true", "tls": "true", "tlsCAFile": ca or self.authority.file}
        given |= ({"authSource": "admin"} if user else {}) | options
        query = "&".join(f"{name}={value}" for name, value in given.items())
        return f"mongodb://{who}127.0.0.1:{self.port}/{database}?{query}"


@contextlib.contextmanager
def guarded(folder):
    """A replica set of one with TLS and authentication, in ``folder``."""
    folder = Path(folder)
    authority = Authority(folder)
    server = authority.issue("127.0.0.1", "servers", server=True)
    member = folder / "keyfile"
    member.touch(mode=0o600)
    member.write_text("a2V5b2Z0aGV0ZXN0cw==")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "data").mkdir()
    options = ["--dbpath", folder / "data", "--port", port, "--logpath", folder / "mongod.log"]
    options += ["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"]
    options += ["--replSet", "guarded", "--keyFile", member, "--oplogSize", "64"]
    options += ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", server]
    options += ["--tlsCAFile", authority.file, "--tlsAllowConnectionsWithoutCertificates"]
    keeper = subprocess.Popen(
        ["sh", "-c", KEEPER, str(find_mongod()), *map(str, options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("COV_")},
    )
    with keeper:
        found = Guarded(port, authority)
        _set_up(found)
        yield found


def _set_up(server):
    with MongoClient(server.uri(user=False), serverSelectionTimeoutMS=60_000) as client:
        client.admin.command(
            "replSetInitiate",
            {"_id": "guarded", "members": [{"_id": 0, "host": f"127.0.0.1:{server.port}"}]},
        )
        deadline = time.monotonic() + 60
        while not client.admin.command("hello")["isWritablePrimary"]:
            assert time.monotonic() < deadline, "no primary"
            time.sleep(0.02)
        client.admin.command("createUser", "admin", pwd=PASSWORD, roles=["root"])
