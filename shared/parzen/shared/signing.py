"""Ed25519 signatures that bind a bundle to one study: made at submission, checked by workers.

What is signed is the study's name, its uid and the SHA-256 of the bundle. The uid is fresh at each
creation, so a signature that was copied to another study, or to one that was deleted and submitted
again under its name, fits nothing there. What else a study's document says is not signed: limits,
retries and the like may be edited by hand, and none of it is ever run but its image, which a worker
that asks for signatures must be allowed by name.

``cryptography`` is imported only where there is a key.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING

from parzen.shared.errors import InvalidKey, ParzenError, Untrusted
from parzen.shared.records import ObjectiveRef, Study, Uid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

PURPOSE = b"parzen objective bundle, version 1\n"
"""How every signed message begins, so that a signature for something else is none here."""

KEY_ID = re.compile(r"ed25519:[0-9a-f]{16}")

SHOWN = 4
"""How many keys a sentence names."""

BEGIN = b"-----BEGIN "


def message(name: str, uid: Uid, digest: str) -> bytes:
    """What is signed; no other name, uid and digest give the same bytes."""
    bound = {"digest": digest, "name": name, "uid": uid}
    return PURPOSE + json.dumps(bound, sort_keys=True, separators=(",", ":")).encode("ascii")


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, under the id of its public half."""

    key: Ed25519PrivateKey = field(repr=False)

    @property
    def key_id(self) -> str:
        """The id by which people and documents know the key."""
        return key_id(self.key.public_key())

    def signed(self, objective: ObjectiveRef, name: str, uid: Uid) -> ObjectiveRef:
        """``objective`` with a signature that binds it to the study of that name and uid."""
        signature = self.key.sign(message(name, uid, objective.digest))
        return dataclasses.replace(
            objective, signed_by=self.key_id, signature=base64.b64encode(signature).decode("ascii")
        )


@dataclass(frozen=True, slots=True)
class Keyring:
    """The public keys that a worker trusts, by their ids; there is at least one."""

    keys: Mapping[str, Ed25519PublicKey] = field(repr=False)

    @staticmethod
    def of(keys: Iterable[Ed25519PublicKey]) -> Keyring:
        """The ring of ``keys``."""
        return Keyring({key_id(key): key for key in keys})

    def check(self, study: Study) -> None:
        """See that a trusted key signed the study's objective for this very study.

        That the bundle's bytes have the signed digest is for whoever reads them to check.

        Raises:
            Untrusted: none did; one sentence says who signed and who is trusted.
        """
        signed = study.objective
        if signed is None or signed.signed_by is None or signed.signature is None:
            raise Untrusted(
                f"the objective is not signed, and this worker trusts only {self}: submit it "
                "under another name with `parzen submit --sign-key FILE --name NAME`"
            )
        key = self.keys.get(signed.signed_by)
        if key is None:
            raise Untrusted(
                f"the objective is signed by {_shown(signed.signed_by)}, and this worker trusts "
                f"only {self}: start the worker with that key's .pub file in --trust, or submit "
                "under another name with a key that it trusts"
            )
        if not _verified(key, signed.signature, message(study.name, study.uid, signed.digest)):
            raise Untrusted(
                f"the signature by {signed.signed_by} does not fit study {study.name!r}: its "
                "objective was altered, or copied from another study; submit it again under "
                "another name"
            )

    def __str__(self) -> str:
        first = sorted(self.keys)[:SHOWN]
        more = len(self.keys) - len(first)
        return ", ".join(first) + (f" and {more} more" if more else "")


def _shown(signed_by: str) -> str:
    """What a document calls the key, which may be anything."""
    return signed_by if KEY_ID.fullmatch(signed_by) else f"the unknown key {signed_by[:40]!r}"


def _verified(key: Ed25519PublicKey, signature: str, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - there is a key

    try:
        key.verify(base64.b64decode(signature, validate=True), signed)
    except (InvalidSignature, binascii.Error, ValueError):  # or it is no base64
        return False
    return True


def key_id(key: Ed25519PublicKey) -> str:
    """The short fingerprint of a public key: ``ed25519:`` and 16 hexadecimal digits."""
    return f"ed25519:{hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]}"


def new_signer() -> Signer:
    """A fresh key.

    Raises:
        ParzenError: the extra ``signing`` is not installed.
    """
    return Signer(_ed25519().Ed25519PrivateKey.generate())


def private_pem(signer: Signer) -> bytes:
    """The private key as PKCS 8, not encrypted."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - as above

    return signer.key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )


def public_pem(signer: Signer) -> bytes:
    """The public key as SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - as above

    return signer.key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )


def signer_from(pem: bytes, origin: str, password: bytes | None = None) -> Signer:
    """The private key in ``pem``; ``origin`` says in messages where it comes from.

    Raises:
        InvalidKey: there is none, or it is of another kind, or the password is wrong.
        ParzenError: the extra ``signing`` is not installed.
    """
    kinds = _ed25519()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    _refuse_many(pem, origin)
    encrypted = b"ENCRYPTED" in pem
    if encrypted and password is None:
        raise InvalidKey(
            f"the key in {origin} has a passphrase: give it in PARZEN_SIGN_KEY_PASSWORD"
        )
    try:
        key = load_pem_private_key(pem, password if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        why = "its passphrase is wrong, or it" if encrypted else "it"
        raise InvalidKey(
            f"{origin} holds no private key that can be read ({why} is damaged): expected what "
            "`parzen keygen` writes without .pub"
        ) from fault
    if not isinstance(key, kinds.Ed25519PrivateKey):
        raise InvalidKey(f"the key in {origin} is no Ed25519 key: make one with `parzen keygen`")
    return Signer(key)


def public_from(pem: bytes, origin: str) -> Ed25519PublicKey:
    """The public key in ``pem``; ``origin`` says in messages where it comes from.

    Raises:
        InvalidKey: there is none, it is of another kind, or it is a private key.
        ParzenError: the extra ``signing`` is not installed.
    """
    kinds = _ed25519()
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    if b"PRIVATE KEY-----" in pem:
        raise InvalidKey(
            f"{origin} holds a private key, which belongs only to who signs: take it away from "
            "the workers and trust the .pub file beside it"
        )
    _refuse_many(pem, origin)
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise InvalidKey(
            f"{origin} holds no public key that can be read: expected a .pub file of "
            "`parzen keygen`"
        ) from fault
    if not isinstance(key, kinds.Ed25519PublicKey):
        raise InvalidKey(f"the key in {origin} is no Ed25519 key: make one with `parzen keygen`")
    return key  # type: ignore[no-any-return]  # the module is imported by hand, so untyped


def _refuse_many(pem: bytes, origin: str) -> None:
    if pem.count(BEGIN) > 1:
        raise InvalidKey(f"{origin} holds several keys: keep each in a file of its own")


def _ed25519() -> ModuleType:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - an extra
    except ImportError as fault:
        raise ParzenError(
            "signatures need the package cryptography: install it with "
            "`pip install 'parzen[signing]'`"
        ) from fault
    return ed25519
