"""The search: ``fmin``, and what carries it out in this process."""

from __future__ import annotations

import inspect
import math
import numbers
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parzen.hyperopt import points, saving, tpe
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.exceptions import AllTrialsFailed, InvalidAnnotatedParameter
from parzen.hyperopt.iterating import FMinIter
from parzen.hyperopt.pyll import as_apply, rec_eval
from parzen.hyperopt.pyll.base import Apply, GarbageCollected
from parzen.hyperopt.pyll.stochastic import generator
from parzen.hyperopt.trials import Trials
from parzen.hyperopt.walking import parameters
from parzen.shared.plain import shown

SEED = "HYPEROPT_FMIN_SEED"
"""The environment variable that seeds a search which is given no ``rstate``."""

ANNOTATED = "annotated"

EMPTY = inspect.Parameter.empty


def fmin(
    fn: Callable[..., Any],
    space: Any,
    algo: Callable[..., Any] | None = None,
    max_evals: int | None = None,
    timeout: float | None = None,
    loss_threshold: float | None = None,
    trials: Any = None,
    rstate: Any = None,
    allow_trials_fmin: bool = True,
    pass_expr_memo_ctrl: bool | None = None,
    catch_eval_exceptions: bool = False,
    verbose: bool = True,
    return_argmin: bool = True,
    points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
    max_queue_len: int = 1,
    show_progressbar: Any = True,
    early_stop_fn: Callable[..., Any] | None = None,
    trials_save_file: str | os.PathLike[str] = "",
) -> Any:
    """Look for the point of ``space`` at which ``fn`` is smallest.

    Args:
        fn: the objective: given a point of the space, returns a loss, or a dict with ``status``
            ("ok" or "fail"), ``loss``, and perhaps ``loss_variance``, ``true_loss``,
            ``attachments`` and what else shall be kept.
        space: expressions over ``hp.*``, nested in dicts, lists and tuples; or "annotated": then
            the annotations of the objective's arguments are the space.
        algo: what proposes: ``tpe.suggest`` (the default), ``rand.suggest``, ``anneal.suggest``,
            ``atpe.suggest``, ``partial(mix.suggest, p_suggest=...)``, or a function of one's own of
            (new_ids, domain, trials, seed) that returns documents of trials.
        max_evals: so many trials, with those that ``trials`` hold and without those that raised;
            None is no limit. What raises uses up one of those that are left.
        timeout: after so many seconds nothing more is begun.
        loss_threshold: stop at a loss as small as this.
        trials: the trials that the search goes on with, and adds to.
        rstate: where random numbers come from: ``numpy.random.default_rng(seed)``, a RandomState,
            or a whole number; else the environment's HYPEROPT_FMIN_SEED, if it is set.
        allow_trials_fmin: leave the search to ``trials.fmin``, where there is one.
        pass_expr_memo_ctrl: call ``fn(expr=, memo=, ctrl=)``.
        catch_eval_exceptions: go on where the objective raises.
        verbose: show progress.
        return_argmin: return {label: value}; if False, the best point of the space itself.
        points_to_evaluate: points to try first, [{label: value}, ...], of a choice the option's
            index; what one leaves out is drawn at random. They come on top of ``max_evals``.
        max_queue_len: so many trials are proposed at a time.
        show_progressbar: True, False, or a context manager as in
            :mod:`parzen.hyperopt.progress`.
        early_stop_fn: called with ``(trials, *args)`` after each trial, or after each
            ``max_queue_len`` of them; returns (stop, args).
        trials_save_file: a file in which the trials are kept; if it is there and no ``trials`` are
            given, the search goes on with those in it.

    Returns:
        The best trial's {label: value}, of a choice the option's index. With
        ``return_argmin=False`` the best point, or None where no trial has a loss.

    Raises:
        AllTrialsFailed: no trial has a loss.
        ValueError: an argument is not usable; says which and why.
        TypeError: the objective or the algorithm is no function, or ``trials`` a class.
    """
    if max_evals == math.inf:
        max_evals = None
    check_limits(max_evals, timeout, loss_threshold, max_queue_len)
    _check_callable(fn, algo, trials, early_stop_fn)
    if isinstance(space, str) and space == ANNOTATED:
        space, fn = annotated(fn), by_keyword(fn)
    options: dict[str, Any] = {
        "max_evals": max_evals,
        "timeout": timeout,
        "loss_threshold": loss_threshold,
        "max_queue_len": max_queue_len,
        "rstate": random_state(rstate),
        "verbose": verbose,
        "pass_expr_memo_ctrl": pass_expr_memo_ctrl,
        "catch_eval_exceptions": catch_eval_exceptions,
        "return_argmin": return_argmin,
        "show_progressbar": show_progressbar,
        "early_stop_fn": early_stop_fn,
        "trials_save_file": trials_save_file,
    }
    if points_to_evaluate is not None:  # a class of one's own need not know them
        options["points_to_evaluate"] = points_to_evaluate
    if allow_trials_fmin and hasattr(trials, "fmin"):
        return trials.fmin(fn, space, algo=algo, **options)
    return _searched(fn, space, algo or tpe.suggest, trials, **options)


