"""One turn round the loop for led studies: observe, plan, act.

A turn costs one read, and one bulk insert where trials are wanted, however many results came in;
several studies that have their turns one after another share both.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from parzen.coordinator import losses, quarantine
from parzen.coordinator.depth import Cluster
from parzen.coordinator.failures import FailureStreak
from parzen.coordinator.leading import QUIET_COUNTS_S, Led
from parzen.coordinator.metering import Meter
from parzen.coordinator.plan import Action, Bound, CancelWaiting, Move, Propose, plan
from parzen.coordinator.samplers.protocol import Sampler, explained, memo_of
from parzen.coordinator.samplers.registry import make
from parzen.shared.dimensions import Params
from parzen.shared.errors import InvalidInput, InvalidProposal
from parzen.shared.lifecycle import StudyEvent, StudyStatus, TrialState
from parzen.shared.plain import raised
from parzen.shared.records import Direction, Proposed, Study, Trial, Uid, Worker
from parzen.shared.store import Believed, Kept, Ledger, Proposal

log = logging.getLogger("parzen.coordinator")

ROUNDS = 8
"""A plan settles within this many rounds: a wish, its move, and what follows from both."""


@dataclass(slots=True)
class Made:
    """Proposals for ``led`` that are to be inserted.

    So many were ``wanted``; ``since`` is when the first result may have come that they follow on,
    and ``quiet`` whether none did.
    """

    led: Led
    proposals: Sequence[Proposal]
    wanted: int
    since: float = 0.0
    quiet: bool = True


class LostLead(Exception):
    """What is remembered of the study is void: somebody else leads it, or it is gone."""


def choose_sampler(led: Led, own: Mapping[str, Sampler]) -> None:
    """Let the study's sampler propose from now on, as it is named now.

    ``own`` are the samplers, by study, that no document can name.
    """
    led.sampler, led.fault = _sampler(led.study, own)
    led.exhausted = False


def _sampler(study: Study, own: Mapping[str, Sampler]) -> tuple[Sampler | None, str | None]:
    if study.sampler.function is not None:
        return own.get(study.name), None
    try:
        return make(study.sampler, study.dimensions), None
    except InvalidInput as error:  # an unknown name or option: the study's end says it
        return None, str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a third party's may raise anything
        return None, _blame(study, error)


def _blame(study: Study, error: BaseException) -> str:
    if isinstance(error, InvalidProposal):
        log.warning("study %r: %s", study.name, error)
        return str(error)
    log.warning("study %r: its sampler raised", study.name, exc_info=error)
    return f"the sampler {study.sampler.function or study.sampler.name!r} raised {raised(error)}"


class Serving:
    """Serves led studies through ``ledger``; ``reread`` brings a led study up to date.

    While its sampler proposes, what ``keeping`` gives is entered.
    """

    def __init__(
        self,
        ledger: Ledger,
        reread: Callable[[Led], None],
        keeping: Callable[[Led], AbstractContextManager[None]],
        rules: quarantine.Rules,
        clock: Callable[[], float] = time.monotonic,
        *,
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter or Meter()
        self._ledger = ledger
        self._reread = reread
        self._keeping = keeping
        self._rules = rules
        self._clock = clock
        self._counts: dict[Uid, tuple[Led, Kept]] = {}
        self._made: list[Made] = []

    def news(self, several: Sequence[Led]) -> Mapping[Uid, Sequence[Trial]]:
        """What has changed of these studies' trials, for their turns."""
        return self._ledger.all_changed([_believed(led) for led in several])

    def turn(self, led: Led, news: Sequence[Trial], cluster: Cluster, lag_s: float) -> bool:
        """One turn; whether anything had changed, which are the ``news``, or was done.

        What it proposes is :meth:`taken`. ``lag_s`` is how long a result may have lain before this
        turn began.

        Raises:
            LostLead: the study is led by somebody else, or gone.
        """
        began = self._clock()
        led.observe(news, began)
        upkeep = led.upkeep.due(began)
        if upkeep:
            self._upkeep(led)
        if upkeep or (news and led.conduct.suspects(self._rules.after)):
            self._set_aside(led, cluster.workers)
        acted = self._act(led, cluster)
        if self._made and self._made[-1].led is led:  # the counts are kept with those
            self._made[-1].since, self._made[-1].quiet = began - lag_s, not news
        else:
            self._keep_counts(led, quiet=not news, now=led.study.status.ended)
        self._meter.turn(led, news, cluster, began)
        led.unsettled = bool(news) or acted
        return led.unsettled

    def taken(self) -> Sequence[Made]:
        """What was proposed since the last call, to be inserted."""
        made, self._made = self._made, []
        return made

    def make_sure(self, made: Made) -> None:
        """See that the study is still led, where proposing took longer than the lease allows.

        Raises:
            LostLead: it is not.
        """
        if not made.led.holds(self._clock()):
            self._reread(made.led)

    def insert(self, several: Sequence[Made]) -> Sequence[Sequence[int]]:
        """Insert the proposals; of each study the numbers that were added."""
        return self._ledger.insert_all([(made.led.lead, made.proposals) for made in several])

    def inserted(self, made: Made, added: Sequence[int]) -> None:
        """Take in that the proposals of these numbers were inserted, and the others were not.

        Raises:
            LostLead: as :meth:`turn`.
        """
        led, new = made.led, set(added)
        led.take([_trial(led.study, p) for p in made.proposals if p.number in new])
        led.exhausted = len(made.proposals) < made.wanted
        if len(new) < len(made.proposals):
            self._catch_up(led, {p.number for p in made.proposals} - new)
        turnaround_s = self._clock() - made.since
        led.note_turn(turnaround_s)
        self._meter.proposed(led, [p for p in made.proposals if p.number in new])
        if not made.quiet:
            self._meter.followed(led, turnaround_s)
        self._keep_counts(led, quiet=made.quiet)

    def last_look(self, led: Led) -> None:
        """Store what stands now: nobody may count for a while once the study is not led.

        Raises:
            LostLead: the study is led by somebody else, or gone.
        """
        self._observe(led)
        self._keep_counts(led, quiet=True, now=True)

    def _observe(self, led: Led) -> Sequence[Trial]:
        news = self.news([led]).get(led.study.uid, ())
        led.observe(news, self._clock())
        return news

    def _upkeep(self, led: Led) -> None:
        """About once a second: lost workers, back-offs that are over, trials that rest unseen."""
        running = led.history.unfinished()[TrialState.RUNNING]
        lost = self._ledger.expire(led.lead, led.upto) if running else ()
        if lost:
            log.warning("%s", losses.told(led.study.name, lost, self._observe(led)))
        waiting = led.history.unfinished()[TrialState.WAITING]
        if waiting:
            self._ledger.queue_due(led.lead)
            # A trial that was claimed and came back between two looks is waiting as before, and
            # only its due_at tells that it rests: believing it running makes the store show it.
            seen = self._ledger.changed(led.study.uid, {TrialState.RUNNING: waiting})
            led.note_rest(seen)
            led.conduct.take(seen)
        if led.search.due(self._clock()):
            self._search(led)

    def _set_aside(self, led: Led, workers: Sequence[Worker]) -> None:
        """Keep workers from the study on which everything fails that others can do."""
        study = led.study
        if study.status is not StudyStatus.ACTIVE:
            return
        now = led.server_now(self._clock())
        wanted = quarantine.decide(study, led.conduct, workers, now, self._rules)
        if wanted == study.quarantine:
            return
        _fenced(self._ledger.set_aside(led.lead, wanted))
        for sentence in quarantine.changes(study.quarantine, wanted):
            log.warning("study %r: %s", study.name, sentence)
        self._reread(led)
        led.failures.forgive(entry.worker for entry in wanted)

    def _search(self, led: Led) -> None:
        """Forget unfinished trials that somebody deleted by hand: the study would never end.

        One must be missed twice: a document that changes while the store looks may escape it once.
        """
        waited_for = led.history.pending()
        # no state is both, so that the store shows each trial that exists
        both = {TrialState.WAITING: waited_for, TrialState.RUNNING: waited_for}
        found = {trial.number for trial in self._ledger.changed(led.study.uid, both)}
        missed = set(waited_for) - found
        gone = sorted(missed & led.missed)
        led.missed = missed.difference(gone)
        if gone:
            self._reread(led)  # the whole study may be gone
            log.warning("%s", losses.gone(led.study.name, gone))
            led.forget(gone)

    def _act(self, led: Led, cluster: Cluster) -> bool:
        acted = False
        for _ in range(ROUNDS):
            actions = plan(led.study, led.facts(cluster, self._clock()))
            effects = [self._carry_out(led, action) for action in actions]
            if not any(effects):
                break
            acted = True
            if isinstance(actions[-1], Propose) and not led.fault:
                break
        return acted

    def _carry_out(self, led: Led, action: Action) -> bool:
        """Do it; whether it had any effect."""
        if isinstance(action, Propose):
            self._propose(led, action.count)
        elif isinstance(action, Bound):
            led.bound = action.most
            return self._ledger.bound(led.lead, action.limit) > 0
        elif isinstance(action, CancelWaiting):
            self._ledger.cancel_waiting(led.lead, action.least, led.upto)
            return bool(self._observe(led))
        elif isinstance(action, Move):
            self._move(led, action)
        else:
            self._retry(led, action.wish.retry)
            _fenced(self._ledger.wish_done(led.lead, action.wish))
            self._reread(led)
        return True

    def _retry(self, led: Led, numbers: Sequence[int]) -> None:
        """Let trials wait again that were over; each is looked at, in whatever state it is now."""
        if not numbers:
            return
        limit = (led.study.wish.limits or led.study.limits).max_trials
        allowed = [n for n in numbers if limit is None or n < limit]
        self._ledger.retry(led.lead, allowed)
        # no trial is both, so that the store shows each
        both = dict.fromkeys((TrialState.FAILED, TrialState.CANCELLED), allowed)
        led.take(self._ledger.changed(led.study.uid, both))

    def _move(self, led: Led, move: Move) -> None:
        if move.event not in (StudyEvent.PAUSE, StudyEvent.RESUME):
            self._keep_counts(led, quiet=True, now=True)  # exact before anybody reads of an end
        _fenced(self._ledger.move(led.lead, move.event, reason=move.reason, ending=move.ending))
        self._reread(led)
        if move.event is StudyEvent.RESUME:
            led.failures = FailureStreak(led.study.active_since)
        _announce(led, move)

    def _propose(self, led: Led, count: int) -> None:
        numbers = led.free_numbers(count)
        began = self._clock()
        params = self._ask(led, numbers)
        if params is None:
            return
        if not params:
            led.exhausted = count > 0
            return
        led.note_explanation(self._explained(led))
        seconds = self._clock() - began
        led.note_cost(len(params), seconds)
        proposals = _proposals(led, numbers, params, seconds / len(params))
        self._made.append(Made(led, proposals, count))

    def _catch_up(self, led: Led, taken: set[int]) -> None:
        """Trials of these numbers exist already: a reply was lost, or a former leader was late."""
        # no state is both, so that the store shows each trial that exists
        both = dict.fromkeys((TrialState.WAITING, TrialState.RUNNING), sorted(taken))
        found = self._ledger.changed(led.study.uid, both)
        led.take(found)
        led.hide(taken - {trial.number for trial in found})

    def _ask(self, led: Led, numbers: Sequence[int]) -> Sequence[Params] | None:
        if led.sampler is None:
            return None
        try:
            with self._keeping(led):
                return led.sampler.propose(led.history, numbers, led.study.sampler.seed)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a third party's may raise anything
            led.fault = _blame(led.study, error)
            return None

    def _explained(self, led: Led) -> str | None:
        try:
            return explained(led.sampler, led.history)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
            led.fault = _blame(led.study, error)
            return None

    def _keep_counts(self, led: Led, *, quiet: bool, now: bool = False) -> None:
        led.counts_kept.every_s = 0.0 if now else QUIET_COUNTS_S if quiet else 1.0
        if not led.stale_counts or not led.counts_kept.due(self._clock()):
            return
        best = led.history.best
        kept = Kept(
            lead=led.lead,
            counts=led.history.counts,
            best_number=best[0] if best else None,
            proposing=led.proposing,
        )
        if now:
            _fenced(all(self._ledger.keep_counts([kept])))
            self._counts.pop(led.study.uid, None)
            led.stale_counts = False
        else:
            self._counts[led.study.uid] = led, kept

    def store_counts(self) -> Sequence[Uid]:
        """Write the counts that the turns since the last call have changed; whose lead is lost."""
        if not self._counts:
            return ()
        changed = list(self._counts.values())
        self._counts.clear()
        done = self._ledger.keep_counts([kept for _, kept in changed])
        for led, _ in changed:  # not before: a store that is away gets them when it is back
            led.stale_counts = False
        return [led.study.uid for (led, _), kept in zip(changed, done, strict=True) if not kept]


