from __future__ import annotations

import json
from pathlib import Path

import pytest

from parzen.shared.mongo.embedded.diagnosis import (
    Attempt,
    DataInUse,
    PortTaken,
    explain,
    timed_out,
)


def attempt(*lines, code=1, output="", host=None):
    return Attempt(
        program=Path("/opt/mongod"),
        data=Path("/d/data"),
        log=Path("/d/mongod.log"),
        port=4711,
        code=code,
        output=output,
        lines=lines,
        host=host,
    )


def entry(severity, text, **attributes):
    return json.dumps({"s": severity, "c": "CONTROL", "msg": text, "attr": attributes})


DISK = "[1795471906:1][1:0x7f], file:WiredTiger.wt, WT_SESSION.create: No space left on device"

CASES = {
    "a library on Debian": (
        attempt(
            code=127,
            output="/opt/mongod: error while loading shared libraries: libcurl.so.4: cannot open "
            "shared object file: No such file or directory",
        ),
        "libcurl.so.4, which this machine lacks: install it (on Debian and Ubuntu: apt-get install",
    ),
    "a library on macOS": (
        attempt(code=-6, output="dyld[1]: Library not loaded: /opt/lib/libfoo.3.dylib\n"),
        "needs the shared library libfoo.3.dylib, which this machine lacks: install it, ",
    ),
    "an old processor": (attempt(code=-4), "lacks instructions"),
    "a full disk": (
        attempt(entry("E", "WiredTiger error message", error=28, message=DISK), code=14),
        "the disk of '/d/data' is full: make room",
    ),
    "a quota": (attempt("write: Disk quota exceeded", code=14), "the disk of '/d/data' is full"),
    "a newer version's data, by status": (attempt(code=62), "written by another version"),
    "a newer version's data, by log": (
        attempt(entry("F", "Fatal", error="Invalid featureCompatibilityVersion document"), code=-6),
        "written by another version of MongoDB than '/opt/mongod': set PARZEN_MONGOD",
    ),
    "no right to write": (
        attempt(entry("E", "DBException", error="/d/data/mongod.lock: Permission denied")),
        "mongod may not write '/d/data'",
    ),
    "a read-only disk": (attempt("open: Read-only file system"), "may not write '/d/data'"),
    "an option it does not know": (
        attempt(
            code=2,
            output="Error parsing command line: unrecognised option '--fork'\ntry 'mongod --help'",
        ),
        "'/opt/mongod' ended with status 2 and said \"Error parsing command line: unrecognised",
    ),
    "killed": (attempt(code=-9, output="forked process: 1\n"), "was ended by SIGKILL: read '/d/mo"),
    "anything else": (
        attempt(
            entry("F", "Fatal assertion", error="the reason"),
            entry("W", "later but milder"),
            "BACKTRACE",
            code=14,
        ),
        "ended with status 14 and said 'Fatal assertion (the reason)': read '/d/mongod.log'",
    ),
    "an end seen by another command": (attempt(code=None), "'/opt/mongod' ended: read"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_reason_is_found_in_status_output_or_log(case):
    failed, expected = CASES[case]
    sentence = str(explain(failed))
    assert expected in sentence
    assert "\n" not in sentence


def test_a_taken_port_is_told_apart():
    failed = attempt(entry("E", "Failed to set up listener", error="Address already in use"))
    reason = explain(failed)
    assert isinstance(reason, PortTaken)
    assert "port 4711 is taken" in str(reason)


def test_data_in_use_is_told_apart_and_names_the_last_host():
    failed = attempt(entry("E", "DBException", error="DBPathInUse: Unable to lock"), host="node7")
    reason = explain(failed)
    assert isinstance(reason, DataInUse)
    assert "last started on 'node7'" in str(reason)


def test_a_time_out_quotes_the_worst_last_words():
    sentence = str(timed_out(attempt(entry("W", "recovering"), entry("I", "so far")), 90.0))
    assert "not ready within 90 s and said 'recovering'" in sentence
    assert "/d/mongod.log" in sentence
