"""What is shown of an address: nothing of its secrets, whatever they look like."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.shared.redaction import (
    holds_secret,
    place,
    redacted,
    secrets,
    shown,
    without_secrets,
)

MARK = "S3cr3tZ"
"""No piece of it is a word of ours, so that finding it is finding the secret."""

awkward = st.text(st.sampled_from("@:/%?#&=;, 40+[]$üß\"'\\\n"), max_size=6)
passwords = st.builds(lambda a, b: f"{a}{MARK}{b}{MARK}", awkward, awkward)
encodings = st.sampled_from([quote_plus, lambda text: quote(text, safe=""), lambda text: text])
options = st.sampled_from(
    [
        "tlsCertificateKeyFilePassword",
        "authMechanismProperties=AWS_SESSION_TOKEN:x,a",
        "authMechanismProperties",
        "proxyPassword",
        "sshkey",
        "tlsCertificateKeyFile",
        "somethingNew",
    ]
)


@given(passwords, encodings)
def test_nothing_of_a_password_is_shown(password, encode):
    uri = f"mongodb://ann:{encode(password)}@host:1/db?replicaSet=rs"

    assert MARK not in shown(uri)
    assert MARK not in place(uri)
    assert holds_secret(uri)


@given(passwords, options, encodings)
def test_nothing_of_an_option_that_may_be_secret_is_shown(secret, option, encode):
    # a bare & or ; begins another option, whatever was meant
    value = encode(secret).replace("&", "%26").replace(";", "%3B")
    uri = f"mongodb://host:1/db?w=1&{option}={value}"

    assert MARK not in shown(uri)
    assert holds_secret(uri)


@given(passwords)
def test_an_encoded_password_is_found_decoded_among_the_secrets(password):
    uri = f"mongodb://ann:{quote(password, safe='')}@host/"

    assert password in secrets(uri)
    assert quote(password, safe="") in secrets(uri)


@given(st.text(max_size=40), passwords)
def test_whatever_is_no_address_shows_nothing_after_a_user(before, password):
    shown(before + password)  # nothing that is typed in makes it fail
    secrets(before + password)
    assert MARK not in shown(f"mongodb://ann:{MARK}{password.replace('@', '')}")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("mongodb://ann:x@h:1,i:2/db?replicaSet=rs&tls=true&w=majority",
         "mongodb://ann:***@h:1,i:2/db?replicaSet=rs&tls=true&w=majority"),
        ("mongodb+srv://ann:x@cluster.example.net/?appName=me",
         "mongodb+srv://ann:***@cluster.example.net/?appName=me"),
        ("mongodb://h/db?tlsCAFile=/etc/ca.pem", "mongodb://h/db?tlsCAFile=/etc/ca.pem"),
        ("mongodb://h/db?tlsCertificateKeyFile=/k.pem", "mongodb://h/db?tlsCertificateKeyFile=***"),
        ("mongodb://h?authMechanismProperties=x:a@home",
         "mongodb://***:***@"),
        ("mongodb://[::1]:27017/db", "mongodb://[::1]:27017/db"),
        ("mongodb://ann@h/", "mongodb://ann@h/"),
        ("h:1", "h:1"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_harmless_stays(uri, expected):
    assert shown(uri) == expected


@pytest.mark.parametrize(
    "uri", ["mongodb://h:1/db", "mongodb://ann@h/?w=1", "mongodb://h/?replicaSet=rs&tls=true"]
)
def test_an_address_without_secrets_has_none(uri):
    assert not holds_secret(uri)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see mongodb+srv://ann:p/q@h/?x=1 now", "see mongodb+srv://ann:***@h/?x=1 now"),
        ("mongodb://h/?tlsCertificateKeyFilePassword=abc&w=1",
         "mongodb://h/?tlsCertificateKeyFilePassword=***&w=1"),
        ("mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:abc",
         "mongodb://h/?authMechanismProperties=***"),
        ("mongodb://h:1/db and 7:30", "mongodb://h:1/db and 7:30"),
        ("no study 'mongodb://me@lab.org:p@h/' here", "no study 'mongodb://***@h/' here"),
        ("'mongo://me:p@h/db'", "'mongo://me:***@h/db'"),
        ("'mongodb://me:p q@h/db'", "'mongodb://me:***@h/db'"),
        ("none in /c/mongodb:/a@b:p@h: `up '/c/mongodb:/a@b:p@h'`",
         "none in /c/mongodb:/***@h: `up '/c/mongodb:/***@h'`"),
        ("'mongodb://a:b@h:q': expected mongodb://[user:password@]host",
         "'mongodb://a:***@h:q': expected mongodb://[user:password@]host"),
    ],
)  # fmt: skip
def test_addresses_within_a_text_lose_their_passwords(text, expected):
    assert redacted(text) == expected


def test_a_trial_is_given_none_of_our_secrets():
    environ = {
        "PARZEN_STORE": "mongodb://ann:x@h",
        "PARZEN_STORE_FILE": "/f",
        "PARZEN_SIGN_KEY": "/k",
        "PARZEN_SIGN_KEY_FILE": "/k",
        "PARZEN_USER_PASSWORD": "x",
        "PARZEN_HOME": "/home",
        "WANDB_API_KEY": "theirs",
    }

    assert without_secrets(environ) == {"PARZEN_HOME": "/home", "WANDB_API_KEY": "theirs"}
