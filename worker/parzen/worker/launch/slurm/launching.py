"""Writing what an array of agents needs, and submitting it; or showing what that would be."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from parzen.shared.errors import InvalidInput, StoreError
from parzen.shared.home import StoreAddress
from parzen.shared.printing import note, say
from parzen.shared.private import write_private
from parzen.worker.launch import reach
from parzen.worker.launch.slurm import commands, files
from parzen.worker.launch.slurm.request import Agents, Request, warning_for, with_idle_timeout
from parzen.worker.launch.slurm.script import environment, script
from parzen.worker.slurm import duration_s, in_words

KILL_WAIT_S = 30.0
"""Slurm's default."""


def launch(
    where: StoreAddress,
    *,
    dry_run: bool,
    time_limit: str | None,
    warning_s: int | None,
    output: Path | None,
    python: str | None,
    activate: tuple[str, ...],
    words: tuple[str, ...],
    **asked: Any,
) -> None:
    """Submit an array; ``asked`` are fields of :class:`Request`, the others as the options are.

    Raises:
        InvalidInput: something that was asked for cannot be, or sbatch refuses it.
        ParzenError: there is no sbatch here, or it does not answer.
    """
    if time_limit is None:
        raise InvalidInput(
            "for how long do you need the nodes? Say it with --time, such as --time 12:00:00"
        )
    store_file, is_new = files.store_file(where)
    kill_wait_s = commands.kill_wait_s()
    request = Request(
        time=time_limit,
        warning_s=warning_for(words, warning_s),
        output=(output or files.folder(where) / "logs").expanduser().absolute(),
        chdir=Path.cwd(),
        kill_wait_s=KILL_WAIT_S if kill_wait_s is None else kill_wait_s,
        **asked,
    )
    agents = Agents(
        words=with_idle_timeout(words),
        python=python or sys.executable,
        follows=python is None,
        store_file=store_file,
        shown=where.shown,
        home=where.home,
        trust=_absolute(os.environ.get("PARZEN_TRUST")),
        activate=activate,
    )
    text = script(request, agents)
    _check(text)
    path = files.script_file(where, request.job_name)
    if dry_run:
        _show(where, request, store_file if is_new else None, path, text)
    else:
        for folder in (files.folder(where), request.output):
            files.make(folder)
        if is_new:
            files.keep_store(where, store_file)
        write_private(path, "the script", text)
        _submit(where, request, store_file, path)
        _look(where)
    _warn(where, request)


def _submit(where: StoreAddress, request: Request, store_file: Path, path: Path) -> None:
    try:
        job = commands.submitted(path, environment(request, os.environ))
    except BaseException:
        path.unlink()  # nobody will look for it: Slurm keeps a copy of what it has taken
        raise
    call = ["parzen", "launch", "slurm", "--store-file", str(store_file)]
    call += ["--data-dir", str(where.home)] if where.data_dir is not None else []
    count = f"{request.nodes} agent{'' if request.nodes == 1 else 's'}"
    say(f"submitted {job}: {count} for {where.shown}")
    for name, what in (
        ("time", f"{in_words(duration_s(request.time))} (--time {request.time})"),
        ("script", str(path)),
        ("logs", f"{request.output}/{request.job_name}-{job}_*.log"),
        ("list", shlex.join([*call, "--list"])),
        ("show", f"squeue --array --jobs={job}"),
        ("cancel", shlex.join([*call, "--cancel", job])),
    ):
        say(f"  {name:<7} {what}")


def _show(where: StoreAddress, request: Request, new: Path | None, path: Path, text: str) -> None:
    """Print what would be done; ``new`` is the store's file where it would be written first."""
    if new is not None:
        say(f"# The address of {where.shown} would be written to {new} (mode 0600).")
    say(f"# Each job would have {in_words(duration_s(request.time))} (--time {request.time}).")
    say(f"# Logs would go to {request.output}, and this script would be kept and submitted:")
    say(f"# {shlex.join(commands.submitting(path))}")
    say()
    say(text.rstrip("\n"))


def _check(text: str) -> None:
    """See that the script is one: lines of the user's are part of it.

    Raises:
        InvalidInput: bash does not understand it.
    """
    bash = shutil.which("bash")
    if bash is None:
        return  # a machine that only shows the script
    done = subprocess.run(  # noqa: S603 - it reads and runs nothing
        [bash, "-n"], input=text, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise InvalidInput(
            f"with these --activate lines the script is none that bash understands: "
            f"{' '.join(done.stderr.split())}"
        )


def _look(where: StoreAddress) -> None:
    """Say where the store cannot be used from here: nodes may see it, but mostly they will not."""
    from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

    try:
        open_store(where).close()
    except StoreError as error:
        note(f"note: the agents may fare better than this machine, where {error}")


def _warn(where: StoreAddress, request: Request) -> None:
    """Say what is likely not to be meant."""
    reach.warn(where.shown, "agents on other nodes")
    cores = ("--cpus", "--exclusive", "--mincpus", "--ntasks-per", "--threads")
    if request.cpus_per_node is None and not any(w.startswith(cores) for w in request.more):
        note(
            "note: without --cpus-per-node (or --sbatch=--exclusive) many clusters give a job one "
            "core, whatever its GPUs"
        )


def _absolute(paths: str | None) -> str | None:
    """``paths``, with colons between, from the root: the agents start elsewhere."""
    if not paths:
        return paths
    return os.pathsep.join(str(Path(path).absolute()) for path in paths.split(os.pathsep))
