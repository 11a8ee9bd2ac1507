"""Keys are read from files that only the right people can read or write."""

from __future__ import annotations

import os
import stat

import pytest

from parzen.shared import keyfiles, signing
from parzen.shared.errors import InvalidInput, InvalidKey


@pytest.fixture
def pair(tmp_path):
    return keyfiles.make_pair(tmp_path / "keys" / "mine")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_pair_is_made_for_its_owner_alone(tmp_path):
    before = os.umask(0)
    try:
        pair = keyfiles.make_pair(tmp_path / "keys" / "mine")
    finally:
        os.umask(before)
    assert (mode(pair.private), mode(pair.private.parent)) == (0o600, 0o700)
    pair.public.chmod(0o644)
    assert pair.public.name == "mine.pub"
    assert keyfiles.chosen_signer(pair.private, {}).key_id == pair.key_id
    assert [*keyfiles.read_keyring([pair.public]).keys] == [pair.key_id]


def test_the_public_half_signs_nothing_and_says_which_file_does(pair):
    with pytest.raises(InvalidKey, match=r"mine\.pub' is a public key.*sign with .*/mine'$"):
        keyfiles.chosen_signer(pair.public, {})


def test_nothing_is_ever_written_over(pair):
    kept = pair.private.read_bytes()
    with pytest.raises(InvalidInput, match=r"mine\.pub' is there already: name a new one"):
        keyfiles.make_pair(pair.private)
    pair.public.rename(pair.public.with_name("kept.pub"))
    with pytest.raises(InvalidInput, match=r"mine' is there already: name a new one"):
        keyfiles.make_pair(pair.private)
    assert pair.private.read_bytes() == kept
    assert not pair.public.exists()


def test_a_key_that_cannot_be_written_says_why(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InvalidKey, match="cannot be written"):
        keyfiles.make_pair(tmp_path / "file" / "mine")


def test_a_private_key_that_others_can_read_is_refused_with_the_command_to_run(pair):
    pair.private.chmod(0o640)
    with pytest.raises(InvalidInput, match=rf"mode 0640.*`chmod 600 {pair.private}`"):
        keyfiles.chosen_signer(pair.private, {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_private_key_of_another_user_is_refused(pair):
    os.chown(pair.private, 12345, -1)
    with pytest.raises(InvalidInput, match="belongs to another user"):
        keyfiles.chosen_signer(pair.private, {})


def test_the_environment_names_a_key_or_holds_one(pair):
    text = pair.private.read_text()
    assert keyfiles.chosen_signer(None, {}) is None
    assert keyfiles.chosen_signer(None, {"PARZEN_SIGN_KEY": ""}) is None
    by_path = keyfiles.chosen_signer(None, {"PARZEN_SIGN_KEY": str(pair.private)})
    by_text = keyfiles.chosen_signer(None, {"PARZEN_SIGN_KEY_PEM": text})
    assert by_path.key_id == by_text.key_id == pair.key_id
    with pytest.raises(InvalidKey, match="set one of them"):
        keyfiles.chosen_signer(
            None, {"PARZEN_SIGN_KEY": str(pair.private), "PARZEN_SIGN_KEY_PEM": text}
        )
    other = keyfiles.make_pair(pair.private.with_name("other"))
    won = keyfiles.chosen_signer(other.private, {"PARZEN_SIGN_KEY_PEM": text})
    assert won.key_id == other.key_id


def test_a_key_in_the_environment_does_not_show_in_the_message():
    with pytest.raises(InvalidKey, match=r"\$PARZEN_SIGN_KEY_PEM") as refused:
        keyfiles.chosen_signer(None, {"PARZEN_SIGN_KEY_PEM": "hunter2"})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["none", "folder", "large"])
def test_what_is_no_file_of_a_key_is_refused(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(bytes(100_000))
    (tmp_path / "large").chmod(0o600)
    with pytest.raises(InvalidInput, match=name):
        keyfiles.chosen_signer(tmp_path / name, {})


def test_a_folder_of_keys_is_its_pub_files(pair):
    other = keyfiles.make_pair(pair.private.with_name("other"))
    ring = keyfiles.read_keyring([pair.private.parent])
    assert set(ring.keys) == {pair.key_id, other.key_id}


def test_a_private_key_is_not_for_workers(pair):
    with pytest.raises(InvalidKey, match="holds a private key"):
        keyfiles.read_keyring([pair.private])


@pytest.mark.parametrize("what", ["file", "folder", "parent"])
def test_what_everybody_can_write_is_not_trusted(pair, what):
    target = pair.public if what == "file" else pair.public.parent
    target.chmod(0o666 if what == "file" else 0o777)
    with pytest.raises(InvalidKey, match=f"`chmod o-w {target}`"):
        keyfiles.read_keyring([pair.public if what != "folder" else target])


def test_a_sticky_folder_does_not_let_others_replace_a_file(pair):
    pair.public.parent.chmod(0o1777)
    assert keyfiles.read_keyring([pair.public]).keys
    with pytest.raises(InvalidKey, match="everybody can write"):
        keyfiles.read_keyring([pair.public.parent])


def test_trust_that_would_hold_no_key_is_refused(tmp_path):
    with pytest.raises(InvalidKey, match=r"holds no \.pub file"):
        keyfiles.read_keyring([tmp_path])
    with pytest.raises(InvalidKey, match="nowhere cannot be read: No such file"):
        keyfiles.read_keyring([tmp_path / "nowhere"])


def test_one_bad_key_in_a_folder_is_named(pair):
    pair.public.with_name("bad.pub").write_bytes(b"junk")
    with pytest.raises(InvalidKey, match=r"bad\.pub"):
        keyfiles.read_keyring([pair.public.parent])
    assert signing.KEY_ID.fullmatch(pair.key_id)
