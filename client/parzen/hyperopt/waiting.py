"""Waiting for a search that workers carry out, and asking at every look whether it should stop.

Whoever waits has a coordinator of his own, a process beside it.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from parzen.client import presence
from parzen.client.handle import StudyHandle
from parzen.client.interrupts import interrupted
from parzen.client.local import Background, ending_on_signals
from parzen.client.watching import Attention
from parzen.hyperopt import asking, methods, saving
from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.progress import chosen
from parzen.hyperopt.states import JOB_STATE_DONE
from parzen.hyperopt.trials import trials_from_docs
from parzen.shared.errors import StoreUnreachable, StudyFailed
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Study, Worker

if TYPE_CHECKING:
    from parzen.hyperopt.conducting import Search

log = logging.getLogger("parzen.hyperopt")

PATIENCE_S = 10.0
"""How long something may be missing, such as a worker, before it is said or seen to."""


class Watch:
    """Waits for a search, asking at every look whether it should stop."""

    def __init__(
        self, search: Search, early_stop_fn: Callable[..., Any] | None, file: Any, shown: Any
    ) -> None:
        self._search, self._trials = search, search.trials
        self._stop = early_stop_fn
        self._stop_args: Sequence[Any] = []
        self._file, self._shown = file, shown if callable(shown) else False
        self._done, self._stopped = 0, False
        self._idle_since = time.monotonic()

    def until_ended(self, *, progress: bool) -> str | None:
        """Wait; why there is no result, or None."""
        handle, trials = self._search.handle, self._trials
        shown = chosen(self._shown if progress else False, verbose=True)
        most = presence.in_force(handle.record).max_trials or sys.maxsize
        self._done = trials.count_by_state_synced(JOB_STATE_DONE)
        why = None
        try:
            with shown(initial=self._done, total=most) as bar:
                try:
                    self._attend(handle, bar, progress=progress and not self._shown)
                except StudyFailed as error:
                    why = str(error)
                self._take_in(bar)
        except KeyboardInterrupt:
            raise interrupted(
                f"study {handle.name!r} stays, and the same call goes on where this one stopped"
            ) from None
        return why

    def _attend(self, handle: StudyHandle, bar: Any, *, progress: bool) -> None:
        if presence.ended(handle.study):
            handle.wait(progress=False)
            return
        with ending_on_signals(), Background(handle.name, self._trials.where, workers=0) as led:

            def check(study: Study, live: Sequence[Worker]) -> None:
                led.check(study, live)
                try:
                    self._see_to_proposals(study)
                    self._look(bar)
                except StoreUnreachable as error:
                    log.info("not looked at now: %s", error)  # whoever waits says so to people

            handle.attend(Attention(progress=progress, check=check, patience_s=PATIENCE_S))

    def _see_to_proposals(self, study: Study) -> None:
        """Another call's own algorithm may have taken over, and be gone."""
        out = study.counts.get(TrialState.WAITING, 0) + study.counts.get(TrialState.RUNNING, 0)
        ours = self._search.proposes or self._stopped
        if ours or out or study.sampler.name != methods.OWN:
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since > PATIENCE_S:
            self._search.take_back(study)
            self._idle_since = time.monotonic()

    def _look(self, bar: Any) -> None:
        """Take in what has ended, and ask those who are to be asked."""
        search = self._search
        if not (self._stop or self._file or self._shown or search.proposes):
            return  # nobody reads trials one by one who does not need to
        if self._take_in(bar) and self._told_to_stop():
            search.finish()
            search.proposes, self._stopped = False, True
        if search.proposes:
            search.propose()

    def _take_in(self, bar: Any) -> bool:
        """Show and keep what has ended since the last time; whether anything had."""
        trials = self._trials
        trials.refresh()
        done = trials.count_by_state_synced(JOB_STATE_DONE)
        more, self._done = done - self._done, done
        if more > 0:
            losses = [loss for doc in trials if (loss := loss_of(doc["result"])) is not None]
            bar.postfix = f"best loss: {min(losses)}" if losses else None
            bar.update(more)
            self._save()
        return more > 0

    def _told_to_stop(self) -> bool:
        if self._stop is None:
            return False
        stop, self._stop_args = asking.whether_to_stop(self._stop, self._trials, self._stop_args)
        if stop:
            self._stop = None
        return stop

    def _save(self) -> None:
        """Keep the trials in the file that is asked for, as trials in memory."""
        if self._file:
            kept = trials_from_docs(self._trials.trials, exp_key=self._trials.exp_key)
            saving.save(kept, self._file)
