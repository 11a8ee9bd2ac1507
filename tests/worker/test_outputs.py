import os
import stat
import time
from pathlib import Path

import pytest

from parzen.shared.store import TAIL_BYTES
from parzen.worker import outputs
from parzen.worker.executor import kernel
from parzen.worker.outputs import Output, Outputs

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
    assert [path for path in log.parent.glob(".*") if path.suffix != ".of"] == []


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
        assert log.read_bytes().endswith(b"%07d\n" % (part * 20_000 + 19_999))
        assert log.stat().st_blocks * 512 <= LIMIT + 20_000 * 8 + outputs.BLOCK
    output.finish()
    kept = log.read_bytes()
    assert kept.count(b"left out here") == 1
    assert b"\0" not in kept


def put_there(log, what, other):
    """Put something else in the place of ``log``, or take it away."""
    log.unlink()
    if what == "a directory":
        (log / "checkpoint").mkdir(parents=True)
    elif what == "a link":
        log.symlink_to(other)
    elif what == "a ring of links":
        log.symlink_to(log)
    elif what == "a pipe":
        os.mkfifo(log)


@pytest.mark.parametrize("what", ["nothing", "a directory", "a link", "a ring of links", "a pipe"])
def test_what_a_trial_puts_in_the_files_place_is_neither_read_nor_changed(tmp_path, what):
    other = tmp_path / "other"
    write(other, 0, LIMIT)
    log = tmp_path / "log"
    outputs_ = Outputs(LIMIT)
    with outputs_.bounded(log) as output, log.open("ab") as sink:
        put_there(log, what, other)
        sink.writelines(b"%07d\n" % n for n in range(LIMIT // 4))
    outputs_.close()
    there = log.lstat().st_mode if what != "nothing" else log.exists()
    assert stat.S_IFMT(there) == KINDS[what]
    assert other.stat().st_size == 8 * LIMIT
    assert output.tail.endswith(f"\n{LIMIT // 4 - 1:07d}\n")
    assert sorted(path.name for path in tmp_path.iterdir() if path != log) == ["other"]


KINDS = {
    "nothing": 0,
    "a directory": stat.S_IFDIR,
    "a link": stat.S_IFLNK,
    "a ring of links": stat.S_IFLNK,
    "a pipe": stat.S_IFIFO,
}


@pytest.mark.parametrize("what", ["a directory", "a link", "a ring of links", "a pipe"])
def test_a_file_that_was_never_one_is_refused_before_the_trial(tmp_path, what):
    log = tmp_path / "log"
    log.touch()
    put_there(log, what, tmp_path / "other")
    outputs_ = Outputs(LIMIT)
    with pytest.raises(OSError, match=r"(?i)not a regular|symbolic|directory"):
        outputs_.bounded(log).__enter__()
    outputs_.close()


def tail(log):
    output = Output(log, LIMIT)
    output.finish()
    return output.tail


def test_the_tail_begins_with_a_line(tmp_path):
    log = tmp_path / "log"
    log.write_text("".join(f"line {n}\n" for n in range(2000)))
    end = tail(log)
    assert end.endswith("line 1999\n")
    assert end.startswith("line ")
    assert TAIL_BYTES - 20 < len(end) <= TAIL_BYTES


def test_the_tail_of_one_long_line_is_its_end(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"x" * 10_000 + b"end\n")
    assert tail(log).endswith("xend\n")
    assert len(tail(log)) == TAIL_BYTES


def test_the_tail_is_text_whatever_was_written(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"caf\xc3\xa9 \xff\n")
    assert tail(log) == "café \ufffd\n"
    assert tail(tmp_path / "none") == ""


def test_output_that_cannot_be_read_costs_no_outcome(tmp_path, monkeypatch):
    def stale(*_):
        raise OSError(116, "Stale file handle")

    (tmp_path / "log").write_bytes(b"said")
    monkeypatch.setattr(os, "pread", stale)
    assert tail(tmp_path / "log") == "[its output cannot be read: Stale file handle]"
