"""The process in which objectives run: ``python -m parzen.worker.executor.child FD PARENT``.

It is started once for a bundle by an agent, loads the bundle and runs its ``setup()`` at the first
trial, and then runs trials one after another until it is told to quit, or has to be replaced. It
imports neither the database's driver nor anything else that the objective does not bring.

It is a new interpreter: forking a warm one would be quicker to start, but would hand on whatever
locks, threads and GPU contexts the parent has.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from parzen.shared import bundle
from parzen.shared.archive import MOST_BYTES
from parzen.shared.errors import Incompatible, InvalidObjective, Untrusted
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Failed, Failure, Outcome, Pruned
from parzen.shared.regular import open_regular
from parzen.worker.context import About, TrialPruned, device
from parzen.worker.executor import failure, interpreter, kernel, leftovers
from parzen.worker.executor.line import Line, PipeTrial
from parzen.worker.executor.messages import Message
from parzen.worker.executor.protocol import Job
from parzen.worker.executor.translation import job_from, outcome_fields
from parzen.worker.result import normalise

OURS = frozenset({__file__})

WORTH_TELLING_S = 0.02
"""After a trial that took as long, the agent may ask for the next one while this one's remains are
looked at; before shorter ones it has asked already."""

LIBC = ctypes.CDLL(None)


class Unusable(Exception):
    """The bundle could not be brought to life; ``outcome`` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Host:
    """What a child keeps between trials: the loaded bundle and what its setup returned."""

    def __init__(self, line: Line, folder: Path) -> None:
        self._line = line
        self._folder = folder
        self._pid = os.getpid()
        self._loaded: bundle.Loaded | None = None
        self._shared: Any = None
        self._before: leftovers.Snapshot | None = None

    def run(self, job: Job) -> bool:
        """Run one trial and say what became of it; whether another one may follow."""
        _redirect(job.log)
        os.chdir(job.workdir)
        left: list[str] = []
        try:
            loaded = self._loaded or self._ready(job)
            os.chdir(job.workdir)
            before = leftovers.again(self._before) if self._before else leftovers.take()
            begun = time.monotonic()
            outcome = self._outcome(loaded, job, before, left)
            if time.monotonic() - begun >= WORTH_TELLING_S:
                self._line.send(Message("returned"))
            left += _put_back(before)
            self._before = before
        except Unusable as unusable:
            outcome = unusable.outcome
        left += self._go_home()
        _flush()
        spoilt = isinstance(outcome, Failed) and not outcome.error.meant
        replace = ", ".join(left) or ("its trial failed" if spoilt else None)
        self._line.send(Message("done", {**outcome_fields(outcome), "replace": replace}))
        return replace is None

    def _go_home(self) -> list[str]:
        try:
            os.chdir(self._folder)
        except OSError:  # deleted by a trial; what is imported from there is gone with it
            os.chdir("/")
            return ["its own folder, which is gone"]
        return []

    def _ready(self, job: Job) -> bundle.Loaded:
        _settle(job)
        loaded = self._load(job)
        if loaded.setup is not None:
            try:
                self._shared = loaded.setup()
            except BaseException as error:
                raise Unusable(Failed(error=failure.from_exception(error, OURS))) from error
            finally:
                self._end_copy()
        self._loaded = loaded
        self._line.send(Message("started"))  # whoever asks a warm child knows that it is
        return loaded

    def _load(self, job: Job) -> bundle.Loaded:
        kind = FailureKind.INCOMPATIBLE
        try:
            return bundle.load(_verified(job), self._folder, job.only)
        except Untrusted as error:
            kind, reason = FailureKind.UNTRUSTED, str(error)
        except (Incompatible, InvalidObjective) as error:
            reason = str(error)
        except BaseException as error:  # noqa: BLE001 - importing users' code may raise anything
            reason = f"loading the objective raised {type(error).__name__}: {error}"
        finally:
            self._end_copy()
        raise Unusable(Failed(error=Failure(kind=kind, message=reason)))

    def _outcome(
        self, loaded: bundle.Loaded, job: Job, before: leftovers.Snapshot, left: list[str]
    ) -> Outcome:
        about = About(
            number=job.number,
            attempt=job.attempt,
            params=job.params,
            workdir=job.workdir,
            previous_workdir=job.previous_workdir,
            device=device(),
            devices=job.devices,
            user=job.user,
            shared=self._shared,
        )
        arguments = (PipeTrial(about, self._line),) if loaded.takes_trial else ()
        try:
            params = loaded.space.build(job.params)
            try:
                returned = loaded.objective(params, *arguments)
            finally:
                left += interpreter.mend(before.interpreter)  # first of all: the rest needs it
            return normalise(returned, job.direction)
        except TrialPruned:
            return Pruned()
        except BaseException as error:  # noqa: BLE001 - whatever users' code raises, exits included
            return failure.outcome(error, OURS)
        finally:
            self._end_copy()

    def _end_copy(self) -> None:
        """End a copy that users' code forked and let return: only the original speaks for it."""
        if os.getpid() != self._pid:
            os._exit(0)


def _settle(job: Job) -> None:
    """Take the place on the node that is this child's, before anything that computes is loaded."""
    os.environ.update(job.environ)
    if job.cpus:
        with contextlib.suppress(OSError):  # somebody has taken them from this node meanwhile
            os.sched_setaffinity(0, job.cpus)


def _verified(job: Job) -> bytes:
    """The bytes of the bundle that the agent has judged, whatever became of its file since."""
    with os.fdopen(open_regular(job.bundle), "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if hashlib.sha256(data).hexdigest() != job.digest:
        raise Untrusted(
            f"the file {job.bundle} was changed after it was fetched (its SHA-256 differs): see "
            "who can write there"
        )
    return data


def _put_back(before: leftovers.Snapshot) -> list[str]:
    """What the trial left; it does not spoil the trial's outcome that this cannot be told."""
    try:
        return leftovers.put_back(before)
    except Exception as error:  # noqa: BLE001 - whatever the objective did to this interpreter
        return [f"what cannot be told ({type(error).__name__}: {error})"]


def _redirect(log: Path) -> None:
    """Send the standard streams to ``log``, those of C code and of new processes too."""
    _flush()
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    if sink > 2:  # noqa: PLR2004 - else a standard file was closed, and it has taken its place
        os.close(sink)
    else:
        os.set_inheritable(sink, True)  # as a standard file is


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):  # closed, or something else
            stream.flush()
    LIBC.fflush(None)


def main(descriptor: int, parent: int) -> NoReturn:
    """Serve the agent at the other end of ``descriptor`` until it says quit, or is gone."""
    kernel.die_with_parent()
    # it tells agents to finish what runs, and schedulers send it to every process of a node
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(0)
    folder = Path.cwd()
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(folder))]
    try:
        _serve(Line(kernel.apart(descriptor)), folder)
    except BaseException:  # noqa: BLE001 - a fault of ours: no thread of users' may delay the end
        with contextlib.suppress(Exception):
            traceback.print_exc()
            _flush()
        os._exit(1)
    sys.exit(0)


def _serve(line: Line, folder: Path) -> None:
    host = Host(line, folder)
    while (message := line.next()) is not None and message.kind == "run":
        if not host.run(job_from(message.fields)):
            line.next()  # what follows is the word to quit
            break


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
