import json

from parzen.client.export import as_jsonl
from parzen.shared.shape import plain


def test_each_line_is_a_whole_trial_in_the_shape_of_json(trials):
    lines = []
    assert as_jsonl.write(trials, lines.append) == 6
    assert all(line.count("\n") == 1 for line in lines)
    assert [json.loads(line) for line in lines] == [plain(trial) for trial in trials]
    assert json.loads(lines[1])["attempts"][0]["error"]["message"] == "no such file"


def test_no_line_commands_a_terminal(a_trial):
    lines = []
    as_jsonl.write([a_trial(note="\x1b[31m\x7f")], lines.append)
    [line] = lines
    assert "\x1b" not in line
    assert "\x7f" not in line
