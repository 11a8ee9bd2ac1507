from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_info

from parzen.client import Optimizer
from parzen.coordinator.history import History
from parzen.coordinator.samplers import novelty
from parzen.coordinator.samplers.auto import AutoSampler
from parzen.coordinator.samplers.threads import one_thread
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.space import Float, Space

SPACE = Space({"x": Float(0, 1)})


def threads():
    assert np.linalg
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_a_block_has_one_thread_and_what_follows_has_what_it_had():
    before = threads()
    with one_thread():
        assert threads() == {1}
    assert threads() == before


def test_threads_that_live_on_leave_what_there_was_before():
    before, seen = threads(), []

    def propose(seed):
        optimizer = Optimizer({"x": Float(0, 1), "y": Float(0, 1)}, seed=seed)
        for _ in range(15):
            [trial] = optimizer.ask()
            optimizer.tell(trial.number, trial.params["x"])
        seen.append([trial.params for trial in optimizer.trials])

    with ThreadPoolExecutor(3) as pool:
        for _ in range(2):
            list(pool.map(propose, [7, 7, 7]))
            assert pool.submit(threads).result() == before
    assert threads() == before
    assert all(params == seen[0] for params in seen)


def test_blocks_within_blocks_leave_what_there_was_before():
    before = threads()
    with one_thread():
        with one_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == before


def test_samplers_propose_on_one_thread(monkeypatch):
    seen = []

    def spy(history, numbers, propose):
        seen.append(threads())
        return []

    monkeypatch.setattr(novelty, "batch", spy)
    for sampler in (AutoSampler, TPESampler):
        sampler(SPACE.dimensions).propose(History(SPACE.dimensions), [0], 0)
    assert seen == [{1}, {1}]
