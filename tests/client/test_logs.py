import logging

import pytest

from parzen.client.logs import About, Decoder, Remark, Said, Text, chosen, printed, texts
from parzen.shared.errors import NotFound
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Attempt, Failure, Piece, Uid


class Catalog:
    """One trial, and what the store has of its attempts' outputs, by token."""

    def __init__(self, trial, **outputs):
        self.held, self.outputs = trial, outputs

    def trial(self, study, number):
        return self.held

    def output(self, study, number, token, start=0, *, backwards=False):
        found = [
            Piece(uid=Uid("u1"), number=number, attempt=1, token=token, offset=offset, data=data)
            for offset, data in self.outputs.get(token, ())
            if offset >= start
        ]
        return iter(found[::-1] if backwards else found)


def an_attempt(n=1, **changes):
    given = {"n": n, "token": f"t{n}", "worker": "w", "host": "node-7", "outcome": "complete"}
    return Attempt(**{**given, **changes})


@pytest.fixture
def says(a_study, a_trial):
    """The output as text, and the remarks beside it, of a trial with these attempts."""

    def run(*attempts, attempt=None, lines=None, **outputs):
        catalog = Catalog(a_trial(17, attempts=attempts), **outputs)
        events = list(printed(catalog, a_study(), 17, attempt=attempt, lines=lines))
        said = b"".join(event.data for event in events if isinstance(event, Said))
        return said, [event.text for event in events if isinstance(event, Remark)]

    return run


def test_what_the_store_has_whole_is_printed_without_remark(says):
    assert says(an_attempt(log_bytes=3), t1=[(0, b"one")]) == (b"one", [])


def test_an_output_that_the_document_holds_is_whole(says):
    assert says(an_attempt(log_bytes=4, log_tail="all\n")) == (b"all\n", [])


def test_nothing_printed_is_told(says):
    nothing = (b"", ["trial 17 wrote nothing"])
    assert says(an_attempt(log_bytes=0)) == nothing
    assert says(an_attempt()) == nothing
    assert says(an_attempt(log_bytes=0), lines=3) == nothing


@pytest.mark.parametrize("total", [None, 9000])
def test_where_only_the_end_is_kept_it_is_told_where_the_whole_lies(says, total):
    said, remarks = says(an_attempt(log_bytes=total, log_tail="end\n"))
    assert said.endswith(b"end\n")
    assert remarks == ["the whole output lies on node-7; this is its end"]


def test_what_is_lacking_among_the_pieces_is_told_there_and_beside(says):
    note = ["not all of the output is in the store: the whole lies on node-7"]
    gap = b"\n[parzen: 4990 bytes of output were left out here]\n"
    said, remarks = says(an_attempt(log_bytes=5000), t1=[(0, b"begin"), (4995, b" end\n")])
    assert (said, remarks) == (b"begin" + gap + b" end\n", note)
    said, remarks = says(an_attempt(log_bytes=5000, log_tail=" end\n"), t1=[(0, b"begin")])
    assert (said, remarks) == (b"begin" + gap + b" end\n", note)


def test_a_lost_worker_is_told_with_what_it_had_shipped(says):
    lost = an_attempt(outcome="lost", error=Failure(kind=FailureKind.LOST, message="it is gone"))
    assert says(lost, t1=[(0, b"one\n")]) == (
        b"one\n",
        ["its worker was lost: what it printed after that lies on node-7", "it is gone"],
    )
    told = "its worker was lost: what it printed lies on node-7"
    assert says(lost) == (b"", [told, "it is gone"])


def test_a_failure_is_told_after_the_output(says):
    error = Failure(kind=FailureKind.EXCEPTION, message="no", traceback="Trace\nno")
    assert says(an_attempt(log_bytes=2, log_tail="x\n", error=error)) == (b"x\n", ["Trace\nno"])


def test_of_a_trial_that_runs_elsewhere_what_was_shipped_is_printed(says):
    told = ["trial 17 still runs elsewhere: with --follow it is shown as it comes"]
    assert says(an_attempt(outcome=None), t1=[(0, b"one\n")]) == (b"one\n", told)


def test_another_attempt_than_the_last(says):
    first, second = an_attempt(1, log_bytes=3), an_attempt(2, log_bytes=3)
    outputs = {"t1": [(0, b"one")], "t2": [(0, b"two")]}
    assert says(first, second, **outputs) == (b"two", [])
    assert says(first, second, attempt=1, **outputs) == (b"one", [])


def test_the_last_lines_only(says):
    assert says(an_attempt(log_bytes=8), t1=[(0, b"one\n"), (4, b"two\n")], lines=1)[0] == b"two\n"


def test_an_attempt_that_there_is_not(a_trial):
    trial = a_trial(17, attempts=(an_attempt(2), an_attempt(3)))
    with pytest.raises(NotFound, match=r"trial 17 of study 's' has no attempt 1: .* 2, 3"):
        chosen(trial, 1)
    with pytest.raises(NotFound, match="not been tried yet: --follow waits for it"):
        chosen(a_trial(17), None)


def test_characters_that_are_cut_between_pieces_are_whole():
    data = "aé€😀z".encode()
    decoder = Decoder()
    found = [text for n in range(len(data)) for text in decoder.feed(Said(1, n, data[n : n + 1]))]
    assert [text.text for text in found] == ["a", "é", "€", "😀", "z"]
    assert [text.offset for text in found] == [0, 1, 3, 6, 10]
    assert list(decoder.end()) == []


def test_what_is_no_character_is_shown_as_one():
    decoder = Decoder()
    (first,) = decoder.feed(Said(1, 0, b"a\xff\xe2\x82"))
    assert first == Text(1, 0, "a\ufffd")
    (left, other) = decoder.feed(Said(2, 0, b"\xac"))  # of another attempt: not its rest
    assert (left, other) == (Text(1, 2, "\ufffd"), Text(2, 0, "\ufffd"))
    list(decoder.feed(Said(2, 1, b"\xe2")))
    assert list(decoder.end()) == [Text(2, 1, "\ufffd")]


def test_in_python_remarks_go_to_the_log(caplog):
    events = [
        Said(1, 0, b"one\xc3"),
        Remark(About.LACK, "some is lacking"),
        Remark(About.COURSE, "it goes on"),
        Said(1, 4, b"\xa9"),
    ]
    with caplog.at_level(logging.INFO):
        assert list(texts(iter(events))) == ["one", "é"]
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("WARNING", "some is lacking"),
        ("INFO", "it goes on"),
    ]