def _believed(led: Led) -> Believed:
    # what is numbered higher came from a former leader that was suspended before its insert
    return Believed(led.study.uid, led.history.unfinished(), led.top - 1)


def _fenced(done: bool) -> None:
    if not done:
        raise LostLead


def _proposals(
    led: Led, numbers: Sequence[int], params: Sequence[Params], seconds: float
) -> Sequence[Proposal]:
    counts = led.history.counts
    pending = counts[TrialState.WAITING] + counts[TrialState.RUNNING]
    seen = sum(counts.values()) - pending
    return [
        Proposal(
            number=number,
            params=one,
            proposed=Proposed(
                sampler=led.study.sampler.name,
                term=led.lead.term,
                seen=seen,
                pending=pending + place,
                seconds=seconds,
                memo=memo_of(one),
            ),
        )
        for place, (number, one) in enumerate(zip(numbers, params, strict=False))
    ]


def _trial(study: Study, proposal: Proposal) -> Trial:
    return Trial(
        study=study.name,
        uid=study.uid,
        number=proposal.number,
        params=proposal.params,
        proposed=proposal.proposed,
    )


def _announce(led: Led, move: Move) -> None:
    status, study = led.study.status, led.study
    reason = f": {move.reason}" if move.reason else ""
    if not status.ended:
        log.info("study %r is %s%s", study.name, status.value, reason)
        return
    level = logging.WARNING if status is StudyStatus.FAILED else logging.INFO
    best = led.history.best
    found = f"; best {_best(study, *best)}" if best else "; no trial is complete"
    log.log(level, "study %r is %s%s%s", study.name, status.value, reason, found)


def _best(study: Study, number: int, loss: float) -> str:
    """In the direction's own units, under the name that the objective's dict would give it."""
    name = "loss" if study.direction is Direction.MINIMIZE else "value"
    return f"{name} {study.direction.loss(loss):.6g} (trial {number})"
