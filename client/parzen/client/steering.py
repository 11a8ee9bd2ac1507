"""The part of a handle that changes its study, and sentences about what a change does."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from parzen.client import cloning, points, presence, settings, terms
from parzen.client.beginning import begin
from parzen.client.invocation import here
from parzen.client.wording import counted
from parzen.shared.errors import InvalidInput, InvalidParams, InvalidStudy, Outdated
from parzen.shared.keyfiles import chosen_signer
from parzen.shared.lifecycle import FailureKind, TrialEvent, TrialState, sources
from parzen.shared.plain import shown
from parzen.shared.records import Study, Trial, Want
from parzen.shared.steering import Draft
from parzen.shared.store import Watch

if TYPE_CHECKING:
    from parzen.shared.home import StoreAddress
    from parzen.shared.mongo import MongoStore

Handle = TypeVar("Handle", bound="Steered")

AT_ONCE = 20
"""How often a change is made again that others were faster than."""

KINDS = tuple(kind.value for kind in FailureKind)


class Steered:
    """A study that its owner steers; see :class:`parzen.client.handle.StudyHandle`."""

    _store: MongoStore
    _where: StoreAddress
    _study: Study

    def watch(self) -> Watch:
        """Something that wakes when the study or one of its trials has changed; to be closed."""
        return self._store.catalog.watch_study(self._study)

    def running(self) -> Mapping[str, int]:
        """How many of the study's trials each worker runs now, by the worker's id."""
        return self._store.catalog.held(self._study)

    def pause(self: Handle) -> Handle:  # noqa: PYI019 - Self needs Python 3.11
        """Start no more trials; those that run go on to their end. A live coordinator obeys.

        Raises:
            InvalidStudy: the study has ended.
        """
        study = self._fresh()
        if presence.ended(study):
            raise InvalidStudy(
                f"study {study.name!r} is {study.status.value} and has nothing to pause: "
                "`parzen resume` lets it go on"
            )
        self._study = self._store.catalog.wish(study.name, Want.PAUSE)
        return self

    def resume(self: Handle) -> Handle:  # noqa: PYI019 - Self needs Python 3.11
        """Let a paused study go on, or one that has ended with something left to do.

        Raises:
            InvalidStudy: its limits leave nothing to do.
        """
        study = self._fresh()
        most = presence.in_force(study).max_trials if presence.ended(study) else None
        if most is not None and self._store.catalog.created(study) >= most:
            more = here(self._where).line("set", study.name, f"max_trials={2 * most}")
            raise InvalidStudy(
                f"study {study.name!r} has all {counted(most, 'trial')} that "
                f"max_trials allows: raise it, as in `{more}`, and it goes on"
            )
        self._study = self._store.catalog.wish(study.name, Want.RUN)
        return self

    def cancel(self: Handle) -> Handle:  # noqa: PYI019 - Self needs Python 3.11
        """Ask for the end of the study: waiting trials are cancelled, running ones stopped.

        A live coordinator carries it out; a study that has ended already is left as it is.
        """
        if not presence.ended(self._fresh()):
            self._study = self._store.catalog.wish(self._study.name, Want.CANCEL)
        return self

    def retry(self, numbers: Iterable[int] | None = None, *, kind: str | None = None) -> list[int]:
        """Ask for another go at trials, before all that wait; their numbers.

        A live coordinator lets them wait again. A study that had ended goes on, a paused one stays
        paused; trials beyond ``max_trials`` are left alone.

        Args:
            numbers: trials that failed or were cancelled; without them all that failed.
            kind: of all that failed only those whose last failure was of this kind.

        Raises:
            NotFound: there is no trial of such a number.
            InvalidInput: one did not fail, or there is no such kind.
        """
        study, chosen = self._fresh(), None if numbers is None else _numbers(numbers)
        for number in chosen or ():
            _require_over(study, self._store.catalog.trial(study, number))
        below = presence.in_force(study).max_trials
        return list(self._store.catalog.retry(study, chosen, kind=_kind(kind), below=below))

    def set(self, **wanted: Any) -> tuple[str, ...]:
        """Change limits and settings of the study; a sentence for each that changed.

        Takes ``max_trials timeout_s target patience max_consecutive_failures priority max_running
        trial_timeout_s retries requires image tags owner note``; None takes a limit away. Limits
        are put in force by the study's coordinator, and larger ones let a study go on that had
        reached them.

        Raises:
            InvalidStudy: there is no such setting, or it cannot have that value.
        """
        for attempt in range(AT_ONCE):
            study = self._fresh()
            found = settings.changes(study, wanted)
            try:
                if found.fields:
                    self._study = self._store.catalog.amend(study, found.fields)
                if found.limits is not None:
                    serial = study.wish.serial
                    self._study = self._store.catalog.wish(
                        study.name, None, found.limits, after=serial
                    )
            except Outdated:  # a part of what is set may be somebody else's by now
                if attempt == AT_ONCE - 1:
                    raise
            else:
                break
        return found.said

    def annotate(self, text: str | None, number: int | None = None) -> None:
        """Write a note on the study, or on its trial of that number; None takes it away.

        Raises:
            NotFound: there is no such trial.
        """
        if number is None:
            self.set(note=text)
        else:
            self._store.catalog.annotate(self._study, number, settings.note(text))

    def enqueue(
        self,
        wanted: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        *,
        user: Mapping[str, Any] | None = None,
    ) -> list[Trial]:
        """Have points tried before all others; their trials, in order.

        Args:
            wanted: one point or several, flat: {"lr": 0.01, "opt/sgd/momentum": 0.9}. Parameters
                that a point leaves out are drawn at random.
            user: kept with each of them; the objective finds it as ``trial.user``.

        Fewer are returned, and were added, where others took the room for them at this moment.

        Raises:
            InvalidParams: a point does not lie in the space; none is added then.
            InvalidStudy: ``max_trials`` leaves no room, or the study has ended.
        """
        study = self._fresh()
        given = [wanted] if isinstance(wanted, Mapping) else _listed(wanted)
        created, most = self._store.catalog.created(study), presence.in_force(study).max_trials
        self._require_room(study, len(given), created)
        drafts = points.drafted(study, given, user, created)
        numbers = self._store.catalog.append(study, drafts, below=most)
        if len(numbers) < len(drafts):  # others added trials at the same moment
            return self._those_with_room(study, numbers, len(drafts))
        return [
            Trial(
                study=study.name, uid=study.uid, number=n, params=d.params, user=d.user,
                enqueued_by=d.enqueued_by,
            )
            for n, d in zip(numbers, drafts, strict=True)
        ]  # fmt: skip

    def _those_with_room(self, study: Study, numbers: Sequence[int], asked: int) -> list[Trial]:
        if not numbers:
            self._require_room(study, asked, self._store.catalog.created(study))
        return [self._store.catalog.trial(study, number) for number in numbers]

    def clone(
        self,
        name: str,
        changed: Mapping[str, Any] | None = None,
        *,
        with_trials: bool = False,
        sign_key: Path | str | None = None,
    ) -> Study:
        """Create a study ``name`` with this one's definition and objective; its record.

        Nothing of the objective is loaded here. A signature holds for one study: the new one is
        signed by ``sign_key`` (see :meth:`parzen.client.Study.submit`), or not at all.

        Args:
            name: a name that no study has.
            changed: settings that differ, as :meth:`set` takes them.
            with_trials: take the trials over that are complete, as earlier ones; a limit of
                trials grows by their number.
            sign_key: a private key of `parzen keygen`.

        Raises:
            Conflict: the name is taken.
        """
        study, signer = self._fresh(), chosen_signer(sign_key, os.environ)
        fresh = settings.applied(cloning.definition(study, terms.name(name)), changed or {})
        earlier = self._earlier(study) if with_trials else []
        if earlier and fresh.limits.max_trials is not None:
            more = fresh.limits.max_trials + len(earlier)
            fresh = settings.applied(fresh, {"max_trials": more})
        bundle = b""
        if fresh.objective is not None:
            bundle = self._store.queue.bundle(study)
            if signer is not None:
                signed = signer.signed(fresh.objective, fresh.name, fresh.uid)
                fresh = dataclasses.replace(fresh, objective=signed)
        return begin(self._store.catalog, fresh, bundle, earlier)

    def _earlier(self, study: Study) -> list[Draft]:
        complete = self._store.catalog.trials(study, states=[TrialState.COMPLETE], slim=False)
        return [cloning.earlier(trial) for trial in complete]

    def delete(self) -> Mapping[str, int]:
        """Delete the study with its trials and all they kept; how many documents, by collection.

        Trials that run are stopped by their workers within seconds, and lost.
        """
        return self._store.catalog.delete(self._fresh())

    def _fresh(self) -> Study:
        return self.study  # type: ignore[attr-defined,no-any-return]  # the handle's own

    def _require_room(self, study: Study, count: int, created: int) -> None:
        """See that the study takes so many more trials."""
        call, most = here(self._where), presence.in_force(study).max_trials
        if most is not None and created + count > most:
            more = call.line("set", study.name, f"max_trials={created + count}")
            raise InvalidStudy(
                f"study {study.name!r} has {counted(created, 'trial')} of max_trials = {most}, so "
                f"{counted(count, 'more point')} cannot be tried: raise it, `{more}`"
            )
        if presence.ended(study):
            raise InvalidStudy(
                f"study {study.name!r} is {study.status.value}, so nothing more is tried: let it "
                f"go on first, `{call.line('resume', study.name)}`"
            )


def _numbers(numbers: Any) -> list[int]:
    found = [numbers] if isinstance(numbers, int) else list(numbers)
    return [terms.whole("a trial's number", number, least=0) for number in found]


def _listed(wanted: Any) -> list[Mapping[str, Any]]:
    if isinstance(wanted, Iterable) and not isinstance(wanted, (str, bytes)):
        return list(wanted)
    raise InvalidParams(
        f"{shown(wanted)} is no point: give a dict {{parameter: value}}, or a list of them"
    )


def told_running(held: Mapping[str, int]) -> str | None:
    """``3 trials run on 2 workers``; None where none does."""
    total = sum(held.values())
    if not total:
        return None
    verb = "runs" if total == 1 else "run"
    return f"{counted(total, 'trial')} {verb} on {counted(len(held), 'worker')}"


def stopping(held: Mapping[str, int]) -> str:
    """``stopping 3 trials on 2 workers``, or that none runs."""
    total = sum(held.values())
    if not total:
        return "no trial runs"
    return f"stopping {counted(total, 'trial')} on {counted(len(held), 'worker')}"


def _require_over(study: Study, trial: Trial) -> None:
    if trial.state.value not in sources(TrialEvent.RETRY):
        raise InvalidInput(
            f"trial {trial.number} of study {study.name!r} is {trial.state.value}: only "
            f"{' and '.join(sources(TrialEvent.RETRY))} trials can be tried again"
        )
    most = presence.in_force(study).max_trials
    if most is not None and trial.number >= most:
        raise InvalidInput(
            f"trial {trial.number} of study {study.name!r} lies beyond max_trials = {most}: raise "
            f"it first, `parzen set {study.name} max_trials={trial.number + 1}`"
        )


def _kind(kind: str | None) -> FailureKind | None:
    if kind is None:
        return None
    try:
        return FailureKind(kind)
    except ValueError:
        raise InvalidInput(
            f"there is no kind of failure {shown(kind)}: expected one of {', '.join(KINDS)}"
        ) from None
