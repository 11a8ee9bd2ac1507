import json

import pytest

from parzen.shared.lifecycle import FailureKind, StudyEvent
from parzen.shared.records import Cancelled, Completed, Failed, Failure

FAILED = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))


def test_no_studies_yet(call):
    assert call("studies") == (
        0,
        "name\tstatus\tdone\trunning\tfailed\towner\tcreated\tcancelled\tnote\tsampler\ttags\n",
        "",
    )


def test_studies_are_listed_newest_first(call, worked):
    worked(Completed(value=0.5), FAILED, waiting=1)
    worked(name="second", uid="u2", owner="me@laptop")
    code, out, _ = call("studies")
    header, second, first = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert dict(zip(header, second, strict=True))["owner"] == "me@laptop"
    assert first[:5] == ["s", "active", "2/10", "0", "1"]
    assert dict(zip(header, first, strict=True))["sampler"] == "auto"


def test_cancelled_trials_are_not_done_and_have_a_column_of_their_own(call, worked):
    worked(Completed(value=0.5), Cancelled(), Cancelled())
    worked(name="second", uid="u2")
    header, *lines = [line.split("\t") for line in call("studies")[1].splitlines()]
    second, first = (dict(zip(header, line, strict=True)) for line in lines)
    assert (first["done"], first["cancelled"]) == ("1/10", "2")
    assert (second["done"], second["cancelled"]) == ("0/10", "")


def test_a_terminal_of_80_columns_shows_whose_studies_they_are(call, worked, terminal):
    terminal(80)
    worked(name="resnet-sweep-over-learning-rates", owner="alice@gpu-login", tags=("cnn",))
    out = call("studies")[1]
    assert out.splitlines()[0].split() == [
        "name", "status", "done", "running", "failed", "owner", "created",
    ]  # fmt: skip
    assert "resne" in out
    assert "alice" in out


def test_studies_for_programs(call, worked):
    worked(Completed(value=0.5), FAILED)
    found = json.loads(call("studies", "--json")[1])
    assert (found["parzen"], found["kind"]) == (1, "studies")
    [item] = found["items"]
    assert item["name"] == "s"
    assert item["counts"] == {"complete": 1, "failed": 1}
    assert item["limits"]["max_trials"] == 10
    assert item["created_at"].endswith("+00:00")


def test_studies_are_chosen_by_owner_tag_and_status(call, worked, store):
    worked(owner="me", tags=("cnn", "nightly"), note="with the old data")
    worked(name="second", uid="u2", owner="you", tags=("cnn",))
    lead = store.ledger.lead("u2", "test", 30.0)
    store.ledger.move(lead, StudyEvent.COMPLETE)

    def names(*options):
        found = call("studies", *options, "--json")[1]
        return [item["name"] for item in json.loads(found)["items"]]

    assert names("--tag", "cnn") == ["second", "s"]
    assert names("--tag", "cnn", "--tag", "nightly") == names("--owner", "me") == ["s"]
    assert names("--status", "complete", "--status", "failed") == ["second"]
    assert names("--owner", "me", "--status", "complete") == []
    assert "\twith the old data\tauto\tcnn nightly\n" in call("studies")[1]
    assert call("studies", "--status", "done")[0] == 2


def test_a_person_is_told_that_there_are_no_such_studies(call, worked, terminal):
    assert call("studies")[1] == "There are no studies yet.\n"
    worked()
    assert call("studies", "--owner", "nobody")[1] == "There are no such studies.\n"


@pytest.mark.parametrize("command", ["status", "cancel", "trials", "best", "show"])
def test_an_unknown_study_names_the_nearest(call, worked, command):
    worked()
    code, out, err = call(command, "ss")
    assert (code, out) == (3, "")
    assert err == "parzen: there is no study 'ss': did you mean 's'?\n"


def test_a_store_that_was_never_made_is_not_made_by_looking(call, monkeypatch, tmp_path):
    monkeypatch.delenv("PARZEN_STORE")
    code, _, err = call("studies", "--data-dir", tmp_path / "none")
    assert code == 3
    assert f"there is no store in {tmp_path}/none: name yours with --store" in err
    assert not (tmp_path / "none").exists()
