import subprocess
import sys

import pytest

from parzen.worker.executor import kernel


def test_the_counter_of_the_control_group_is_read(tmp_path, monkeypatch):
    events = tmp_path / "memory.events"
    events.write_text("low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\n")
    monkeypatch.setattr(kernel, "_memory_files", lambda: [events, tmp_path / "none"])
    assert kernel.oom_kills() == 2


def test_without_a_counter_it_is_0(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "_memory_files", lambda: [tmp_path / "none"])
    assert kernel.oom_kills() == 0


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("import sys; sys.exit(3)", kernel.Ended(exit_code=3)),
        ("import os; os.abort()", kernel.Ended(signal=6)),
    ],
)
def test_how_a_process_ended_is_known_before_it_is_collected(code, how, until):
    child = subprocess.Popen([sys.executable, "-c", code])
    assert until(lambda: kernel.ended(child)) == how
    assert kernel.ended(child) == how
    child.wait()
    assert kernel.ended(child) == how
    assert kernel.has_children() in (True, False)


def test_the_clock_goes_forward():
    before = kernel.now()
    assert kernel.now() >= before
