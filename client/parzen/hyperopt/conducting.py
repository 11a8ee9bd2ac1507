"""A search that workers carry out: a study is submitted, led and watched until it has ended.

While ``fmin`` runs, it has a coordinator of its own, a process beside it; workers are whoever
serves the store. Whatever is killed, the study stands, and the same call goes on with it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from parzen.client import presence
from parzen.client.handle import StudyHandle
from parzen.client.interrupts import interrupted
from parzen.client.local import Background, ending_on_signals
from parzen.client.study import Study
from parzen.client.submission import put
from parzen.client.watching import Attention
from parzen.hyperopt import methods, points, saving, searching, tpe
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.exceptions import AllTrialsFailed, BadSearchSpace
from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.objective import Objective
from parzen.hyperopt.progress import chosen
from parzen.hyperopt.states import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_NEW, count
from parzen.hyperopt.trials import trials_from_docs
from parzen.shared.building import Constant
from parzen.shared.errors import Conflict, NotFound, StoreUnreachable, StudyFailed
from parzen.shared.keyfiles import chosen_signer
from parzen.shared.packing import submitted_file
from parzen.shared.records import SamplerSpec, Worker
from parzen.shared.records import Study as Record
from parzen.shared.space import Space

if TYPE_CHECKING:
    from parzen.hyperopt.mongoexp import MongoTrials

log = logging.getLogger("parzen.hyperopt")

PATIENCE_S = 10.0
"""How long something may be missing, such as a worker, before it is said."""

TAG = "hyperopt"
"""What such studies are tagged with."""


def fmin(
    trials: MongoTrials,
    fn: Callable[..., Any],
    space: Any,
    algo: Callable[..., Any] | None = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    max_queue_len: int = 1,
    rstate: Any = None,
    verbose: bool = False,
    pass_expr_memo_ctrl: bool | None = None,
    catch_eval_exceptions: bool = False,
    return_argmin: bool = True,
    show_progressbar: Any = True,
    early_stop_fn: Callable[..., Any] | None = None,
    trials_save_file: str | os.PathLike[str] = "",
    points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
) -> Any:
    """Search with the workers of ``trials``; for the arguments see :func:`parzen.hyperopt.fmin`.

    With ``max_evals=0`` the study is made, and rests: trials can be imported into it.

    Raises:
        AllTrialsFailed: no trial has a loss.
        Conflict: the experiment has another space.
        ParzenError: the coordinator broke down.
    """
    del catch_eval_exceptions  # what is raised in a worker stays with its trial
    searching.check_limits(max_evals, timeout, loss_threshold, max_queue_len)
    random = searching.random_state(rstate)
    domain = Domain(fn, space, workdir=trials.workdir, pass_expr_memo_ctrl=pass_expr_memo_ctrl)
    domain.search_seed = int(random.integers(2**31 - 1))
    first = [] if points_to_evaluate is None else points.checked(points_to_evaluate, domain.params)
    asked = Asked(max_evals, timeout, loss_threshold, len(first))
    search = Search(trials, domain, algo or tpe.suggest, random, max_queue_len)
    search.submit(asked, first)
    if max_evals == 0:
        return None
    watch = Watch(search, early_stop_fn, trials_save_file, show_progressbar)
    failed = watch.until_ended(progress=bool(verbose and show_progressbar))
    try:
        return searching.outcome(trials, space, return_argmin=return_argmin)
    except AllTrialsFailed as error:
        raise AllTrialsFailed(failed or str(error)) from None


@dataclass(frozen=True)
class Asked:
    """When a search ends."""

    max_evals: int | None
    timeout: float | None
    loss_threshold: float | None
    points: int


class Search:
    """One call of ``fmin``: the study that stands for it, and who proposes for it."""

    def __init__(
        self, trials: MongoTrials, domain: Domain, algo: Any, random: Any, queue: int
    ) -> None:
        self.trials, self.domain = trials, domain
        self._algo, self._random, self._queue = algo, random, int(queue)
        self._spec = methods.sampler(algo, domain.search_seed or 0)
        self.proposes = self._spec.name == methods.OWN
        """Whether the algorithm runs here, and not in a coordinator."""

    @property
    def handle(self) -> StudyHandle:
        """The study."""
        handle = self.trials.handle
        if handle is None:
            raise NotFound(f"the study {self.trials.study_name!r} was deleted meanwhile")
        return handle

    def submit(self, asked: Asked, first: Sequence[Mapping[str, Any]]) -> None:
        """Make the study, or go on with the one of the experiment.

        Raises:
            BadSearchSpace: there is nothing to search.
            Conflict: it has another space.
        """
        trials, domain = self.trials, self.domain
        if not domain.params:
            raise BadSearchSpace(
                "the space has no parameter, so there is nothing to search: call the objective "
                "itself, or put an hp.uniform(…) or another parameter into the space"
            )
        trials.refresh()
        before = trials.handle
        if before is not None:  # the seed stays that of the first call
            self._spec = replace(self._spec, seed=before.study.sampler.seed)
        study = self._declared(asked, [] if before else first)
        trials.store().prepare()
        if before is not None:
            self._choose_sampler(before, study.record.sampler)
        try:
            signer = chosen_signer(None, os.environ)
            handle = put(study, trials.store(), trials.where, signer, replace=True)
        except Conflict as error:
            raise Conflict(
                f"{error}; here: give MongoTrials another exp_key, or delete what this one holds "
                "with trials.delete_all()"
            ) from None
        for remark in handle.remarks:
            log.info("%s", remark)
        trials.exact = domain.translation
        trials.use(handle)
        trials.put(trials.early())
        trials.refresh()
        if before is not None:
            points.queue(trials, domain, first, domain.search_seed or 0)

    def _declared(self, asked: Asked, first: Sequence[Mapping[str, Any]]) -> Study:
        trials, domain = self.trials, self.domain
        # what raised is no evaluation to Hyperopt, and has a number here; points come on top
        more = count(trials.everything(), JOB_STATE_ERROR) + asked.points
        most = None if not asked.max_evals else int(asked.max_evals) + more
        spec = self._spec
        if asked.max_evals == 0:
            spec = replace(spec, name=methods.OWN, options={})
        study = Study(
            trials.study_name,
            space=Space.compiled(Constant(None), domain.translation.dimensions),
            objective=Objective(domain, trials.exp_key, trials.attachments),
            max_trials=most,
            sampler=spec,
            timeout_s=asked.timeout,
            target=asked.loss_threshold,
            max_consecutive_failures=None,
            tags=(TAG,),
            points=[domain.translation.params(point) for point in first],
        )
        study.main_file = submitted_file(None, [domain.fn])
        return study

    def _choose_sampler(self, handle: StudyHandle, spec: SamplerSpec) -> None:
        """Let the algorithm of this call propose from now on."""
        if spec != handle.record.sampler:
            self.trials.store().catalog.amend(handle.record, {"sampler": spec})

    def propose(self) -> None:
        """Ask the caller's own algorithm for as many trials as there is room for."""
        trials, handle = self.trials, self.handle
        created = trials.store().catalog.created(handle.record)
        most = presence.in_force(handle.record).max_trials
        room = self._queue - trials.count_by_state_synced(JOB_STATE_NEW)
        if most is not None:
            room = min(room, most - created)
        if room <= 0:
            return
        new_ids = trials.new_trial_ids(room)
        docs = self._algo(new_ids, self.domain, trials, int(self._random.integers(2**31 - 1)))
        if docs:
            trials.insert_trial_docs(docs)
        else:  # it has no more to propose
            self.finish()

    def finish(self) -> None:
        """Begin no more trials; those that wait and run go on to their end."""
        handle = self.handle
        created = self.trials.store().catalog.created(handle.record)
        if created:
            handle.set(max_trials=created)
        else:
            handle.cancel()


