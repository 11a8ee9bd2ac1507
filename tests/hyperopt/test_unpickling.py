import io
import os
import pickle
import select
import sys

import pytest

from parzen.hyperopt import unpickling
from parzen.hyperopt.trials import Trials
from parzen.hyperopt.unpickling import unpickled
from parzen.shared.errors import InvalidInput, NotFound


class Leaving:
    """Whoever unpickles it leaves a process behind and is gone, without a chance to say why."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        code = """if True:
            import os, subprocess
            with open({!r}, "wb") as file:
                subprocess.Popen(["sleep", "100"], pass_fds=[file.fileno()])
            os._exit(0)
        """
        return exec, (code.format(self.path),)


class Shown:
    """Whoever unpickles it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def written(path, found):
    path.write_bytes(pickle.dumps(found))
    return path


def test_a_pickle_is_not_read_unless_it_is_trusted(tmp_path):
    path = written(tmp_path / "t.pkl", Shown(str(tmp_path / "made")))
    with pytest.raises(InvalidInput, match=r"to run whatever code it names: .* say --trust-pic"):
        unpickled(path, trusted=False)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("data", [b"", b"lr,value\n1,2\n", b"A sentence.", b"\x80\x04"])
def test_a_file_that_is_no_pickle_is_told_at_once(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    for trusted in (True, False):
        with pytest.raises(InvalidInput, match="is no pickle: expected a file with pickled Trials"):
            unpickled(tmp_path / "x", trusted=trusted)
    with pytest.raises(NotFound, match="there is no file"):
        unpickled(tmp_path / "none", trusted=True)
    with pytest.raises(InvalidInput, match=r"cannot be read \(Is a directory"):
        unpickled(tmp_path, trusted=True)


def test_whom_the_pickle_started_is_not_waited_for_and_ended(tmp_path):
    fifo = str(tmp_path / "held")
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    path = written(tmp_path / "t.pkl", Leaving(fifo))
    with pytest.raises(InvalidInput, match=r"\(its process ended before it had told all: w"):
        unpickled(path, trusted=True)
    poll = select.poll()
    poll.register(reader, 0)
    assert poll.poll(30_000) == [(reader, select.POLLHUP)]  # nobody holds the other end
    os.close(reader)


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (1, b"Traceback\nModuleNotFoundError: No module named 'x'\n", "ModuleNotFoundError: No m"),
        (1, b"x" * unpickling.TAIL + b"\nlast", r"cannot be unpickled \(last\)"),
        (3, b"", r"t.pkl' cannot be unpickled \(without a word\)"),
        (-9, b"", "its process was ended by SIGKILL: without a word"),
        (0, b"", "cannot be understood: a frame of"),
    ],
)
def test_every_end_of_the_process_is_a_sentence(tmp_path, monkeypatch, code, said, told):
    def run(_, answer, errors):
        answer.write(b"x" * 40)
        errors.write(said)
        return code

    monkeypatch.setattr(unpickling, "_run", run)
    with pytest.raises(InvalidInput, match=told):
        unpickled(written(tmp_path / "t.pkl", 1), trusted=True)


def answer(path):
    """What the process answers, without one."""
    out = io.BytesIO()
    unpickling._answer(str(path), out)
    return unpickling._told(path, out)


def test_what_hyperopt_pickled_is_read_without_hyperopt(tmp_path, monkeypatch):
    hyperopt = pytest.importorskip("hyperopt")
    trials = hyperopt.Trials()
    trials._dynamic_trials.append({"tid": 0, "misc": {"vals": {}}, "result": {}})
    space = hyperopt.hp.uniform("x", 0, 1)
    trials.more = [space, hyperopt.base.Domain(len, space)]
    trials.attachments["ATTACH::0::t"] = "text"
    trials.attachments["ATTACH::0::odd"] = 7
    trials.attachments["FMinIter_Domain"] = b"pickle"
    path = written(tmp_path / "t.pkl", trials)
    for name in [name for name in sys.modules if name.partition(".")[0] == "hyperopt"]:
        monkeypatch.setitem(sys.modules, name, None)
    found = answer(path)
    assert found.documents == [{"tid": 0, "misc": {"vals": {}}, "result": {}}]
    assert found.attachments == {"0": {"t": b"text", "odd": None}}


def test_what_holds_no_trials_is_told(tmp_path):
    with pytest.raises(SystemExit, match="it holds a dict, expected Trials"):
        answer(written(tmp_path / "t.pkl", {"a": 1}))


def test_our_own_trials_are_read_too(tmp_path):
    trials = Trials()
    trials._dynamic_trials.append({"tid": 0, "misc": None, "result": 1})
    found = answer(written(tmp_path / "t.pkl", trials))
    assert found.documents == [{"tid": 0, "misc": None, "result": "1"}]


def test_an_answer_without_an_end_is_none(tmp_path):
    path, out = written(tmp_path / "t.pkl", Trials()), io.BytesIO()
    unpickling._answer(str(path), out)
    assert unpickling._told(path, out) == unpickling.Unpickled()
    assert unpickling._told(path, io.BytesIO(out.getvalue()[:-1])) is None


def test_what_is_no_document_is_told_in_its_place(tmp_path):
    trials = Trials()
    trials._dynamic_trials += [None, {"tid": 1}, "text"]
    found = answer(written(tmp_path / "t.pkl", trials))
    assert found.documents == ["None", {"tid": 1, "result": None}, "'text'"]


def test_what_cannot_travel_takes_nothing_with_it(tmp_path):
    trials = Trials()
    vals = {"x": [0.5], "n": [1 << 70], "odd": 1 << 70}
    trials._dynamic_trials += [
        {"tid": 0, "misc": {"vals": vals, "error": ("ValueError", "no" * 10_000_000)}},
        {"tid": 1 << 70, "state": 2, "misc": {"vals": vals, "error": ("ValueError", "no")}},
    ]
    long, huge = answer(written(tmp_path / "t.pkl", trials)).documents
    there = {"x": [0.5], "n": [str(1 << 70)], "odd": str(1 << 70)}
    assert long["misc"]["vals"] == huge["misc"]["vals"] == there
    assert long["misc"]["error"].startswith("('ValueError', 'nono")
    assert huge["misc"]["error"] == ["ValueError", "no"]
    assert (huge["tid"], huge["state"]) == (str(1 << 70), 2)
