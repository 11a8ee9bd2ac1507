from __future__ import annotations

from parzen.shared.visible import visible, visible_output


def test_what_commands_a_terminal_is_written_out():
    assert visible("\x1b[2Jboo\x1b]0;pwn\x07\x7f\x9b\r") == r"\x1b[2Jboo\x1b]0;pwn\x07\x7f\x9b\x0d"
    assert visible("one\n\ttwo ü") == "one\n\ttwo ü"


def test_a_programs_output_keeps_its_colours_and_ends_them():
    assert visible_output("\x1b[31mred\x1b[2J\r\n") == "\x1b[31mred\\x1b[2J\r\n\x1b[0m"
    assert visible_output("plain\n") == "plain\n"


def test_what_turns_the_direction_of_a_text_is_written_out():
    assert visible("a\u202eb\u2066c") == "a\\u202eb\\u2066c"
