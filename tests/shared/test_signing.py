"""A signature fits one bundle of one study, under one key."""

from __future__ import annotations

import base64
import dataclasses
import sys

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from parzen.shared import signing
from parzen.shared.errors import InvalidKey, ParzenError, Untrusted
from parzen.shared.records import ObjectiveRef, Study, Uid
from parzen.shared.signing import Keyring

SIGNER, OTHER = signing.new_signer(), signing.new_signer()
PLAIN = ObjectiveRef(
    file="f", digest="d" * 64, bytes=1, python="3.11", cloudpickle="3", entry="pickle"
)


def study(name="s", uid="u1", objective=None):
    return Study(name=name, uid=Uid(uid), dimensions=(), objective=objective)


def ring(*signers):
    return Keyring.of(s.key.public_key() for s in signers)


SIGNED = SIGNER.signed(PLAIN, "s", Uid("u1"))


def test_what_a_trusted_key_signed_for_the_study_is_let_pass():
    ring(OTHER, SIGNER).check(study(objective=SIGNED))
    assert SIGNED.signed_by == SIGNER.key_id


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (study(), "is not signed"),
        (study(objective=PLAIN), "is not signed, .*--sign-key"),
        (study(objective=dataclasses.replace(SIGNED, signature=None)), "is not signed"),
        (study(objective=dataclasses.replace(SIGNED, signed_by=None)), "is not signed"),
        (study(objective=dataclasses.replace(SIGNED, digest="e" * 64)), "does not fit study 's'"),
        (study(name="t", objective=SIGNED), "does not fit study 't'.*copied from another"),
        (study(uid="u2", objective=SIGNED), "does not fit study 's'"),
        (study(objective=dataclasses.replace(SIGNED, signature="no base64!")), "does not fit"),
        (study(objective=dataclasses.replace(SIGNED, signature="é")), "does not fit"),
        (
            study(objective=dataclasses.replace(SIGNED, signature=base64.b64encode(b"x").decode())),
            "does not fit",
        ),
        (
            study(objective=dataclasses.replace(SIGNED, signed_by="root\nsigned by nobody")),
            r"signed by the unknown key 'root\\nsigned",
        ),
    ],
)
def test_anything_else_is_refused_in_one_line(found, why):
    with pytest.raises(Untrusted, match=why) as refused:
        ring(SIGNER).check(found)
    assert "\n" not in str(refused.value)


def test_a_key_that_is_not_trusted_is_named_with_those_that_are():
    with pytest.raises(Untrusted) as refused:
        ring(OTHER).check(study(objective=SIGNED))
    assert f"signed by {SIGNER.key_id}, and this worker trusts only {OTHER.key_id}" in str(
        refused.value
    )


def test_of_many_keys_a_sentence_names_a_few():
    with pytest.raises(Untrusted, match=r"trusts only (ed25519:\w+, ){3}ed25519:\w+ and 5 more:"):
        ring(*(signing.new_signer() for _ in range(9))).check(study())


def test_another_key_under_the_trusted_id_is_refused():
    forged = dataclasses.replace(OTHER.signed(PLAIN, "s", Uid("u1")), signed_by=SIGNER.key_id)
    with pytest.raises(Untrusted, match="does not fit"):
        ring(SIGNER).check(study(objective=forged))


def test_a_message_is_for_one_name_uid_and_digest_only():
    parts = ["a", "b", 'a","uid":"b', "a\0b", "", "é"]
    messages = [signing.message(n, Uid(u), d) for n in parts for u in parts for d in parts]
    assert len(set(messages)) == len(messages)
    assert all(m.startswith(b"parzen objective bundle, version 1\n") for m in messages)


def test_keys_come_back_from_their_pem():
    pem = signing.private_pem(SIGNER)
    assert signing.signer_from(pem, "here").key_id == SIGNER.key_id
    assert signing.key_id(signing.public_from(signing.public_pem(SIGNER), "here")) == SIGNER.key_id
    assert "PRIVATE" not in repr(signing.signer_from(pem, "here"))


def encrypted(password):
    return SIGNER.key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(password)
    )


def test_a_passphrase_is_asked_for_and_used():
    locked = encrypted(b"secret")
    with pytest.raises(InvalidKey, match="PARZEN_SIGN_KEY_PASSWORD"):
        signing.signer_from(locked, "here")
    with pytest.raises(InvalidKey, match="passphrase is wrong") as refused:
        signing.signer_from(locked, "here", b"guess")
    assert "guess" not in str(refused.value)
    assert signing.signer_from(locked, "here", b"secret").key_id == SIGNER.key_id


STRANGE = ec.generate_private_key(ec.SECP256R1())
STRANGE_PRIVATE = STRANGE.private_bytes(
    form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
)
STRANGE_PUBLIC = STRANGE.public_key().public_bytes(
    form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
)


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (b"", "no private key that can be read"),
        (b"\xff\x00", "no private key that can be read"),
        (signing.public_pem(SIGNER), "no private key"),
        (signing.private_pem(SIGNER)[:60], "no private key"),
        (STRANGE_PRIVATE, "no Ed25519 key"),
        (signing.private_pem(SIGNER) * 2, "several keys"),
    ],
    # the keys differ from run to run, and from process to process
    ids=["empty", "binary", "public", "cut short", "another kind", "two"],
)
def test_what_cannot_sign_is_refused_without_its_content(pem, why):
    with pytest.raises(InvalidKey, match=f"here.*{why}|{why}") as refused:
        signing.signer_from(pem, "here")
    assert "MC4CAQ" not in str(refused.value)


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (b"", "no public key that can be read"),
        (signing.private_pem(SIGNER), "holds a private key.*take it away"),
        (encrypted(b"secret"), "holds a private key"),
        (STRANGE_PUBLIC, "no Ed25519 key"),
        (signing.public_pem(SIGNER) + signing.public_pem(OTHER), "several keys"),
    ],
)
def test_what_cannot_be_trusted_is_refused(pem, why):
    with pytest.raises(InvalidKey, match=why):
        signing.public_from(pem, "here")


def test_without_the_extra_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    with pytest.raises(ParzenError, match=r"pip install 'parzen\[signing\]'"):
        signing.new_signer()


def test_the_fingerprint_is_of_the_raw_key():
    raw = bytes(range(32))
    public = ed25519.Ed25519PublicKey.from_public_bytes(raw)
    assert signing.key_id(public) == "ed25519:630dcd2966c43366"
