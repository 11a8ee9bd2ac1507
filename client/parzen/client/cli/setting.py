"""``parzen set`` and ``parzen note``: what an owner changes of a study that stands."""

from __future__ import annotations

from collections.abc import Sequence

import click

from parzen.client import presence, settings
from parzen.client.cli.arguments import study_argument
from parzen.client.cli.completing import study_names
from parzen.client.cli.naming import parted
from parzen.client.cli.opening import reading
from parzen.client.cli.steered import Steered, carried_out, tell
from parzen.client.handle import StudyHandle
from parzen.client.steering import told_running
from parzen.client.wording import counted
from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.plain import shown
from parzen.shared.printing import json_option
from parzen.shared.records import Study


@click.command("set")
@study_argument
@click.argument("words", metavar="KEY=VALUE...", nargs=-1, required=True)
@json_option
@store_options
def set_(*, where: StoreAddress, name: str, words: tuple[str, ...], as_json: bool) -> None:
    """Change limits and settings of STUDY while it goes on.

    \b
    max_trials timeout_s target patience max_consecutive_failures
                        when it ends; "none" takes a limit away, and a larger
                        one lets a study go on that had reached it
    priority            higher is served first
    max_running         at most so many trials at once
    trial_timeout_s     a trial that takes longer fails
    retries.KIND        how often a failure is forgiven: retries.lost=5
    requires.gpus, requires.gpu_memory_gb, requires.labels, requires.time_s
    image, image.memory_gb, image.cpus, image.network, image.shm_gb, image.pull
                        the container image of its trials; image=none runs them
                        without one
    tags owner note     words for people; tags with commas

    Trials that run keep what they started with.
    """  # noqa: D301 - click's mark for lines that stay as they are
    with reading(where) as client:
        handle = client.study(name)
        before = handle.record
        said = handle.set(**settings.typed(before, pairs(words)))
        live = presence.coordinators(before, client.workers())
        study = carried_out(handle, live) if said else before
        told = [f"study {name!r}: {what}" for what in said] or [
            f"study {name!r} has these settings already: nothing was changed"
        ]
        told += _course(handle, before, study)
        tell(Steered(study=study, said=told, notes=handle.notices()), as_json=as_json)


@click.command()
@click.argument("target", metavar="STUDY", shell_complete=study_names)
@click.argument("words", metavar="[NUMBER] [TEXT]", nargs=-1)
@click.option("--clear", is_flag=True, help="Take the note away.")
@json_option
@store_options
def note(
    *, where: StoreAddress, target: str, words: tuple[str, ...], clear: bool, as_json: bool
) -> None:
    """Write a note on STUDY, or on its trial NUMBER; without TEXT, print the one that is there.

    A trial may also be named as STUDY:NUMBER.
    """
    name, number = parted(target)
    if number is None and words and words[0].isascii() and words[0].isdecimal():
        number, words = int(words[0]), words[1:]
    text = " ".join(words) or None
    if clear and text is not None:
        raise InvalidInput("--clear takes the note away: leave the text out, or --clear")
    with reading(where) as client:
        handle = client.study(name)
        before = handle.study.note if number is None else handle.trial(number).note
        if clear or text is not None:
            handle.annotate(text, number)
        about = f"study {name!r}" if number is None else f"trial {number} of study {name!r}"
        said = before or f"{about} has no note"
        if clear:
            said = f"{about} has no note any more" if before else said
        elif text is not None:
            said = f"the note on {about} is kept" + (f"; it was {shown(before)}" if before else "")
        trials = () if number is None else (number,)
        tell(Steered(study=handle.record, said=[said], trials=trials), as_json=as_json)


def pairs(words: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` words, taken apart.

    Raises:
        InvalidInput: one has no =, or a key comes twice.
    """
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise InvalidInput(f"{shown(word)} is not usable: write KEY=VALUE")
        if key in found:
            raise InvalidInput(f"{shown(key)} is given twice: give it once")
        found[key] = value
    return found


def _course(handle: StudyHandle, before: Study, study: Study) -> list[str]:
    """What the change does to the study's course."""
    said = []
    most, created = study.limits.max_trials, sum(study.counts.values())
    room = most is None or created < most
    if before.status.ended and study.status is StudyStatus.ACTIVE and room:
        said.append(f"it was {before.status.value} ({before.status_reason}), and goes on")
    if most is not None and created > most and not study.status.ended:
        beyond = before.counts.get(TrialState.WAITING, 0)
        runs = told_running(handle.running())
        said.append(
            f"{counted(created, 'trial')} were created already, so no more are; "
            f"waiting ones beyond are cancelled ({beyond} waited)"
            + (f"; {runs}, to the end" if runs else "")
        )
    return said
