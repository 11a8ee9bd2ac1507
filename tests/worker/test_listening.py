import threading

from parzen.shared.errors import StoreUnreachable
from parzen.worker.listening import QUICK_S, SLOW_S, Listening


class Watch:
    def __init__(self):
        self.news = threading.Event()
        self.closed = False

    def wait(self, timeout_s):
        found = self.news.wait(timeout_s)
        self.news.clear()
        return found and not self.closed

    def close(self):
        self.closed = True
        self.news.set()


class Queue:
    def __init__(self, error=None):
        self.watches = []
        self.error = error

    def watch_work(self):
        if self.error:
            raise self.error
        self.watches.append(Watch())
        return self.watches[-1]


def idle(listening):
    """Miss until the stream is open."""
    return [listening.missed() for _ in range(len(QUICK_S) + 1)]


def test_a_short_gap_opens_no_stream():
    queue = Queue()
    listening = Listening(queue, lambda: None)
    for _ in range(10):
        assert listening.missed() == QUICK_S[0]
        listening.found()
    assert queue.watches == []


def test_a_long_gap_opens_one_and_looks_once_more_before_it_waits():
    queue = Queue()
    listening = Listening(queue, lambda: None)
    assert idle(listening) == [*QUICK_S, 0.0]
    assert listening.missed() == SLOW_S
    assert len(queue.watches) == 1
    listening.close()


def test_news_ring_the_bell_until_there_is_work():
    rung = threading.Event()
    queue = Queue()
    listening = Listening(queue, rung.set)
    idle(listening)
    queue.watches[0].news.set()
    assert rung.wait(20.0)
    listening.found()
    assert queue.watches[0].closed


def test_without_a_stream_it_polls():
    listening = Listening(Queue(StoreUnreachable("away")), lambda: None)
    assert idle(listening)[-1] == SLOW_S
