"""What a worker runs of a search: the domain, given a trial of parzen's."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from parzen.hyperopt.ctrl import Ctrl
from parzen.hyperopt.documents import Doc, coarse_utcnow, misc_of, new_doc
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.keeping import kept
from parzen.hyperopt.states import JOB_STATE_RUNNING, STATUS_OK
from parzen.hyperopt.trials import Trials
from parzen.shared.dimensions import Params
from parzen.shared.plain import shown
from parzen.worker.context import TrialContext

log = logging.getLogger("parzen.hyperopt")


class Objective:
    """Evaluates a domain at a trial; what a study is submitted with.

    Args:
        domain: what is searched, and by what.
        exp_key: the experiment.
        attachments: what the trials that were submitted had attached as a whole.
    """

    def __init__(self, domain: Domain, exp_key: Any, attachments: Mapping[str, Any]) -> None:
        self._domain, self._exp_key, self._attachments = domain, exp_key, dict(attachments)

    def __call__(self, params: Params, trial: TrialContext) -> dict[str, Any]:
        """The trial's result, with a finite loss.

        Raises:
            TrialFailed: the objective returned another status than "ok", or no finite loss; what
                it returned is kept.
        """
        del params
        domain = self._domain
        values = domain.translation.values(trial.params)
        trials = Trials(exp_key=self._exp_key)
        trials.attachments.update(self._attachments)
        doc = self._doc(trial, values)
        trials.insert_trial_docs([doc])
        trials.refresh()
        returned = domain.evaluate(values, WorkerCtrl(trials, trials.trials[0], trial))
        result, lost = kept(returned)
        for key in lost:
            log.warning(
                "the result's %r is left out, since a document cannot hold it, or not so much: "
                "attach it as bytes",
                key,
            )
        if loss_of(result) is None:
            raise trial.failed(_why(result), result=result)
        return result

    def _doc(self, trial: TrialContext, values: Mapping[str, Any]) -> Doc:
        domain = self._domain
        misc = misc_of(trial.number, values, domain.translation.labels, domain)
        doc = new_doc(trial.number, None, domain.new_result(), misc, self._exp_key)
        now = coarse_utcnow()
        return {**doc, "state": JOB_STATE_RUNNING, "book_time": now, "refresh_time": now}


def _why(result: Mapping[str, Any]) -> str:
    status, loss = result.get("status"), result.get("loss")
    if status == STATUS_OK:
        return f"the objective returned the loss {loss}"
    for key in ("status_fail", "error", "message", "reason", "failure"):
        if isinstance(result.get(key), str):
            return f"the objective returned the status {shown(status)}: {result[key]}"
    return f"the objective returned the status {shown(status)}"


class WorkerCtrl(Ctrl):
    """The running trial, in a worker."""

    def __init__(self, trials: Any, current_trial: Doc, trial: TrialContext) -> None:
        super().__init__(trials, current_trial)
        self._trial, self._step = trial, 0
        self._attachments = Sent(trial)

    def checkpoint(self, r: Any = None) -> None:
        """Keep ``r`` as the result so far; its loss is a measurement of the trial."""
        super().checkpoint(r)
        loss = r.get("loss") if isinstance(r, Mapping) else None
        if loss is not None and math.isfinite(loss):
            self._trial.report(self._step, float(loss))
            self._step += 1

    @property
    def attachments(self) -> Sent:
        """What is attached to the trial, by name; may be written to."""
        return self._attachments

    def inject_results(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """A worker adds no trials.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "ctrl.inject_results is not for workers, which add no trials: insert them where fmin "
            "was called, with trials.insert_trial_docs, or return what was found out in the result"
        )


class Sent:
    """Attachments of the running trial: what is set goes to the database at once."""

    def __init__(self, trial: TrialContext) -> None:
        self._trial = trial
        self._kept: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._kept

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __getitem__(self, name: str) -> Any:
        return self._kept[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._trial.attach(name, value.encode("utf-8") if isinstance(value, str) else value)
        self._kept[name] = value

    def __delitem__(self, name: str) -> None:
        raise NotImplementedError(
            f"the attachment {name!r} is in the database, from which a running trial takes nothing "
            "back: set it to something else"
        )
