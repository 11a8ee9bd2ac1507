import os
import time
from pathlib import Path

import pytest

from parzen.worker import outputs
from parzen.worker.executor import kernel
from parzen.worker.outputs import Output, Outputs
from parzen.worker.workdirs import tail

LIMIT = 1 << 20


def test_a_trial_that_prints_a_gigabyte_keeps_its_beginning_and_its_end(new_lab, run_all):
    def objective(params, trial):
        log = trial.workdir.with_name(trial.workdir.name + ".log")
        print("the beginning", flush=True)  # noqa: T201 - output is what is tried
        line = b"x" * 65_535 + b"\n"
        for _ in range(17_000):
            os.write(1, line)
        os.system("echo the end")
        while log.stat().st_blocks * 512 > 4 * 1024 * 1024:  # it is bounded while the trial runs
            time.sleep(0.01)
        return {"loss": 0.0, "printed": log.stat().st_size}

    lab = new_lab(objective, trial_timeout_s=60.0)
    run_all(1, log_limit_bytes=LIMIT)
    trial = lab.trial()
    assert trial.result["printed"] > 1 << 30
    (attempt,) = trial.attempts
    assert attempt.log_tail == "the end\n"
    log = Path(attempt.workdir + ".log")
    kept = log.read_bytes()
    assert len(kept) <= LIMIT + 200
    assert kept.startswith(b"the beginning\n")
    assert kept.endswith(b"the end\n")
    assert b"\0" not in kept
    (note,) = [line for line in kept.splitlines() if line.startswith(b"[parzen: ")]
    left_out = int(note.split()[1])
    assert left_out + len(kept) - len(note) - 2 == trial.result["printed"]
    assert log.stat().st_mode & 0o777 == 0o600
    assert list(log.parent.glob(".*")) == []


def write(path, start, count):
    with path.open("ab") as sink:
        sink.writelines(b"%07d\n" % n for n in range(start, start + count))


def test_what_is_short_stays_as_it_is(tmp_path):
    log = tmp_path / "log"
    with Outputs(LIMIT).bounded(log):
        write(log, 0, LIMIT // 8)
    assert log.stat().st_size == LIMIT


def test_where_no_hole_can_be_punched_the_beginning_and_the_latest_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "punch_hole", lambda *_: False)
    log = tmp_path / "log"
    output = Output(log, LIMIT)
    for part in range(20):
        write(log, part * 20_000, 20_000)
        output.trim()
    output.finish()
    kept = log.read_bytes()
    assert len(kept) <= LIMIT
    assert kept.startswith(b"0000000\n0000001\n")
    assert kept.endswith(b"0399999\n")
    assert kept.count(b"were left out here") == 1


def test_holes_grow_and_the_end_is_right_at_any_moment(tmp_path):
    log = tmp_path / "log"
    output = Output(log, LIMIT)
    for part in range(20):
        write(log, part * 20_000, 20_000)
        output.trim()
        assert tail(log).endswith(f"{part * 20_000 + 19_999:07d}\n")
        assert log.stat().st_blocks * 512 <= LIMIT + 20_000 * 8 + outputs.BLOCK
    output.finish()
    kept = log.read_bytes()
    assert kept.count(b"left out here") == 1
    assert b"\0" not in kept


@pytest.mark.parametrize("how", ["deleted", "linked"])
def test_a_file_that_the_trial_took_away_harms_nothing(tmp_path, how):
    other = tmp_path / "other"
    write(other, 0, LIMIT)
    log = tmp_path / "log"
    if how == "linked":
        log.symlink_to(other)
    outputs_ = Outputs(LIMIT)
    with outputs_.bounded(log):
        pass
    outputs_.close()
    assert other.stat().st_size == 8 * LIMIT
