"""What an objective that asks for it may touch besides its parameters."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from parzen.hyperopt.states import JOB_STATE_DONE
from parzen.hyperopt.trials import Trials

logger = logging.getLogger("parzen.hyperopt")


class Ctrl:
    """The running trial, and the trials that it is one of.

    Args:
        trials: those; new ones if None.
        current_trial: the document of the one that runs.
    """

    info = logger.info
    warn = logger.warning
    error = logger.error
    debug = logger.debug

    def __init__(self, trials: Any, current_trial: Any = None) -> None:
        self.trials = Trials() if trials is None else trials
        self.current_trial = current_trial

    def checkpoint(self, r: Any = None) -> None:
        """Keep ``r`` as the trial's result so far."""
        if r is not None:
            self.current_trial["result"] = r

    @property
    def attachments(self) -> Any:
        """What is attached to the trial, by name; may be written to."""
        return self.trials.trial_attachments(trial=self.current_trial)

    def inject_results(
        self,
        specs: Sequence[Any],
        results: Sequence[Any],
        miscs: Sequence[Mapping[str, Any]],
        new_tids: Sequence[Any] | None = None,
    ) -> Any:
        """Add trials that are done, as coming from this one; their ids."""
        tids = self.trials.new_trial_ids(len(specs)) if new_tids is None else new_tids
        sources = [self.current_trial] * len(specs)
        docs = self.trials.source_trial_docs(tids, specs, results, miscs, sources)
        for doc in docs:
            doc["state"] = JOB_STATE_DONE
        return self.trials.insert_trial_docs(docs)
