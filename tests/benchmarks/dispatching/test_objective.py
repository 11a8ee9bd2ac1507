import os
import threading
import time

import pytest
from dispatching import instant
from dispatching.objective import Objective

PARAMS = {"x": 0.1, "y": 0.2, "lr": 1e-2}


def test_it_tells_the_process_and_when_it_was_called(tmp_path):
    before = time.monotonic()
    told = Objective(tmp_path / "gate", together=1)(PARAMS)
    assert told["loss"] == instant.loss(**PARAMS)
    assert told["process"] == os.getpid()
    assert before <= told["begun"] <= told["ended"] <= time.monotonic()


def test_it_takes_as_long_as_it_is_told_to(tmp_path):
    told = Objective(tmp_path / "gate", together=1, seconds=0.02)(PARAMS)
    assert told["ended"] - told["begun"] >= 0.02


def test_only_the_first_call_waits_for_the_others(tmp_path, monkeypatch):
    objective = Objective(tmp_path / "gate", together=2)
    came = []

    def another():
        came.append(time.monotonic())
        (objective.gate / "another").touch()

    late = threading.Timer(0.2, another)
    late.start()
    told = objective(PARAMS)
    late.join()
    assert told["begun"] >= came[0]
    (objective.gate / "another").unlink()  # it is gone, and nobody asks any more
    assert objective(PARAMS)["loss"] == pytest.approx(told["loss"])
