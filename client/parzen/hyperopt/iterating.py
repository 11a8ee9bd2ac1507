"""A search in this process: propose, evaluate, look whether to go on."""

from __future__ import annotations

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parzen.hyperopt import asking, progress, saving
from parzen.hyperopt.ctrl import Ctrl
from parzen.hyperopt.documents import Doc, coarse_utcnow, spec_from_misc
from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.pyll.stochastic import generator
from parzen.hyperopt.states import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
)

log = logging.getLogger("parzen.hyperopt")


class FMinIter:
    """A search, step by step: an iterator over its trials, after each evaluation.

    Args:
        algo: what proposes.
        domain: what is searched.
        trials: what is known, to which the search adds.
        rstate: where the seeds of proposals come from, as in :func:`~parzen.hyperopt.fmin`.
        asynchronous: accepted; trials are evaluated here, one after the other.
        max_queue_len: so many trials are proposed at a time.
        poll_interval_secs: accepted.
        max_evals: so many trials, with those that there are; what raises uses one up.
        timeout: after so many seconds nothing more is begun.
        loss_threshold: stop at a loss as small as this.
        verbose: show progress.
        show_progressbar: whether, or how.
        early_stop_fn: whether to stop, asked where all that was proposed is evaluated.
        trials_save_file: where trials are kept, if anywhere; written after each evaluation.
        catch_eval_exceptions: go on where the objective raises.
    """

    def __init__(
        self,
        algo: Callable[..., Any],
        domain: Any,
        trials: Any,
        rstate: Any = None,
        asynchronous: bool | None = None,
        max_queue_len: int = 1,
        poll_interval_secs: float = 1.0,
        max_evals: int | None = None,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        verbose: bool = False,
        show_progressbar: Any = True,
        early_stop_fn: Callable[..., Any] | None = None,
        trials_save_file: Any = "",
        catch_eval_exceptions: bool = False,
    ) -> None:
        del asynchronous, poll_interval_secs
        self.algo, self.domain, self.trials = algo, domain, trials
        self.rstate = generator(rstate)
        self.max_queue_len = int(max_queue_len)
        self.max_evals = sys.maxsize if max_evals is None else int(max_evals)
        self.timeout, self.loss_threshold = timeout, loss_threshold
        self.early_stop_fn = early_stop_fn
        self.early_stop_args: Sequence[Any] = []
        self.trials_save_file = trials_save_file
        self.catch_eval_exceptions = catch_eval_exceptions
        self.start_time = time.monotonic()
        self.best_loss = np.inf
        self._shown = progress.chosen(show_progressbar, verbose=verbose)
        self._left: int | None = None
        self._queue: deque[Doc] = deque()
        self._stopped = False

    def begin(self) -> None:
        """Look at what there is, and how many trials are left to be proposed."""
        # not refreshed yet: what was added and not looked at comes on top, as in Hyperopt
        self._left = self.max_evals - len(self.trials)
        self.trials.refresh()
        for doc in self.trials.trials:
            self._seen(doc)

    def enqueue(self, docs: Sequence[Doc]) -> None:
        """Add trials that are to be evaluated."""
        self._left = (self._left or 0) - len(docs)
        tids = set(self.trials.insert_trial_docs(docs))
        self.trials.refresh()
        for doc in reversed(self.trials.trials):  # what was added last mostly stands there
            if not tids:
                break
            if doc["tid"] in tids:
                tids.discard(doc["tid"])
                self._queue.appendleft(doc)

    def exhaust(self) -> FMinIter:
        """Search until a limit is reached."""
        if self._left is None:
            self.begin()
        done = self.trials.count_by_state_synced(JOB_STATE_DONE)
        with self._shown(initial=done, total=self.max_evals) as bar:
            self._tell(bar)
            while (doc := self._next()) is not None:
                self._evaluate(doc)
                self._tell(bar)
                if doc["state"] == JOB_STATE_DONE:
                    bar.update(1)
                self._ask_whether_to_stop()
        self._left = None
        return self

    def __iter__(self) -> FMinIter:
        return self

    def __next__(self) -> Any:
        if self._left is None:
            self.begin()
        doc = self._next()
        if doc is None:
            raise StopIteration
        self._evaluate(doc)
        self._ask_whether_to_stop()
        return self.trials

    def _goes_on(self) -> bool:
        in_time = self.timeout is None or time.monotonic() - self.start_time < self.timeout
        better = self.loss_threshold is None or self.best_loss > self.loss_threshold
        return in_time and better and not self._stopped

    def _next(self) -> Doc | None:
        """The trial to evaluate now; None where the search is over."""
        while self._goes_on():
            while self._queue:
                doc = self._queue.popleft()
                if doc["state"] == JOB_STATE_NEW:
                    return doc
            self._queue.extend(doc for doc in self.trials.trials if doc["state"] == JOB_STATE_NEW)
            if not self._queue:
                room = min(self.max_queue_len, self._left or 0)
                if room <= 0:
                    return None
                self._propose(room)
        return None

    def _propose(self, count: int) -> None:
        new_ids = self.trials.new_trial_ids(count)
        seed = int(self.rstate.integers(2**31 - 1))
        docs = asking.proposals(self.algo, new_ids, self.domain, self.trials, seed)
        if docs:
            self.enqueue(docs)
        else:
            self._stopped = True

    def _evaluate(self, doc: Doc) -> None:
        try:
            self._call(doc)
        finally:
            self.trials.refresh()
            if self.trials_save_file:
                saving.save(self.trials, self.trials_save_file)

    def _call(self, doc: Doc) -> None:
        before = {key: doc[key] for key in ("state", "result", "book_time", "refresh_time")}
        doc["state"] = JOB_STATE_RUNNING
        doc["book_time"] = doc["refresh_time"] = coarse_utcnow()
        try:
            ctrl = Ctrl(self.trials, current_trial=doc)
            doc["result"] = self.domain.evaluate(spec_from_misc(doc["misc"]), ctrl)
        except Exception as error:
            doc["state"], doc["refresh_time"] = JOB_STATE_ERROR, coarse_utcnow()
            doc["misc"]["error"] = (str(type(error)), str(error))
            log.error("trial %s raised %s: %s", doc["tid"], type(error).__name__, error)  # noqa: TRY400 - it is raised again, or wanted shortly
            if not self.catch_eval_exceptions:
                raise
        except BaseException:  # an interrupt: the trial waits again, for the next search
            doc.update(before)
            raise
        else:
            doc["state"], doc["refresh_time"] = JOB_STATE_DONE, coarse_utcnow()
            self._seen(doc)

    def _seen(self, doc: Doc) -> None:
        loss = loss_of(doc["result"])
        if loss is not None:
            self.best_loss = min(self.best_loss, loss)

    def _tell(self, bar: Any) -> None:
        if np.isfinite(self.best_loss):
            bar.postfix = f"best loss: {self.best_loss}"

    def _ask_whether_to_stop(self) -> None:
        if self.early_stop_fn is not None and not self._queue:  # it sees none that wait
            stop, self.early_stop_args = asking.whether_to_stop(
                self.early_stop_fn, self.trials, self.early_stop_args
            )
            self._stopped = self._stopped or stop
