"""A search that workers carry out: a study is submitted, led and watched until it has ended.

While ``fmin`` runs, it has a coordinator of its own, a process beside it; workers are whoever
serves the store. Whatever is killed, the study stands, and the same call goes on with it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from parzen.client import presence
from parzen.client.handle import StudyHandle
from parzen.client.study import Study
from parzen.client.submission import put, refuse_another
from parzen.hyperopt import asking, methods, points, searching, tpe
from parzen.hyperopt.documents import Doc, SONify
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.exceptions import AllTrialsFailed, BadSearchSpace
from parzen.hyperopt.objective import Objective
from parzen.hyperopt.states import (
    JOB_STATE_CANCEL,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    count,
)
from parzen.hyperopt.waiting import Watch
from parzen.shared import bundle
from parzen.shared.building import Constant
from parzen.shared.errors import Conflict, InvalidObjective, NotFound
from parzen.shared.keyfiles import chosen_signer
from parzen.shared.packing import submitted_file
from parzen.shared.records import SamplerSpec
from parzen.shared.records import Study as Record
from parzen.shared.space import Space

if TYPE_CHECKING:
    from parzen.hyperopt.mongoexp import MongoTrials

log = logging.getLogger("parzen.hyperopt")

TAG = "hyperopt"
"""What such studies are tagged with."""


def fmin(
    trials: MongoTrials,
    fn: Callable[..., Any],
    space: Any,
    algo: Callable[..., Any] | None,
    *,
    max_evals: int | None,
    timeout: float | None,
    loss_threshold: float | None,
    max_queue_len: int,
    rstate: Any,
    verbose: bool,
    pass_expr_memo_ctrl: bool | None,
    catch_eval_exceptions: bool,
    return_argmin: bool,
    show_progressbar: Any,
    early_stop_fn: Callable[..., Any] | None,
    trials_save_file: str | os.PathLike[str],
    points_to_evaluate: Sequence[Mapping[str, Any]] | None,
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
        before, early = trials.handle, trials.early(domain.translation)
        fresh: list[Doc] = []
        if before is not None:  # the seed stays that of the first call
            self._spec = replace(self._spec, seed=before.study.sampler.seed)
            fresh = points.fresh(trials, domain, first, domain.search_seed or 0)
        study = self._declared(asked, [] if before else first, len(early) + len(fresh))
        trials.store().prepare()
        trials.use(self._stored(study, before, rests=asked.max_evals == 0))
        trials.exact = domain.translation
        trials.put([*early, *fresh])
        trials.settle()
        trials.refresh()

    def _stored(self, study: Study, before: StudyHandle | None, *, rests: bool) -> StudyHandle:
        """The study in the store: made, or brought to what this call asks for."""
        store, where = self.trials.store(), self.trials.where
        try:
            if before is not None and rests:  # what goes on there goes on
                refuse_another(study.record, before.record)
                return before
            if before is not None:
                self._choose_sampler(before, study.record.sampler)
            handle = put(study, store, where, chosen_signer(None, os.environ), replace=True)
        except Conflict as error:
            raise Conflict(
                f"{error}; here: give MongoTrials another exp_key, or delete what this one holds "
                "with trials.delete_all()"
            ) from None
        except InvalidObjective:
            bundle.build(self.domain.fn, study.space, main_file=study.main_file)  # names its own
            raise
        for remark in handle.remarks:
            log.info("%s", remark)
        return handle

    def _declared(self, asked: Asked, first: Sequence[Mapping[str, Any]], added: int) -> Study:
        """The study as this call asks for it; ``added`` trials are put into it at once."""
        trials, domain = self.trials, self.domain
        everything = trials.everything()
        # these are no evaluations to Hyperopt, and have numbers here; points come on top
        more = count(everything, (JOB_STATE_ERROR, JOB_STATE_CANCEL)) + asked.points
        most = None
        if asked.max_evals:
            most = max(int(asked.max_evals) + more, len(everything) + added)
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
        stored = handle.study
        if spec != stored.sampler:
            self.trials.store().catalog.amend(stored, {"sampler": spec})

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
        seed = int(self._random.integers(2**31 - 1))
        docs = asking.proposals(self._algo, new_ids, self.domain, trials, seed)
        if docs:
            trials.put([trials.assert_valid_trial(SONify(doc)) for doc in docs], below=most)
        else:  # it has no more to propose
            self.finish()

    def take_back(self, study: Record) -> None:
        """Let this call's sampler propose again: whoever took its place proposes no more."""
        log.warning("nobody proposes for study %r any more: its sampler is set again", study.name)
        self._choose_sampler(self.handle, replace(self._spec, seed=study.sampler.seed))

    def finish(self) -> None:
        """Begin no more trials; those that wait and run go on to their end."""
        handle = self.handle
        created = self.trials.store().catalog.created(handle.record)
        if created:
            handle.set(max_trials=created)
        else:
            handle.cancel()
