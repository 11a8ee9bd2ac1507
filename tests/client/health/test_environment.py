from __future__ import annotations

import re
from pathlib import Path

import pytest

from parzen.client.health import environment

TREE = Path(__file__).parents[3]
SOURCES = [*(p for room in ("shared", "coordinator", "worker", "client")
             for p in (TREE / room).rglob("*.py")), TREE / "docker-compose.yml"]  # fmt: skip


def told(**environ):
    return list(environment.variables(environ))


def test_every_variable_that_parzen_reads_is_known():
    found = set()
    for source in SOURCES:
        found |= set(re.findall(r"\bPARZEN_[A-Z_]*[A-Z]\b", source.read_text("utf-8")))
    assert found - environment.KNOWN.keys() <= environment.INTERNAL


def test_what_is_set_is_shown_without_its_secrets():
    (only,) = told(
        PARZEN_STORE="mongodb://ann:s3cret@host/db",
        PARZEN_HOME="/data",
        PARZEN_USER_PASSWORD="s3cret",
        PARZEN_SIGN_KEY_PASSWORD="s3cret",
        PATH="/bin",
    )
    assert only.verdict.value == "ok"
    assert "PARZEN_STORE=mongodb://ann:***@host/db" in only.said
    assert "PARZEN_HOME=/data" in only.said
    assert "s3cret" not in only.said
    assert "PATH=/bin" not in only.said


def test_nothing_set_and_what_was_an_option_is_no_variable():
    assert "none of PARZEN_… is set" in told()[0].said
    hidden = {environment.HIDDEN_HERE: "1", "PARZEN_STORE": "mongodb://h/"}
    assert [f.said for f in told(**hidden)] == ["none of PARZEN_… is set"]


def test_a_variable_nobody_knows_names_the_nearest():
    _, typo = told(PARZEN_STOREFILE="x")
    assert (typo.verdict.value, typo.advice) == ("warning", "did you mean PARZEN_STORE_FILE?")


@pytest.mark.parametrize(
    ("one", "other"),
    [("PARZEN_STORE", "PARZEN_STORE_FILE"), ("PARZEN_SIGN_KEY", "PARZEN_SIGN_KEY_PEM")],
)
def test_two_that_name_the_same_are_a_problem(one, other):
    found = told(**{one: "x", other: "y"})
    assert any(f.verdict.value == "problem" and "both name" in f.said for f in found)


def test_a_file_that_others_can_read_is_a_problem(tmp_path):
    key = tmp_path / "key"
    key.touch(mode=0o644)
    _, open_to_all = told(PARZEN_SIGN_KEY=str(key))
    assert open_to_all.verdict.value == "problem"
    assert "open to others" in open_to_all.said
    key.chmod(0o600)
    assert len(told(PARZEN_SIGN_KEY=str(key))) == 1


def test_a_trusted_key_that_is_not_there_is_a_problem(tmp_path):
    _, missing = told(PARZEN_TRUST=f"{tmp_path}:{tmp_path}/none.pub")
    assert (missing.verdict.value, missing.name) == ("problem", "PARZEN_TRUST")
