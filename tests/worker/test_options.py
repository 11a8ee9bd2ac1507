import os
import platform

from parzen.worker.options import Options, announced


def test_two_agents_of_one_process_have_ids_of_their_own():
    assert announced(Options()).id != announced(Options()).id


def test_a_worker_announces_how_it_works():
    worker = announced(Options(labels=("big",), studies=("a",), lease_s=9.0, name="n7"))
    assert worker.id.startswith(f"n7:{os.getpid()}:")
    assert (worker.host, worker.pid) == (platform.node(), os.getpid())
    assert (worker.labels, worker.studies) == (("big",), ("a",))
    assert worker.lease_s == 9.0
    assert set(worker.versions) == {"parzen", "python"}
