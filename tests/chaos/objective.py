"""An objective that misbehaves, as its trial's number and the seed say, and keeps a journal.

It stands alone: it travels to the workers in the study's bundle. Whatever it returns identifies the
attempt that returned it, and the journal holds the same value.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path


def identity(study, number, token):
    """A value in [1, 2) that no other attempt has."""
    digest = hashlib.sha256(f"{study}/{number}/{token}".encode()).digest()
    return 1.0 + int.from_bytes(digest[:6], "big") / 2**48


class _About:
    """What an attempt knows of itself: its directory is study/number/token."""

    def __init__(self, journal, trial):
        self.journal, self.trial = journal, trial
        self.pid = os.getpid()
        self.token = trial.workdir.name
        self.study = trial.workdir.parent.parent.name

    def say(self, event, **more):
        line = {
            "study": self.study,
            "number": self.trial.number,
            "attempt": self.trial.attempt,
            "token": self.token,
            "event": event,
            **more,
        }
        handle = os.open(self.journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, json.dumps(line).encode() + b"\n")
        os.close(handle)

    def started(self, pid):
        """Say that ``pid`` was left behind, and since when it lives, in the kernel's ticks."""
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
        self.say("started", pid=pid, created=int(stat.rpartition(")")[2].split()[19]))


_NOTHING = object()


def _calm(about, rng):
    if about.trial.attempt > 1 and about.trial.previous_workdir is not None:
        (about.trial.workdir / "came-from").write_text(str(about.trial.previous_workdir))


def _is_long(seed, about):
    """Whether it is one of the trials each attempt of which takes longer than a lease."""
    return random.Random(f"{seed}/{about.study}/{about.trial.number}").random() < LONG_SHARE


def _labours(about, rng):
    time.sleep(rng.uniform(5.0, 10.0))


def _dawdles(about, rng):
    (about.trial.workdir / "checkpoint").write_text(about.token)
    time.sleep(rng.uniform(0.2, 4.0))


def _measures(about, rng):
    steps = rng.randrange(1, 30)
    for step in range(steps):
        about.trial.report(step, rng.random())
    return {"steps": steps}


def _attaches(about, rng):
    weights = rng.randbytes(rng.randrange(1, 600_000))
    about.trial.attach("weights", weights)
    return {"weights": hashlib.sha256(weights).hexdigest()}


def _heeds(about, rng):
    """Works for seconds unless told to stop, then keeps what it has and returns nothing."""
    for _ in range(30):
        if about.trial.should_stop():
            return _NOTHING
        time.sleep(0.1)
    return None


def _raises(about, rng):
    raise ValueError(f"trial {about.trial.number} raised in attempt {about.trial.attempt}")


def _runs_out_of_memory(about, rng):
    raise MemoryError


def _exits(about, rng):
    os._exit(rng.randrange(4))


def _quits(about, rng):
    sys.exit(rng.randrange(4))


class _Odd(Exception):
    def __str__(self):
        raise RuntimeError("no words for this")


def _raises_oddly(about, rng):
    about.trial.report(0, float("nan"))
    raise _Odd


def _segfaults(about, rng):
    ctypes.string_at(0)


def _hangs(about, rng):
    """In C, holding the interpreter's lock, deaf to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ctypes.PyDLL(None).sleep(3600)


def _stops_itself(about, rng):
    os.kill(os.getpid(), signal.SIGSTOP)


def _shouts(about, rng):
    for _ in range(40):
        os.write(1, b"x" * 99_999 + b"\n")


def _leaves_processes(about, rng):
    for own_session in (False, True, True):
        process = subprocess.Popen(["sleep", "3600"], start_new_session=own_session)
        about.started(process.pid)
        process.returncode = 0  # it is not waited for, on purpose


def _leaves_threads(about, rng):
    threading.Thread(target=time.sleep, args=(3600,), daemon=rng.random() < 0.5).start()


def _changes_everything(about, rng):
    os.chdir("/")
    os.environ["PARZEN_STORE"] = "mongodb://nowhere.invalid"
    os.environ.pop("PATH", None)
    os.umask(0o777)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, lambda *_: None)


def _closes_streams(about, rng):
    sys.stdout.close()
    os.close(1)
    os.close(0)


def _forks(about, rng):
    """The copy returns, too; only the original may speak for the trial."""
    if os.fork() == 0:
        time.sleep(0.05)
        return _NOTHING
    return None


def _bombs(about, rng):
    """Forks as fast as it can, for a while; what it forked goes on for longer than its trial."""
    for _ in range(5):
        os.fork()  # 32 processes
    if os.getpid() != about.pid:
        time.sleep(3600)


def _breaks_the_line(about, rng):
    """Writes rubbish into every pipe and socket that it can find."""
    for number in range(3, 64):
        try:
            os.write(number, b"\xff" * 64)
        except OSError:  # noqa: PERF203 - most are closed
            continue


ACTS = {
    "attaches": _attaches,
    "bombs": _bombs,
    "breaks_the_line": _breaks_the_line,
    "calm": _calm,
    "changes_everything": _changes_everything,
    "closes_streams": _closes_streams,
    "dawdles": _dawdles,
    "exits": _exits,
    "forks": _forks,
    "hangs": _hangs,
    "heeds": _heeds,
    "labours": _labours,
    "leaves_processes": _leaves_processes,
    "leaves_threads": _leaves_threads,
    "measures": _measures,
    "quits": _quits,
    "raises": _raises,
    "raises_oddly": _raises_oddly,
    "runs_out_of_memory": _runs_out_of_memory,
    "segfaults": _segfaults,
    "shouts": _shouts,
    "stops_itself": _stops_itself,
}

MOODS = {
    "calm": {"calm": 74, "dawdles": 14, "measures": 8, "attaches": 4},
    "flaky": {"calm": 56, "dawdles": 12, "raises": 15, "exits": 3, "quits": 3, "raises_oddly": 3}
    | {"runs_out_of_memory": 3, "heeds": 3},
    "rough": {"calm": 40, "dawdles": 8, "segfaults": 6, "exits": 4, "hangs": 2, "shouts": 3}
    | {"leaves_processes": 6, "leaves_threads": 4, "changes_everything": 6, "closes_streams": 4}
    | {"forks": 5, "breaks_the_line": 1, "stops_itself": 1, "bombs": 1},
    "hopeless": {"raises": 1},
}
"""How often what is done, by the kind of study."""

LONG_SHARE = 0.06
"""So many trials are long: a zombie finds the next attempt at them still running."""


class Objective:
    """``Objective(journal, seed, kind)(params, trial)``."""

    def __init__(self, journal, seed, kind):
        self.journal, self.seed, self.kind = journal, seed, kind

    def __call__(self, params, trial):
        about = _About(self.journal, trial)
        about.say("begin")
        moods = MOODS[self.kind]
        rng = random.Random(f"{self.seed}/{about.study}/{trial.number}/{trial.attempt}")
        mood = rng.choices(list(moods), list(moods.values()))[0]
        if _is_long(self.seed, about):
            mood = "labours"
        time.sleep(rng.choice((0.0, 0.0, 0.01, 0.05)))
        more = ACTS[mood](about, rng)
        if more is _NOTHING:
            return None
        value = identity(about.study, trial.number, about.token)
        about.say("end", value=value)
        return {"loss": value, "token": about.token, "mood": mood, **(more or {})}
