import os

import pytest

from parzen.worker import cpus


def test_those_that_it_may_run_on_are_told():
    assert cpus.usable() == tuple(sorted(os.sched_getaffinity(0)))


@pytest.fixture
def groups(tmp_path):
    """Control groups: {folder: what its cpu.max says}; where this process is in them."""

    def make(limits, mine="0::/a/b\n"):
        root = tmp_path / "cgroup"
        for name, limit in limits.items():
            folder = root / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "cpu.max").write_text(limit)
        file = tmp_path / "mine"
        file.write_text(mine)
        return {"root": root, "mine": file}

    return make


def test_the_tightest_limit_of_the_groups_above_it_counts(groups):
    assert cpus.power(**groups({"a": "50000 100000\n", "a/b": "max 100000\n"})) == 0.5


def test_without_a_limit_it_is_all_that_it_may_run_on(groups):
    everything = float(len(os.sched_getaffinity(0)))
    assert cpus.power(**groups({"a/b": "max 100000\n"})) == everything
    assert cpus.power(**groups({"a/b": "9900000 100000\n"})) == everything
    assert cpus.power(**groups({}, mine="4:cpu:/old\n")) == everything


def test_no_group_outside_the_folder_is_looked_at(groups, tmp_path):
    found = groups({"a/b": "max 100000\n"})
    (tmp_path / "cpu.max").write_text("1000 100000\n")
    assert cpus.power(**found) == float(len(os.sched_getaffinity(0)))


def test_processes_share_the_cores_and_each_has_one(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    assert set(cpus.fair_share(3).values()) == {"2"}
    assert set(cpus.fair_share(100).values()) == {"1"}
    assert "OMP_NUM_THREADS" in cpus.fair_share(1)
