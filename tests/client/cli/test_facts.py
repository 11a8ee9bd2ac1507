import pytest

from parzen.client.cli.facts import cut, print_facts, wrapped

LONG = "one two three four five six seven eight nine ten eleven twelve"


def test_a_pipe_gets_each_fact_in_one_line(capsys):
    print_facts([("label", LONG), ("", "more")])
    assert capsys.readouterr().out == f"label        {LONG}\n             more\n"


def test_a_terminal_gets_it_wrapped_beside_its_label(capsys, terminal):
    terminal(40)
    print_facts([("label", LONG), ("a label that is long", "x\x1b[31m")])
    assert capsys.readouterr().out.splitlines() == [
        "label        one two three four five six",
        "             seven eight nine ten eleven",
        "             twelve",
        "a label that is longx\\x1b[31m",
    ]


def test_a_command_is_kept_in_one_piece_to_be_copied():
    text = "start it (`parzen worker --store mongodb://somewhere/else`) on a node"
    assert wrapped(text, 20) == [
        "start it",
        "(`parzen worker --store mongodb://somewhere/else`)",
        "on a node",
    ]


@pytest.mark.parametrize("text", ["", "short", "  indented  text"])
def test_what_fits_stays_as_it_is(text):
    assert wrapped(text, 20) == [text]


def test_wide_letters_count_as_they_are_drawn():
    assert wrapped("日本 日本 日本", 9) == ["日本 日本", "日本"]
    assert cut("日本日本日本", 7) == "日本日…"
