"""Each row of the table "What differs" in docs/hyperopt.md, told by its first cell.

Where Hyperopt itself can be asked cheaply, it is. "What is better" has its tests in
``test_improvements.py``.
"""

from __future__ import annotations

import inspect
import math
from functools import partial

import hyperopt
import numpy as np
import pytest
from engines.rows import Rows

from parzen import hyperopt as ours
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.hyperopt import (
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    Domain,
    anneal,
    atpe,
    conducting,
    fmin,
    hp,
    methods,
    rand,
    tpe,
)
from parzen.hyperopt.mongo_worker import command
from parzen.hyperopt.mongoexp import MongoTrials
from parzen.hyperopt.objective import Objective
from parzen.shared.dimensions import Kind
from parzen.shared.errors import Conflict, InvalidInput, InvalidStore
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Failed, Failure
from parzen.worker.context import About, LocalTrial, TrialFailed

LINE = hp.uniform("x", 0, 1)
row = Rows("hyperopt.md", "What differs")
quiet = partial(fmin, verbose=False)


def laid_out(trials, space=LINE, **options):
    """The study is there, with a trial that waits; nobody proposes or runs."""
    quiet(abs, space, rand.suggest, 0, trials=trials, **options)
    return trials


def waiting(trials, x=0.5):
    [tid] = trials.new_trial_ids(1)
    misc = {"tid": tid, "cmd": None, "idxs": {"x": [tid]}, "vals": {"x": [x]}}
    trials.insert_trial_docs(trials.new_trial_docs([tid], [None], [{"status": "new"}], [misc]))
    trials.refresh()
    return trials.trials[-1]


def searched(module, fn, space, algo, max_evals=10, seed=0, **options):
    trials = module.Trials()
    module.fmin(
        fn, space, algo, max_evals, trials=trials, rstate=np.random.default_rng(seed),
        verbose=False, return_argmin=False, **options,
    )  # fmt: skip
    return trials


@row("`gamma` of `tpe.suggest`")
def test_gamma_is_scaled():
    assert methods.sampler(partial(tpe.suggest, gamma=0.25), 0).options == {"gamma": 0.1}
    assert methods.sampler(partial(tpe.suggest, gamma=0.5), 0).options == {"gamma": 0.2}
    assert inspect.signature(TPESampler).parameters["gamma"].default == 0.1
    assert hyperopt.tpe._default_gamma == 0.25


@row("`tpe.suggest` without options")
def test_options_that_are_not_given_are_parzens():
    assert methods.sampler(tpe.suggest, 0).options == {}
    known = inspect.signature(TPESampler).parameters
    assert [known[name].default for name in ("n_startup_trials", "n_ei_candidates")] == [10, 64]
    theirs = hyperopt.tpe
    assert (theirs._default_n_startup_jobs, theirs._default_n_EI_candidates) == (20, 24)
    space = {name: hp.uniform(name, 0, 1) for name in "ab"}
    first = searched(ours, lambda p: p["a"], space, tpe.suggest, 8).vals
    for values in first.values():  # one in each eighth: a sequence, no independent draws
        assert sorted(int(8 * value) for value in values) == list(range(8))


@row("what a seed draws")
def test_a_seed_draws_the_same_again_and_not_what_hyperopt_draws():
    draw = partial(searched, fn=abs, space=LINE, seed=3)
    first = draw(ours, algo=tpe.suggest).vals
    assert draw(ours, algo=tpe.suggest).vals == first
    theirs = draw(hyperopt, space=hyperopt.hp.uniform("x", 0, 1), algo=hyperopt.tpe.suggest).vals
    assert {label: list(map(float, found)) for label, found in theirs.items()} != first


@row("`atpe.suggest`")
def test_atpe_is_auto():
    assert methods.sampler(atpe.suggest, 0).name == "auto"
    assert len(searched(ours, abs, LINE, atpe.suggest, 3)) == 3


