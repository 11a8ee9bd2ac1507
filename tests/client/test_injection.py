"""What a user gives as a name or a filter is plain text: no operator, no expression, no path."""

from __future__ import annotations

import re

import pytest

from parzen.client import Float, Study, connect
from parzen.shared.errors import InvalidInput, NotFound, ParzenError
from parzen.shared.records import Completed, Uid

OPERATORS = [
    {"$gt": ""},
    {"$ne": None},
    {"$where": "sleep(1000)"},
    {"$regex": ".*"},
    re.compile(".*"),
    ["tuned"],
    None,
    b"tuned",
    7,
    True,
]

TEXTS = [
    "$where",
    "$$NOW",
    "../../x",
    "/etc/passwd",
    "a.b",
    "x\0y",
    "",
    "tuned ",
    "{'$gt': ''}",
    "*",
]


@pytest.fixture
def client(worked, store_uri):
    """A store with the study "s", whose trial 0 is complete and has an attachment."""
    worked(Completed(value=0.5), waiting=1)
    with connect(store_uri) as opened:
        yield opened


@pytest.fixture
def handle(client):
    return client.study("s")


def test_an_operator_is_no_study(client):
    for name in OPERATORS:
        with pytest.raises(InvalidInput, match=r"the study's name is .* expected a text"):
            client.study(name)


def test_a_text_names_itself_only(client):
    for name in TEXTS:
        with pytest.raises(NotFound):
            client.study(name)


def test_an_operator_is_no_number(handle):
    for number in [o for o in OPERATORS if o != 7] + [-1, 0.5, "0", "0 or 1"]:
        for read in (handle.trial, handle.measurements, handle.attachments):
            with pytest.raises(InvalidInput, match="the trial's number is"):
                read(number)


def test_an_operator_is_no_attachment(handle):
    for name in OPERATORS:
        with pytest.raises(InvalidInput, match="the attachment's name is"):
            handle.attachment(0, name)


def test_an_operator_is_no_order_state_or_limit(handle):
    for options in (
        {"sort": "$where"},
        {"sort": "-$natural"},
        {"sort": "params.x"},
        {"sort": {"$meta": "x"}},
        {"sort": None},
        {"states": ["$ne"]},
        {"states": [{"$ne": "complete"}]},
        {"states": {"$ne": "complete"}},
        {"states": "complete"},
        {"limit": {"$gt": 0}},
        {"limit": -1},
        {"limit": "1"},
        {"limit": 1.5},
    ):
        with pytest.raises(InvalidInput):
            handle.trials(**options)


def test_an_operator_is_no_condition(handle):
    for condition in OPERATORS:
        with pytest.raises(InvalidInput, match=r"the condition is .* expected a text"):
            handle.trials(where=[condition])
    for text in ("$where=1", "params.x<1", "state.$ne=complete", "x<{'$gt': 0}", "state={$ne:1}"):
        with pytest.raises(InvalidInput):
            handle.trials(where=[text])


def test_what_a_condition_names_and_compares_with_is_plain_text(store, handle):
    trap = {"$where": "$state", "a.b": "$$ROOT", "$ne": {"$gt": ""}}
    store.db.jobs.update_one({"number": 0}, [{"$set": {"user": {"$literal": trap}}}])

    def found(text):
        return [trial.number for trial in handle.trials(where=text)]

    assert found("user/$where=$state") == found("user/a.b=$$ROOT") == [0]
    assert found("user/$where=complete") == found("user/a.b~complete") == []
    assert found('user/$ne={"$gt": ""}') == []
    assert found("note={'$ne': 1}") == found("error~.*") == found("worker~.") == []
    assert [t.number for t in handle.trials(sort="-user/$where")] == [0, 1]


def test_an_operator_is_none_of_the_studies_that_a_worker_serves(store, new_study):
    new_study()
    for names in ([{"$gt": ""}], [re.compile(".*")], [None]):
        with pytest.raises(InvalidInput, match="a study's name is"):
            store.queue.studies(names)
    assert list(store.queue.studies(["$where", ".*", "$$ROOT"])) == []


def test_an_attachments_name_is_a_key_and_no_path(store, handle, new_hand):
    (claim,) = new_hand().claim(handle.record)
    names = ["../../x", "/etc/passwd", "$where", "a.b", "$set", "..", "x y"]
    for name in names:
        store.queue.attach(claim, name, b"1")
        store.queue.attach(claim, name, b"2")

    assert handle.attachments(claim.trial.number) == sorted(names)
    assert {handle.attachment(claim.trial.number, name) for name in names} == {b"2"}


@pytest.mark.parametrize("word", ["$claim.token", "$$NOW", "$$ROOT", "{$set:1}"])
def test_what_processes_say_of_themselves_is_plain_text(store, a_worker, word):
    fields = {"host": word, "labels": (word,), "studies": (word,), "versions": {"parzen": word}}
    store.queue.beat(a_worker(word, quarantined={Uid("u"): word}, **fields))

    (found,) = [w for w in store.queue.workers() if w.id == word]
    assert (found.host, found.labels, found.studies) == (word, (word,), (word,))
    assert found.quarantined == {"u": word}
    store.queue.leave(".*")
    store.queue.leave("$where")
    assert word in [w.id for w in store.queue.workers()]


@pytest.mark.parametrize("name", ["$where", "../../x", "a b", ".", "..", "", "-x", "x/y", "ü"])
def test_no_study_is_called_so_that_it_could_be_a_path_or_an_option(name):
    with pytest.raises(ParzenError):
        Study(name, space={"x": Float(0, 1)}, objective="os:getcwd")


def test_the_command_line_takes_a_name_as_it_is(call, client):
    for command in ("status", "trials", "best", "cancel"):
        for name in ("$where", "../../x", '{"$gt": ""}'):
            code, _, err = call(command, name)
            assert code == 3
            assert f"there is no study {name!r}" in err
