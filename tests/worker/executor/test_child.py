"""What a child brings to life: the bytes that its agent has judged, and parameters that fit."""

from __future__ import annotations

import pytest

from parzen.shared import bundle
from parzen.shared.entries import Importable
from parzen.shared.lifecycle import FailureKind
from parzen.shared.space import Float, Space


class Traced:
    """An objective whose unpickling leaves a file, and whose call leaves another."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, params):
        (self.folder / "called").touch()
        return params["x"]

    def __setstate__(self, state):
        self.__dict__.update(state)
        (self.folder / "unpickled").touch()


@pytest.fixture
def rig(new_rig, tmp_path):
    return new_rig(Traced(tmp_path))


def failure(events):
    return events[-1].outcome.error


def test_a_bundle_that_was_swapped_after_it_was_judged_is_not_unpickled(rig, tmp_path):
    job = rig.job()
    other = bundle.build(Traced(tmp_path / "elsewhere"), Space({"x": Float(0, 1)}))
    rig.bundle.write_bytes(other.data)
    child = rig.spawn()
    child.run(job)
    refused = failure(rig.rest(child))
    assert refused.kind is FailureKind.UNTRUSTED
    assert "was changed after it was fetched" in refused.message
    assert not (tmp_path / "unpickled").exists()


def test_a_child_that_may_unpickle_nothing_refuses_by_itself(rig, tmp_path):
    refused = failure(rig.run(rig.spawn(), only=Importable()))
    assert refused.kind is FailureKind.UNTRUSTED
    assert "unpickles nothing" in refused.message
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("params", [{"x": 7.0}, {"x": "rm -rf"}, {"x": 0.5, "y": 1}, {}])
def test_parameters_that_the_space_does_not_hold_do_not_reach_the_objective(rig, tmp_path, params):
    refused = failure(rig.run(rig.spawn(), params=params))
    assert refused.kind is FailureKind.EXCEPTION
    assert "parameter" in refused.message
    assert (tmp_path / "unpickled").exists()
    assert not (tmp_path / "called").exists()