def _searched(
    fn: Any,
    space: Any,
    algo: Any,
    trials: Any,
    *,
    rstate: np.random.Generator,
    max_evals: int | None,
    pass_expr_memo_ctrl: bool | None,
    return_argmin: bool,
    trials_save_file: Any,
    points_to_evaluate: Any = None,
    **options: Any,
) -> Any:
    file = Path(trials_save_file).absolute() if trials_save_file else None
    if trials is None:
        trials = saving.load(file) if file is not None and file.exists() else Trials()
    domain = Domain(fn, space, pass_expr_memo_ctrl=pass_expr_memo_ctrl)
    domain.search_seed = int(rstate.integers(2**31 - 1))
    first = [] if points_to_evaluate is None else points.checked(points_to_evaluate, domain.params)
    options["max_evals"] = None if max_evals is None else int(max_evals) + len(first)
    search = FMinIter(algo, domain, trials, rstate, trials_save_file=file, **options)
    search.begin()
    search.enqueue(points.fresh(trials, domain, first, domain.search_seed))
    search.exhaust()
    return outcome(trials, space, return_argmin=return_argmin)


def outcome(trials: Any, space: Any, *, return_argmin: bool) -> Any:
    """What a search returns.

    Raises:
        AllTrialsFailed: the best trial is asked for, and no trial has a loss.
    """
    if return_argmin:
        if not len(trials) and not _raised(trials):
            raise AllTrialsFailed("no trial was evaluated, so none is the best: raise max_evals")
        return trials.argmin
    try:
        return space_eval(space, trials.argmin)
    except AllTrialsFailed:
        return None


def _raised(trials: Any) -> bool:
    """Whether there are trials, and none to be seen since all of them raised."""
    return bool(trials.everything()) if hasattr(trials, "everything") else False


def space_eval(space: Any, hp_assignment: Mapping[str, Any]) -> Any:
    """The point of ``space`` at ``hp_assignment``, {label: value}, of a choice the index.

    Raises:
        ValueError: the point needs a value that is not given.
    """
    expr = as_apply(space)
    nodes = parameters(expr)
    known = {node: hp_assignment.get(label, GarbageCollected) for label, node in nodes.items()}
    return rec_eval(expr, memo=known)


def annotated(fn: Callable[..., Any]) -> dict[str, Apply]:
    """The space that the annotations of an objective's arguments make.

    Raises:
        InvalidAnnotatedParameter: one is annotated with something else, or neither annotated nor
            has a default.
    """
    found: dict[str, Apply] = {}
    for name, argument in _arguments(fn).items():
        if isinstance(argument.annotation, Apply):
            found[name] = argument.annotation
        elif argument.annotation is not EMPTY or _needed(argument):
            given = argument.annotation
            said = "not annotated" if given is EMPTY else f"annotated with {shown(given)}"
            raise InvalidAnnotatedParameter(
                f'the argument {name!r} of the objective is {said}: with space="annotated" each '
                f"argument needs a parameter, {name}: hp.uniform({name!r}, 0, 1)"
            )
    return found


def _arguments(fn: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(fn, eval_str=True).parameters
    except NameError as error:
        raise InvalidAnnotatedParameter(
            f"the annotations of the objective cannot be evaluated ({error}): with "
            'space="annotated" they are parameters, x: hp.uniform("x", 0, 1)'
        ) from error


def _needed(argument: inspect.Parameter) -> bool:
    several = argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD)
    return argument.default is EMPTY and not several


def by_keyword(fn: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
    """``fn``, called with a dict of its arguments."""

    def objective(kwargs: Mapping[str, Any]) -> Any:
        return fn(**kwargs)

    objective.fmin_pass_expr_memo_ctrl = False  # type: ignore[attr-defined]  # a function's own mark
    return objective


def random_state(rstate: Any) -> np.random.Generator:
    """Where a search draws its seeds from.

    Raises:
        TypeError: ``rstate`` is nothing that draws.
        ValueError: it is negative, or HYPEROPT_FMIN_SEED is no whole number, at least 0.
    """
    text = os.environ.get(SEED, "").strip()
    if rstate is not None or not text:
        return generator(rstate)
    try:
        return generator(int(text))
    except ValueError:
        raise ValueError(
            f"{SEED} is {text!r}: expected a whole number, at least 0; mend or unset it"
        ) from None


def check_limits(max_evals: Any, timeout: Any, loss_threshold: Any, max_queue_len: Any) -> None:
    """See that a search can end by them.

    Raises:
        ValueError: one is no such number.
    """
    if max_evals is not None and (not _number(max_evals) or max_evals < 0 or max_evals % 1):
        raise ValueError(f"max_evals is {shown(max_evals)}: expected a whole number, or None")
    if timeout is not None and (not _number(timeout) or not timeout > 0):
        raise ValueError(
            f"The timeout argument is {shown(timeout)}: expected a positive number of seconds, or "
            "None"
        )
    if loss_threshold is not None and (not _number(loss_threshold) or math.isnan(loss_threshold)):
        raise ValueError(
            f"The loss_threshold argument is {shown(loss_threshold)}: expected a number, or None"
        )
    if not _number(max_queue_len) or max_queue_len < 1 or max_queue_len % 1:
        raise ValueError(
            f"max_queue_len is {shown(max_queue_len)}: expected a whole number, at least 1"
        )


def _check_callable(fn: Any, algo: Any, trials: Any, early_stop_fn: Any) -> None:
    if not callable(fn):
        raise TypeError(f"the objective is {shown(fn)}: expected a function of a point")
    if algo is not None and not callable(algo):
        raise TypeError(f"algo is {shown(algo)}: expected a function, such as tpe.suggest")
    if early_stop_fn is not None and not callable(early_stop_fn):
        raise TypeError(
            f"early_stop_fn is {shown(early_stop_fn)}: expected a function, such as "
            "early_stop.no_progress_loss(20)"
        )
    if trials is not None and not isinstance(trials, type) and not hasattr(trials, "refresh"):
        raise TypeError(f"trials is {shown(trials)}: expected Trials()")
    if isinstance(trials, type):
        raise TypeError(f"trials is the class {trials.__name__}: expected {trials.__name__}()")


def _number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
