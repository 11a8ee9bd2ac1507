import contextlib
import functools
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from parzen.worker.executor import kernel, leftovers


@pytest.fixture
def _as_before(monkeypatch):
    monkeypatch.setattr(kernel, "has_children", lambda: False)  # the tests' own process has some
    before = leftovers.take()
    yield
    leftovers.put_back(before)


def left_by(act):
    before = leftovers.take()
    act()
    return leftovers.put_back(before)


@pytest.mark.usefixtures("_as_before")
class TestWhatIsLeftBehind:
    def test_nothing_is_nothing(self):
        assert left_by(lambda: None) == []

    def test_a_changed_directory_is_put_back(self, tmp_path):
        here = Path.cwd()
        assert left_by(lambda: os.chdir(tmp_path)) == [f"the working directory {tmp_path}"]
        assert Path.cwd() == here

    def test_a_directory_that_is_gone_is_no_trap(self, tmp_path):
        gone = tmp_path / "gone"
        gone.mkdir()

        def act():
            os.chdir(gone)
            gone.rmdir()

        assert left_by(act) == ["the working directory a directory that is gone"]

    def test_a_trials_directory_that_is_gone_is_no_trap(self, tmp_path, monkeypatch):
        gone = tmp_path / "gone"
        gone.mkdir()
        monkeypatch.chdir(gone)
        assert left_by(gone.rmdir) == ["the working directory a directory that is gone"]
        assert Path.cwd() == Path("/")

    def test_a_changed_variable_is_put_back(self, monkeypatch):
        monkeypatch.setenv("THERE", "before")
        assert left_by(lambda: os.environ.update(THERE="after")) == [
            "the environment variable THERE"
        ]
        assert os.environ["THERE"] == "before"

    def test_an_added_variable_is_taken_back_and_costs_nothing(self):
        assert left_by(lambda: os.environ.update(ADDED="1")) == []
        assert "ADDED" not in os.environ

    def test_a_signal_handler_is_put_back(self):
        before = signal.getsignal(signal.SIGUSR2)
        found = left_by(lambda: signal.signal(signal.SIGUSR2, signal.SIG_IGN))
        assert found == ["the handler of SIGUSR2"]
        assert signal.getsignal(signal.SIGUSR2) == before

    def test_a_running_thread_counts(self):
        end = threading.Event()
        thread = threading.Thread(target=end.wait, name="mine")
        assert left_by(thread.start) == ["the thread 'mine'"]
        end.set()
        thread.join()

    def test_an_open_file_counts_and_a_deleted_one_does_not(self, tmp_path):
        with contextlib.ExitStack() as held:
            found = left_by(lambda: held.enter_context((tmp_path / "f").open("w")))
            assert found == ["an open file"]
            assert left_by(lambda: held.enter_context(tempfile.TemporaryFile())) == []

    def test_a_file_that_only_a_cycle_holds_does_not_count(self, tmp_path):
        def act():
            cycle = {"file": os.open(tmp_path / "f", os.O_CREAT | os.O_WRONLY)}

            class Owner:
                def __init__(self):
                    self.me = self

                def __del__(self, close=os.close, fd=cycle["file"]):
                    close(fd)

            Owner()

        assert left_by(act) == []

    def test_a_child_process_counts(self, monkeypatch):
        monkeypatch.undo()
        process = []

        def act():
            process.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1))

        found = left_by(act)
        process[0].communicate(b"\n")
        assert found == ["a child process"]

    def test_replaced_streams_are_put_back(self, monkeypatch):
        before = sys.stdout
        assert left_by(lambda: setattr(sys, "stdout", None)) == []
        assert sys.stdout is before

    def test_a_closed_stream_counts(self, monkeypatch, tmp_path):
        monkeypatch.setattr(sys, "stdout", (tmp_path / "out").open("w"))
        found = left_by(sys.stdout.close)
        assert "another or no file as stdout" in found

    def test_a_file_that_was_closed_counts(self, tmp_path):
        file = (tmp_path / "f").open("w")
        assert left_by(file.close) == ["a file that it closed"]

    def test_a_file_that_was_only_unlinked_does_not_count(self, tmp_path):
        with (tmp_path / "f").open("w"):
            assert left_by((tmp_path / "f").unlink) == []

    def test_an_armed_timer_is_disarmed(self):
        assert left_by(lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 60)) == ["a timer"]
        assert signal.getitimer(signal.ITIMER_VIRTUAL)[0] == 0.0

    def test_a_lowered_limit_is_raised_again_where_it_may(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        act = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (3, hard))
        assert left_by(act) == ["the limit RLIMIT_NOFILE"]
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)

    @pytest.mark.parametrize("setting", [sys.setprofile, threading.setprofile, threading.settrace])
    def test_a_trace_or_profile_function_is_taken_back(self, setting):
        hooks = (sys.getprofile(), threading.getprofile(), threading.gettrace())
        assert left_by(lambda: setting(lambda *_: None)) == ["a trace or profile function"]
        assert (sys.getprofile(), threading.getprofile(), threading.gettrace()) == hooks
