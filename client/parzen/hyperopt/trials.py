"""Trials in memory: Hyperopt's documents, and what is asked of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from parzen.hyperopt import judging
from parzen.hyperopt.attached import Attachments
from parzen.hyperopt.documents import (
    Columns,
    Doc,
    check_doc,
    miscs_to_idxs_vals,
    new_doc,
    simplified,
)
from parzen.hyperopt.states import JOB_VALID_STATES, count
from parzen.shared.plain import shown


class Trials:
    """The trials of a search, each a document.

    A document has ``tid``, ``state`` (0 to 4), ``result`` (what the objective returned), ``misc``
    (``vals``: {label: [value]}, [] where it takes no part; of a choice the option's index),
    ``book_time`` and ``refresh_time`` (when it began and was last heard of, in UTC).

    Args:
        exp_key: only trials of this experiment are seen, if it is not None.
        refresh: look at what there is.
    """

    asynchronous = False

    def __init__(self, exp_key: Any = None, refresh: bool = True) -> None:
        self._ids: set[Any] = set()
        self._dynamic_trials: list[Doc] = []
        self._trials: list[Doc] = []
        self._exp_key = exp_key
        self.attachments: MutableMapping[str, Any] = {}
        if refresh:
            self.refresh()

    def view(self, exp_key: Any = None, refresh: bool = True) -> Trials:
        """The same trials, seen as those of another experiment."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._exp_key = exp_key
        if refresh:
            other.refresh()
        return other

    def __len__(self) -> int:
        return len(self._trials)

    def __iter__(self) -> Iterator[Doc]:
        return iter(self._trials)

    def __getitem__(self, item: Any) -> Any:
        """The trial at a place in the list, or a slice of them."""
        return self._trials[item]

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        key = "" if self._exp_key is None else f" of {shown(self._exp_key)}"
        return f"<{type(self).__name__}{key}: {len(self)} trials>"

    def refresh(self) -> None:
        """See what is there now, without trials that raised or were cancelled."""
        self._trials = [doc for doc in self._mine() if doc["state"] in JOB_VALID_STATES]
        self._ids.update([doc["tid"] for doc in self._trials])

    def everything(self) -> list[Doc]:
        """All trials of the experiment, also those that raised or were cancelled."""
        return self._mine()

    def _mine(self) -> list[Doc]:
        """All trials of the experiment, in whatever state."""
        if self._exp_key is None:
            return self._dynamic_trials
        return [doc for doc in self._dynamic_trials if doc["exp_key"] == self._exp_key]

    @property
    def trials(self) -> list[Doc]:
        """The trials' documents."""
        return self._trials

    @property
    def tids(self) -> list[Any]:
        """Their ids."""
        return [doc["tid"] for doc in self._trials]

    @property
    def specs(self) -> list[Any]:
        """Their ``spec``, which nobody fills in any more."""
        return [doc["spec"] for doc in self._trials]

    @property
    def results(self) -> list[Any]:
        """What the objective returned for each."""
        return [doc["result"] for doc in self._trials]

    @property
    def miscs(self) -> list[Any]:
        """Their ``misc``."""
        return [doc["misc"] for doc in self._trials]

    @property
    def idxs_vals(self) -> tuple[Columns, Columns]:
        """By label the ids of the trials in which it takes part, and its values there."""
        return miscs_to_idxs_vals(self.miscs, None if self._trials else ())

    @property
    def idxs(self) -> Columns:
        """By label the ids of the trials in which it takes part."""
        return self.idxs_vals[0]

    @property
    def vals(self) -> Columns:
        """By label its values in the trials in which it takes part."""
        return self.idxs_vals[1]

    def losses(self, bandit: Any = None) -> list[Any]:
        """The loss of each trial, None where it has none."""
        if bandit is not None:
            return [bandit.loss(*pair) for pair in zip(self.results, self.specs, strict=True)]
        return [result.get("loss") for result in self.results]

    def statuses(self, bandit: Any = None) -> list[Any]:
        """The status of each trial's result."""
        if bandit is not None:
            return [bandit.status(*pair) for pair in zip(self.results, self.specs, strict=True)]
        return [result.get("status") for result in self.results]

    def average_best_error(self, bandit: Any = None) -> float:
        """The true losses, weighted by how likely each one's loss is the smallest.

        Raises:
            ValueError: no trial has a loss.
        """
        del bandit
        return judging.average_best_error(self.results)

    @property
    def best_trial(self) -> Doc:
        """The trial with the smallest loss.

        Raises:
            AllTrialsFailed: no trial has one.
        """
        return judging.best(self._trials)

    @property
    def argmin(self) -> dict[str, Any]:
        """The best trial's {label: value}; of a choice the option's index.

        Raises:
            AllTrialsFailed: no trial has a loss.
        """
        return {
            label: found[0] for label, found in self.best_trial["misc"]["vals"].items() if found
        }

    def trial_attachments(self, trial: Mapping[str, Any]) -> Attachments:
        """What is attached to a trial, by name; may be written to."""
        return Attachments(self.attachments, f"ATTACH::{trial['tid']}::")

    def aname(self, trial: Mapping[str, Any], name: str) -> str:
        """The key in ``attachments`` of what is attached to ``trial`` as ``name``."""
        return f"ATTACH::{trial['tid']}::{name}"

    def assert_valid_trial(self, trial: Any) -> Any:
        """``trial``, if it is one of this experiment.

        Raises:
            InvalidTrial: it is none; says why.
        """
        check_doc(trial, self._exp_key)
        return trial

    def new_trial_ids(self, n: int) -> list[int]:
        """``n`` ids that no trial has."""
        count = len(self._ids)
        while not self._ids.isdisjoint(range(count, count + n)):
            count += 1
        found = list(range(count, count + n))
        self._ids.update(found)
        return found

    def new_trial_docs(
        self,
        tids: Sequence[Any],
        specs: Sequence[Any],
        results: Sequence[Any],
        miscs: Sequence[Any],
    ) -> list[Doc]:
        """Documents of trials that nobody has run; they are not added."""
        rows = zip(tids, specs, results, miscs, strict=True)
        return [new_doc(*row, self._exp_key) for row in rows]

    def source_trial_docs(
        self,
        tids: Sequence[Any],
        specs: Sequence[Any],
        results: Sequence[Any],
        miscs: Sequence[Any],
        sources: Sequence[Mapping[str, Any]],
    ) -> list[Doc]:
        """Documents of trials that come from others, whose state and times they have."""
        docs = self.new_trial_docs(tids, specs, results, miscs)
        for doc, source in zip(docs, sources, strict=True):
            doc.update({key: source[key] for key in ("state", "exp_key", "owner")})
            doc.update({key: source[key] for key in ("book_time", "refresh_time")})
            doc["misc"] = {"cmd": None, **doc["misc"], "tid": doc["tid"], "from_tid": source["tid"]}
        return docs

    def insert_trial_doc(self, doc: Any) -> Any:
        """Add a trial; its id. It is seen after :meth:`refresh`.

        Raises:
            InvalidTrial: it is none.
        """
        return self.insert_trial_docs([doc])[0]

    def insert_trial_docs(self, docs: Iterable[Any]) -> list[Any]:
        """Add trials; their ids. They are seen after :meth:`refresh`.

        Raises:
            InvalidTrial: one is none; none is added then.
        """
        return self._insert_trial_docs([self.assert_valid_trial(simplified(doc)) for doc in docs])

    def _insert_trial_docs(self, docs: Sequence[Doc]) -> list[Any]:
        self._dynamic_trials.extend(docs)
        return [doc["tid"] for doc in docs]

    def delete_all(self) -> None:
        """Forget every trial and attachment."""
        self._dynamic_trials = []
        self.attachments = {}
        self._ids = set()
        self.refresh()

    def count_by_state_synced(self, arg: Any, trials: Sequence[Doc] | None = None) -> int:
        """How many trials were in this state, or in one of these, when they were last looked at.

        Raises:
            ValueError: there is no such state.
        """
        return count(self._trials if trials is None else trials, arg)

    def count_by_state_unsynced(self, arg: Any) -> int:
        """How many trials are in this state, or in one of these, now.

        Raises:
            ValueError: there is no such state.
        """
        return count(self._mine(), arg)

    def fmin(
        self,
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
        """Search with these trials; for the arguments see :func:`parzen.hyperopt.fmin`."""
        return self._search(
            fn,
            space,
            algo,
            max_evals=max_evals,
            timeout=timeout,
            loss_threshold=loss_threshold,
            rstate=rstate,
            pass_expr_memo_ctrl=pass_expr_memo_ctrl,
            catch_eval_exceptions=catch_eval_exceptions,
            verbose=verbose,
            return_argmin=return_argmin,
            points_to_evaluate=points_to_evaluate,
            max_queue_len=max_queue_len,
            show_progressbar=show_progressbar,
            early_stop_fn=early_stop_fn,
            trials_save_file=trials_save_file,
        )

    def _search(
        self, fn: Callable[..., Any], space: Any, algo: Callable[..., Any] | None, **options: Any
    ) -> Any:
        """Search here, in this process."""
        from parzen.hyperopt.searching import fmin  # noqa: PLC0415 - which makes trials

        return fmin(fn, space, algo, trials=self, allow_trials_fmin=False, **options)


def trials_from_docs(docs: Iterable[Any], validate: bool = True, **kwargs: Any) -> Trials:
    """Trials that hold these documents.

    Args:
        docs: the documents.
        validate: see that they are trials.
        kwargs: for :class:`Trials`.

    Raises:
        InvalidTrial: one is none.
    """
    trials = Trials(**kwargs)
    if validate:
        trials.insert_trial_docs(docs)
    else:
        trials._insert_trial_docs(list(docs))  # noqa: SLF001 - the same module's
    trials.refresh()
    return trials
