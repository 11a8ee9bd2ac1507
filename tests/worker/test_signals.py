import os
import signal
import threading

import pytest

from parzen.worker.signals import Command, Heard, heard


@pytest.mark.parametrize(
    ("number", "command"),
    [
        (signal.SIGTERM, Command.STOP),
        (signal.SIGINT, Command.STOP),
        (signal.SIGUSR1, Command.DRAIN),
    ],
)
def test_a_signal_is_a_command_while_it_is_heard(number, command):
    before = signal.getsignal(number)
    told = []
    with heard(told.append):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    assert told == [Heard(number.name, command)] * 2
    assert signal.getsignal(number) == before


def test_another_thread_leaves_signals_alone():
    before = signal.getsignal(signal.SIGTERM)
    seen = []

    def other():
        with heard(seen.append):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert seen == [before]
