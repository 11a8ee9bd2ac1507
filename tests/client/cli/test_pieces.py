import json

import pytest

from parzen.client.cli.pieces import ForPeople, JsonDocument, JsonLines, Raw
from parzen.client.logs import Said


def printed(capsys, printer, *pieces):
    """What a printer makes of pieces of output, None for a pause."""
    for piece in pieces:
        if piece is None:
            printer.pause()
        else:
            printer.say(Said(*piece) if isinstance(piece, tuple) else Said(1, 0, piece))
    printer.end()
    return capsys.readouterr().out


def test_raw_output_is_what_it_was_to_the_byte(capsysbinary):
    data = b"\x1b]0;title\x07\xff\0\r\n no end"
    assert printed(capsysbinary, Raw(), data) == data
    assert printed(capsysbinary, Raw(), data[:3], None, data[3:]) == data


def test_raw_attempts_begin_on_lines_of_their_own(capsysbinary):
    found = printed(
        capsysbinary, Raw(), (1, 0, b"one"), (1, 3, b""), (2, 0, b"two\n"), (3, 0, b"x")
    )
    assert found == b"one\ntwo\nx"


def test_a_person_sees_colours_and_no_commands(capsys):
    found = printed(capsys, ForPeople(), b"\x1b[31mred\x1b[0m \x1b]0;title\x07\r50 %")
    assert found == "\x1b[31mred\x1b[0m \\x1b]0;title\\x07\r50 %\x1b[0m\n"


@pytest.mark.parametrize("at", range(1, 6))
def test_a_colour_that_is_cut_between_pieces_is_whole(capsys, at):
    data = b"\x1b[31mred"
    found = printed(capsys, ForPeople(), data[:at], data[at:])
    assert "\x1b[31m" in found
    assert "\\x1b" not in found


def test_what_looked_like_a_colour_and_was_none_is_shown(capsys):
    assert printed(capsys, ForPeople(), b"a\x1b[3") == "a\\x1b[3\n"
    flood = b"\x1b[" + b"1" * 1000
    assert printed(capsys, ForPeople(), flood, b"!") == f"\\x1b[{'1' * 1000}!\n"


def test_what_else_is_told_begins_on_a_line_of_its_own(capsys):
    assert printed(capsys, ForPeople(), b"50 %", None, b"100 %\n", None) == "50 %\n100 %\n"
    assert printed(capsys, ForPeople(), (1, 0, b"one"), (2, 0, b"two")) == "one\ntwo\n"


def items(document):
    assert (document["parzen"], document["kind"]) == (1, "output")
    return [(i["number"], i["attempt"], i["offset"], i["text"]) for i in document["items"]]


PIECES = ((1, 0, b"caf\xc3"), (1, 4, b"\xa9 \x7f\n"), (2, 0, b"\xff"))
FOUND = [(7, 1, 0, "caf"), (7, 1, 3, "é \x7f\n"), (7, 2, 0, "\ufffd")]


def test_json_is_one_object_with_a_piece_for_each_item(capsys):
    found = printed(capsys, JsonDocument(7), *PIECES)
    assert items(json.loads(found)) == FOUND
    assert found.rstrip("\n").isprintable()
    assert items(json.loads(printed(capsys, JsonDocument(7)))) == []


def test_json_of_what_is_followed_is_an_object_on_each_line(capsys):
    found = printed(capsys, JsonLines(7), *PIECES).splitlines()
    assert [item for line in found for item in items(json.loads(line))] == FOUND
