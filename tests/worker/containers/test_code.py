from __future__ import annotations

import os
import subprocess
import sys

from parzen.worker.containers.code import copy_code

LOADED = """
import sys
sys.path[:0] = [sys.argv[1] + "/first"]
sys.path.append(sys.argv[1] + "/last")
import parzen.worker.executor.child, cloudpickle
print(parzen.worker.executor.child.__file__, cloudpickle.__file__, sep="\\n")
"""


def test_a_child_runs_on_what_is_copied_and_on_nothing_of_this_installation(tmp_path):
    copy_code(tmp_path / "code")
    command = [sys.executable, "-I", "-S", "-c", LOADED, tmp_path / "code"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert [place.removeprefix(f"{tmp_path}/code/") for place in said] == [
        "first/parzen/worker/executor/child.py",
        "last/cloudpickle/__init__.py",
    ]


def test_anybody_may_read_it_whatever_the_umask_and_it_is_small(tmp_path):
    before = os.umask(0o077)
    try:
        begin = copy_code(tmp_path / "code")
    finally:
        os.umask(before)
    assert begin.read_text()
    paths = [tmp_path / "code", *(tmp_path / "code").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o755, 0o644}
    assert not list((tmp_path / "code").rglob("mongo"))
    assert sum(path.stat().st_size for path in paths if path.is_file()) < 2 << 20
