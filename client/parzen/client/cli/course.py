"""``parzen pause``, ``resume``, ``cancel`` and ``retry``: the course of a study."""

from __future__ import annotations

from collections.abc import Sequence

import click

from parzen.client import presence
from parzen.client.cli.arguments import study_argument
from parzen.client.cli.completing import trial_numbers
from parzen.client.cli.opening import reading
from parzen.client.cli.steered import Steered, carried_out, sentence, tell, waiting
from parzen.client.handle import StudyHandle
from parzen.client.invocation import here
from parzen.client.steering import KINDS, stopping, told_running
from parzen.client.wording import counted, numbers
from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.printing import json_option
from parzen.shared.records import Study, Worker


@click.command()
@study_argument
@json_option
@store_options
def pause(*, where: StoreAddress, name: str, as_json: bool) -> None:
    """Start no more trials of STUDY; those that run go on to their end."""
    with reading(where) as client:
        handle = client.study(name)
        held = handle.pause().running()
        study = _after(handle, client.workers())
        runs = told_running(held)
        on = f"{runs} and {'goes' if sum(held.values()) == 1 else 'go'} on to the end"
        said = sentence(
            f"study {name!r} is {_now(study, StudyStatus.PAUSED)}",
            on if runs else "no trial runs",
            waiting(study, "stay", "stays"),
            f"`{here(where).line('resume', name)}` lets it go on",
        )
        notes = handle.notices() if presence.pending(study) else ()
        done = Steered(study=study, said=[said], running=held, notes=notes)
    tell(done, as_json=as_json)


@click.command()
@study_argument
@json_option
@store_options
def resume(*, where: StoreAddress, name: str, as_json: bool) -> None:
    """Let STUDY go on that was paused, or that has ended with something left to do."""
    with reading(where) as client:
        handle = client.study(name)
        before = handle.record
        study = _after(handle.resume(), client.workers())
        said = sentence(f"study {name!r} is {_now(study, StudyStatus.ACTIVE)}", _was(before))
        done = Steered(study=study, said=[said], notes=handle.notices())
    tell(done, as_json=as_json)


@click.command()
@study_argument
@json_option
@store_options
def cancel(*, where: StoreAddress, name: str, as_json: bool) -> None:
    """End STUDY: waiting trials are cancelled, running ones stopped."""
    with reading(where) as client:
        handle = client.study(name)
        before = handle.record
        if presence.ended(before):
            said = f"study {name!r} had ended already: it is {before.status.value}"
            tell(Steered(study=before, said=[said]), as_json=as_json)
            return
        held = handle.running()
        study = _after(handle.cancel(), client.workers())
        now = "cancelled" if study.status is StudyStatus.CANCELLED else "ending"
        cancelled = waiting(before, "are cancelled", "is cancelled")
        said = sentence(f"study {name!r} is {now}", stopping(held), cancelled)
        done = Steered(study=study, said=[said], running=held, notes=handle.notices())
    tell(done, as_json=as_json)


@click.command()
@study_argument
@click.argument(
    "chosen",
    metavar="[NUMBER]...",
    nargs=-1,
    type=click.IntRange(min=0),
    shell_complete=trial_numbers,
)
@click.option("--failed", is_flag=True, help="All that failed.")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    metavar="KIND",
    help=f"All whose last failure was of this kind: {', '.join(KINDS)}.",
)
@json_option
@store_options
def retry(
    *,
    where: StoreAddress,
    name: str,
    chosen: tuple[int, ...],
    failed: bool,
    kind: str | None,
    as_json: bool,
) -> None:
    """Try trials of STUDY again, before all that wait: those NUMBERs, or all that failed.

    Trials that were cancelled are tried again by their numbers only. A study that had ended goes
    on, a paused one stays paused. Attempts are kept; budgets of retries begin anew.
    """
    if bool(chosen) == (failed or kind is not None):
        raise InvalidInput(
            "which trials is not clear: name their numbers, or give --failed for all that failed, "
            "or --kind for those that failed in one way"
        )
    with reading(where) as client:
        handle = client.study(name)
        before = handle.record
        again = handle.retry(chosen or None, kind=kind)
        beyond = _beyond(before, again) if failed and kind is None else []
        if not again:
            why = f" by {kind}" if kind else ""
            said = beyond or [f"no trial of study {name!r} failed{why}"]
            tell(Steered(study=before, said=said), as_json=as_json)
            return
        study = _after(handle, client.workers())
        first = f"{counted(len(again), 'trial')} of study {name!r} will be tried again"
        said = [sentence(first, numbers(again)), *beyond]
        if before.status.ended:
            said.append(f"{_was(before)}, and goes on")
        done = Steered(study=study, said=said, trials=again, notes=handle.notices())
    tell(done, as_json=as_json)


def _beyond(study: Study, again: Sequence[int]) -> list[str]:
    """That failed trials are left alone since ``max_trials`` rules them out, if there are any."""
    most = presence.in_force(study).max_trials
    left = study.counts.get(TrialState.FAILED, 0) - len(again)
    if most is None or left <= 0 or sum(study.counts.values()) <= most:
        return []
    stay = "stays as it is" if left == 1 else "stay as they are"
    return [f"{counted(left, 'failed trial')} beyond max_trials = {most} {stay}"]


def _after(handle: StudyHandle, live: Sequence[Worker]) -> Study:
    return carried_out(handle, presence.coordinators(handle.record, live))


def _now(study: Study, wanted: StudyStatus) -> str:
    """Where the study stands, or where it is to stand once a coordinator has heard of it."""
    if presence.pending(study):
        return f"to be {wanted.value}"
    return study.status.value


def _was(before: Study) -> str | None:
    if before.status is StudyStatus.ACTIVE:
        return None
    reason = f" ({before.status_reason})" if before.status_reason else ""
    return f"it was {before.status.value}{reason}"