@row("`hp.randint` in a search")
def test_a_whole_number_is_ordered():
    randint, uniformint = hp.randint("n", 2, 9), hp.uniformint("n", 2, 8)
    [dimension] = Domain(len, randint).translation.dimensions
    assert (dimension.kind, dimension.low, dimension.high) == (Kind.INT, 2, 8)
    [other] = Domain(len, uniformint).translation.dimensions
    assert Kind.CHOICE not in (dimension.kind, other.kind)


@row("`loss_threshold`")
def test_a_loss_at_the_threshold_stops():
    one = partial(searched, fn=lambda _: 1.0, loss_threshold=1.0, max_evals=4)
    assert len(one(ours, space=LINE, algo=rand.suggest)) == 1
    theirs = one(hyperopt, space=hyperopt.hp.uniform("x", 0, 1), algo=hyperopt.rand.suggest)
    assert len(theirs) == 4


@row("trials that raised")
def test_where_trials_raise_is_avoided():
    def objective(x):
        if x > 0.3:
            raise ValueError("too large")
        return 1.0

    found = searched(ours, objective, LINE, tpe.suggest, 40, catch_eval_exceptions=True)
    raised = [doc["state"] == JOB_STATE_ERROR for doc in found.everything()]
    assert sum(raised[:10]) > 5
    assert sum(raised[-20:]) < 5


@row("a loss of NaN or infinity")
@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_none_is_a_failure(loss, tmp_path):
    trial = LocalTrial(About(number=0, attempt=1, params={"x": 0.5}, workdir=tmp_path))
    with pytest.raises(TrialFailed, match=f"returned the loss {loss}") as told:
        Objective(Domain(lambda _: loss, LINE), None, {})(None, trial)
    assert str(told.value.result["loss"]) == str(loss)
    found = searched(ours, lambda x: loss if x > 0.3 else 1.0, LINE, tpe.suggest, 40)
    assert sum(not math.isfinite(loss) for loss in found.losses()[-20:]) < 5
    assert set(found.statuses()) == {"ok"}


@row("a progress bar without a terminal")
def test_without_a_terminal_progress_is_one_line(capsys):
    fmin(abs, LINE, rand.suggest, 3, rstate=0)
    said = capsys.readouterr().err
    assert said.startswith("3 of 3 trials, best loss: 0.")
    assert said.count("\n") == 1
    assert "\r" not in said


@row("a finite space that has been tried whole, with `MongoTrials`")
@pytest.mark.usefixtures("led", "agent")
def test_a_space_without_new_points_ends_a_search_with_workers(open_trials):
    space, trials = hp.choice("c", [1, 2, 3]), open_trials()
    assert quiet(lambda c: c, space, tpe.suggest, 8, trials=trials) == {"c": 0}
    assert sorted(trials.losses()) == [1, 2, 3]
    assert len(searched(ours, lambda c: c, space, tpe.suggest, 8)) == 8


@row("`max_queue_len` with `MongoTrials`")
def test_the_queue_follows_the_workers(open_trials):
    def proposes_here(algo):  # the one place where max_queue_len counts
        domain = Domain(abs, LINE)
        return conducting.Search(open_trials(), domain, algo, None, queue=3).proposes

    for algo in (tpe.suggest, rand.suggest, anneal.suggest, atpe.suggest):
        assert not proposes_here(algo)
    assert proposes_here(lambda *_: [])


@row("another space with the same `exp_key`")
def test_another_space_is_refused(open_trials):
    laid_out(open_trials())
    with pytest.raises(Conflict, match="give MongoTrials another exp_key"):
        laid_out(open_trials(), hp.uniform("x", 0, 2))


@row("`rstate` of a second `fmin` with the same `exp_key`")
def test_the_seed_stays_that_of_the_first_call(open_trials):
    seeds = [
        laid_out(open_trials(key), rstate=seed).handle.study.sampler.seed
        for key, seed in (("a", 1), ("a", 2), ("b", 2))
    ]
    assert seeds[0] == seeds[1] != seeds[2]


@row("`tid` with `MongoTrials`")
def test_ids_count_through_an_experiment(open_trials):
    for key in ("a", "b"):
        trials = laid_out(open_trials(key))
        assert [waiting(trials)["tid"], waiting(trials)["tid"]] == [0, 1]
        assert [trial.number for trial in trials.handle.trials()] == [0, 1]


