from __future__ import annotations

import os
import pickle
import stat
import threading

import pytest

from parzen.hyperopt import Trials, fmin, hp, rand
from parzen.hyperopt.saving import load, save
from parzen.shared.errors import InvalidInput


@pytest.fixture
def file(tmp_path):
    return tmp_path / "trials.pkl"


def search(file, count, fn=abs, **options):
    line = hp.uniform("x", -1, 1)
    return fmin(fn, line, rand.suggest, count, trials_save_file=file, verbose=False, **options)


def test_a_search_goes_on_from_its_file(file):
    search(file, 4, rstate=0)
    first = load(file).losses()
    search(str(file), 6, rstate=1)
    assert load(file).losses()[:4] == first
    assert len(load(file)) == 6


def test_it_is_written_after_each_evaluation(file):
    lengths = []

    def loss(x):
        lengths.append(len(load(file)) if file.exists() else None)
        return x

    search(file, 5, loss, max_queue_len=3)
    done = [doc for doc in load(file) if doc["state"] == 2]
    assert lengths == [None, 3, 3, 3, 5]
    assert len(done) == 5


def test_it_lies_where_it_was_asked_for_though_the_objective_moves(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()

    def loss(x):
        os.chdir(tmp_path / "below")
        return x

    search("trials.pkl", 2, loss)
    assert len(load(tmp_path / "trials.pkl")) == 2


@pytest.mark.parametrize("moment", ["write", "flush", "replace", "unlink"])
def test_a_file_that_is_cut_short_is_never_seen(file, monkeypatch, moment):
    """Whoever dies while writing leaves the file from before; after the last step the new one."""
    search(file, 3, rstate=0)
    more = load(file)
    fmin(abs, hp.uniform("x", -1, 1), rand.suggest, 5, trials=more, verbose=False)

    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    steps = {
        "write": ("pathlib.Path.open", kill),
        "flush": ("os.fsync", kill),
        "replace": ("pathlib.Path.replace", kill),
        "unlink": ("pathlib.Path.unlink", kill),
    }
    with monkeypatch.context() as patched:
        patched.setattr(*steps[moment])
        with pytest.raises(Killed):
            save(more, file)
    assert len(load(file)) == (5 if moment == "unlink" else 3)
    search(file, 6)
    assert len(load(file)) == 6


def test_a_failed_write_leaves_nothing_behind(file, monkeypatch):
    search(file, 2)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InvalidInput, match=r"cannot be written .No space left on device"):
        save(Trials(), file)
    assert list(file.parent.iterdir()) == [file]


def test_others_may_read_it(file):
    search(file, 1)
    plain = file.with_name("plain")
    plain.touch()
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_what_no_file_can_hold_is_told(file):
    search(file, 1)
    with pytest.raises(InvalidInput, match=r"cannot hold the trials.*return what can be pickled"):
        search(file, 2, lambda x: {"status": "ok", "loss": x, "lock": threading.Lock()})
    assert len(load(file)) == 1


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(InvalidInput, match=r"No such file or directory.*another file"):
        search(tmp_path / "none" / "trials.pkl", 1)


@pytest.mark.parametrize("held", [b"", b"no pickle", pickle.dumps([1])])
def test_what_holds_no_trials_is_told(file, held):
    file.write_bytes(held)
    with pytest.raises(InvalidInput, match=r"trials\.pkl.*name another file"):
        search(file, 1)
    assert file.read_bytes() == held


def test_given_trials_come_before_the_file(file):
    search(file, 4)
    trials = Trials()
    search(file, 2, trials=trials)
    assert len(trials) == len(load(file)) == 2


def test_hyperopts_own_file_is_read(file):
    theirs = pytest.importorskip("hyperopt")
    trials = theirs.Trials()
    theirs.fmin(
        abs, theirs.hp.uniform("x", -1, 1), theirs.rand.suggest, 3,
        trials=trials, verbose=False, show_progressbar=False,
    )  # fmt: skip
    file.write_bytes(pickle.dumps(trials))
    assert type(load(file)) is Trials
    search(file, 5)
    assert load(file).losses()[:3] == trials.losses()