class Watch:
    """Waits for a search, asking at every look whether it should stop."""

    def __init__(
        self, search: Search, early_stop_fn: Callable[..., Any] | None, file: Any, shown: Any
    ) -> None:
        self._search, self._trials = search, search.trials
        self._stop, self._stop_args = early_stop_fn, list[Any]()
        self._file, self._shown = file, shown if callable(shown) else False
        self._done = 0

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

            def check(study: Record, live: Sequence[Worker]) -> None:
                led.check(study, live)
                try:
                    self._look(bar)
                except StoreUnreachable as error:
                    log.info("not looked at now: %s", error)  # whoever waits says so to people

            handle.attend(Attention(progress=progress, check=check, patience_s=PATIENCE_S))

    def _look(self, bar: Any) -> None:
        """Take in what has ended, and ask those who are to be asked."""
        search = self._search
        if not (self._stop or self._file or self._shown or search.proposes):
            return  # nobody reads trials one by one who does not need to
        if self._take_in(bar) and self._told_to_stop():
            search.finish()
            search.proposes = False
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
        stop, self._stop_args = self._stop(self._trials, *self._stop_args)
        if stop:
            self._stop = None
        return bool(stop)

    def _save(self) -> None:
        """Keep the trials in the file that is asked for, as trials in memory."""
        if self._file:
            kept = trials_from_docs(self._trials.trials, exp_key=self._trials.exp_key)
            saving.save(kept, self._file)