@row("attachments with `MongoTrials`")
def test_attachments_are_bytes_that_stay(open_trials):
    trials = laid_out(open_trials())
    kept = trials.trial_attachments(waiting(trials))
    kept["note"] = "text"
    kept["note"] = b"more"
    assert kept["note"] == b"more"
    with pytest.raises(NotImplementedError, match="stays with its trial"):
        del kept["note"]
    with pytest.raises(InvalidInput):
        kept["note"] = {"an": "object"}


@row("`trials.attachments` with `MongoTrials`")
def test_what_all_trials_share_travels_with_the_objective(open_trials, tmp_path):
    trials = open_trials()
    trials.attachments["data"] = [1, 2]
    laid_out(trials)
    assert open_trials().attachments == {}
    seen = []
    about = About(number=0, attempt=1, params={"x": 0.5}, workdir=tmp_path)
    shared = Domain(controlled(lambda ctrl: seen.append(ctrl.trials.attachments["data"])), LINE)
    Objective(shared, None, trials.attachments)(None, LocalTrial(about))
    assert seen == [[1, 2]]


@row("`ctrl.trials` in a worker")
def test_a_worker_knows_only_the_trial_that_runs(tmp_path):
    seen = []
    about = About(number=7, attempt=1, params={"x": 0.5}, workdir=tmp_path)
    Objective(Domain(controlled(lambda ctrl: seen.append(ctrl.trials.tids)), LINE), None, {})(
        None, LocalTrial(about)
    )
    assert seen == [[7]]


@row("a killed worker's trial")
def test_a_killed_trial_is_tried_again_and_an_exception_is_not(open_trials, new_hand):
    trials, hand = laid_out(open_trials()), new_hand()
    waiting(trials)
    for kind, state in (
        (FailureKind.LOST, JOB_STATE_NEW),
        (FailureKind.EXCEPTION, JOB_STATE_ERROR),
    ):
        [claim] = hand.claim(trials.handle.study)
        hand.queue.report([(claim, Failed(error=Failure(kind=kind, message="gone")))])
        trials.refresh()
        assert [doc["state"] for doc in trials.everything()] == [state]


@row("`workdir` of `MongoTrials`")
def test_a_workdir_is_kept_with_trials(open_trials):
    trials = laid_out(open_trials(workdir="/scratch/mine"))
    assert waiting(trials)["misc"]["workdir"] == "/scratch/mine"
    assert "--workdir" in [word for option in command.params for word in option.opts]


@row("`--poll-interval` and `--no-subprocesses`")
def test_options_that_mean_nothing_here_are_taken():
    words = ["--mongo=db.example.org/tuning", "--poll-interval=0.1", "--no-subprocesses"]
    plain = command.make_context("worker", words[:1]).params
    assert command.make_context("worker", words).params == plain


@row("`ssh+mongo://` addresses")
def test_no_tunnel_is_opened():
    with pytest.raises(InvalidStore, match="ssh -N -L"):
        MongoTrials("ssh+mongo://db.example.org/tuning/jobs")


@row("`SparkTrials`, `IPythonTrials`")
@pytest.mark.parametrize("name", ["SparkTrials", "IPythonTrials"])
def test_other_clusters_are_refused_with_a_way(name):
    with pytest.raises(ImportError, match=f"no {name}: .*MongoTrials"):
        exec(f"from parzen.hyperopt import {name}")


@row("`criteria`, `rdists`, `graph_viz`, `expr_to_config`")
@pytest.mark.parametrize("name", ["criteria", "rdists", "graph_viz", "expr_to_config"])
def test_what_is_not_there_is_said_where_it_is_imported(name):
    with pytest.raises(ImportError, match=f"parzen.hyperopt has no {name}: "):
        exec(f"from parzen.hyperopt import {name}")
    assert not hasattr(ours, "no_such_name")


def test_every_row_of_the_page_has_a_test():
    assert row.tested == row.told


def controlled(look):
    """An objective that looks at its control."""

    @ours.fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        look(ctrl)
        return 1.0

    return objective
