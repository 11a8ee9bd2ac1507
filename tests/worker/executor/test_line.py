import os
import socket

import pytest

from parzen.worker.context import About
from parzen.worker.executor.line import Line, PipeTrial
from parzen.worker.executor.messages import Message, Reader, encode


@pytest.fixture
def ends():
    agents, childs = socket.socketpair()
    line = Line(childs.detach())
    with agents:
        yield agents, line
        line._socket.close()


def test_a_trial_speaks_through_the_line(ends, tmp_path):
    agents, line = ends
    trial = PipeTrial(About(number=0, attempt=1, params={}, workdir=tmp_path), line)
    trial.report(3, 0.5)
    trial.attach("a", b"1")
    assert list(Reader().feed(agents.recv(1 << 16))) == [
        Message("measured", {"step": 3, "value": 0.5}),
        Message("attached", {"name": "a"}, b"1"),
    ]


def test_a_stop_is_heard_by_whoever_asks(ends, tmp_path):
    agents, line = ends
    trial = PipeTrial(About(number=0, attempt=1, params={}, workdir=tmp_path), line)
    assert not trial.should_stop()
    agents.sendall(encode(Message("stop")))
    assert trial.should_stop()
    assert trial.should_stop()


def test_a_stop_for_the_trial_before_does_not_stop_the_next(ends):
    agents, line = ends
    agents.sendall(encode(Message("stop")) + encode(Message("run", {"n": 1})))
    assert line.next() == Message("run", {"n": 1})
    assert not line.told_to_stop()


def test_a_forked_process_leaves_the_line_to_its_parent(ends):
    agents, line = ends
    agents.sendall(encode(Message("stop")))
    pid = os.fork()
    if pid == 0:
        os._exit(int(line.told_to_stop()))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert line.told_to_stop()


def test_an_agent_that_is_gone_ends_the_wait(ends):
    agents, line = ends
    agents.close()
    assert line.next() is None


def test_a_forked_copy_says_nothing(ends, monkeypatch):
    agents, line = ends
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RuntimeError, match="forked copy"):
        line.send(Message("done"))
    agents.setblocking(False)
    with pytest.raises(BlockingIOError):
        agents.recv(1)
