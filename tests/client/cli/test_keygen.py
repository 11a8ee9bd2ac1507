import json
import stat

import pytest

from parzen.client import cli


@pytest.fixture
def keygen(home, capfd):
    def run(*words):
        code = cli.run(["keygen", *map(str, words)])
        said = capfd.readouterr()
        return code, said.out, said.err

    return run


def test_a_key_is_made_below_the_data_directory_with_what_to_do_next(keygen, home):
    code, out, _ = keygen()
    private = home / "keys" / "signing.key"
    assert code == 0
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert f"submit FILE:NAME --sign-key {private}`" in out
    assert f"worker --trust {private}.pub`" in out
    assert "key id     ed25519:" in out
    assert "PRIVATE" not in out


def test_a_program_gets_the_paths_and_the_id(keygen, tmp_path):
    code, out, _ = keygen("--json", "--out", tmp_path / "a key")
    (item,) = json.loads(out)["items"]
    assert code == 0
    assert item["private"] == str(tmp_path / "a key")
    assert item["public"] == str(tmp_path / "a key.pub")
    assert item["key_id"].startswith("ed25519:")


def test_a_key_is_never_written_over(keygen, home):
    keygen()
    before = (home / "keys" / "signing.key").read_bytes()
    code, out, err = keygen()
    assert (code, out) == (2, "")
    assert "is there already: name a new one" in err
    assert (home / "keys" / "signing.key").read_bytes() == before
