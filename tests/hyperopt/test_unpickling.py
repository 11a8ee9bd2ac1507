import os
import pickle
import subprocess
import sys

import pytest

from parzen.hyperopt import unpickling
from parzen.hyperopt.trials import Trials
from parzen.hyperopt.unpickling import unpickled
from parzen.shared.errors import InvalidInput, NotFound


class Fatal:
    """Whoever unpickles it is gone, without a chance to say why."""

    def __reduce__(self):
        return os._exit, (3,)


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


def test_a_process_that_died_is_told_with_its_last_words(tmp_path):
    path = written(tmp_path / "t.pkl", Fatal())
    with pytest.raises(InvalidInput, match=r"t.pkl' cannot be unpickled \(without a word\)"):
        unpickled(path, trusted=True)


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (1, b"Traceback\nModuleNotFoundError: No module named 'x'\n", "ModuleNotFoundError: No m"),
        (-9, b"", "its process was ended by SIGKILL: without a word"),
        (0, b"", "cannot be understood: a frame of"),
    ],
)
def test_every_end_of_the_process_is_a_sentence(tmp_path, monkeypatch, code, said, told):
    done = subprocess.CompletedProcess([], code, stdout=b"x" * 40, stderr=said)
    monkeypatch.setattr(unpickling.subprocess, "run", lambda *_, **__: done)
    with pytest.raises(InvalidInput, match=told):
        unpickled(written(tmp_path / "t.pkl", 1), trusted=True)


def answer(path):
    """What the process answers, without one."""
    with open(path.with_suffix(".out"), "wb") as out:  # noqa: PTH123 - as the process does
        unpickling._answer(str(path), out)
    return unpickling._told(path, path.with_suffix(".out").read_bytes())


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
