"""What proposes: functions of one's own, mixtures, and programs that ask and tell by themselves."""

from __future__ import annotations

import datetime as dt
from functools import partial

import numpy as np
import pytest


@pytest.fixture
def branches(hp):
    """A space of which some parameters take part in some trials only."""
    return {
        "kind": hp.choice("kind", [hp.uniform("u", 0, 1), {"n": hp.randint("n", 2, 5)}]),
        "always": hp.lognormal("always", 0, 1),
    }


@pytest.fixture
def at_random(module, pyll):
    """A suggest function as one writes it by hand: a draw from the space for each new trial."""
    update = module("base").miscs_update_idxs_vals

    def suggest(new_ids, domain, trials, seed):
        rng = np.random.default_rng(seed)
        docs = []
        for tid in new_ids:
            memo = {domain.s_new_ids: [tid], domain.s_rng: rng}
            idxs, vals = pyll.rec_eval(domain.s_idxs_vals, memo=memo)
            misc = {"tid": tid, "cmd": domain.cmd, "workdir": domain.workdir}
            update([misc], idxs, vals)
            docs += trials.new_trial_docs([tid], [None], [domain.new_result()], [misc])
        return docs

    return suggest


def size(point):
    branch = point["kind"]
    return branch["n"] if isinstance(branch, dict) else branch


def test_a_suggest_function_of_ones_own(hyperopt, branches, at_random, search):
    trials = hyperopt.Trials()
    search(size, branches, algo=at_random, trials=trials, max_evals=12)
    assert trials.tids == list(range(12))
    assert set(trials.vals["kind"]) == {0, 1}
    assert set(trials.vals["n"]) <= {2, 3, 4}
    assert len(trials.vals["u"]) + len(trials.vals["n"]) == 12
    assert len(trials.vals["always"]) == 12
    for doc in trials:
        inactive = "n" if doc["misc"]["vals"]["kind"] == [0] else "u"
        assert doc["misc"]["vals"][inactive] == doc["misc"]["idxs"][inactive] == []


def test_several_trials_can_be_drawn_at_once(hyperopt, branches, pyll):
    domain = hyperopt.Domain(size, branches)
    memo = {domain.s_new_ids: [5, 6, 7, 8], domain.s_rng: np.random.default_rng(0)}
    idxs, vals = pyll.rec_eval(domain.s_idxs_vals, memo=memo)
    assert list(idxs["kind"]) == list(idxs["always"]) == [5, 6, 7, 8]
    assert sorted([*idxs["u"], *idxs["n"]]) == [5, 6, 7, 8]
    assert {label: len(found) for label, found in vals.items()} == {
        label: len(found) for label, found in idxs.items()
    }


def test_it_is_asked_for_as_many_as_may_wait(hyperopt, branches, at_random, search):
    asked = []

    def suggest(new_ids, domain, trials, seed):
        asked.append((list(new_ids), len(trials), 0 <= seed < 2**31))
        return at_random(new_ids, domain, trials, seed)

    search(size, branches, algo=suggest, max_queue_len=4, max_evals=10)
    assert asked == [([0, 1, 2, 3], 0, True), ([4, 5, 6, 7], 4, True), ([8, 9], 8, True)]


def test_one_that_has_no_more_ends_the_search(hyperopt, branches, at_random, search):
    def suggest(new_ids, domain, trials, seed):
        return at_random(new_ids, domain, trials, seed) if len(trials) < 3 else []

    trials = hyperopt.Trials()
    search(size, branches, algo=suggest, trials=trials, max_evals=10)
    assert len(trials) == 3


def test_it_sees_what_came_before(hyperopt, hp, module, search):
    update = module("base").miscs_update_idxs_vals

    def halving(new_ids, domain, trials, seed):
        value = trials.argmin["x"] / 2 if len(trials) else 8.0
        (tid,) = new_ids
        misc = {"tid": tid, "cmd": domain.cmd, "workdir": domain.workdir}
        update([misc], {"x": [tid]}, {"x": [value]})
        return trials.new_trial_docs([tid], [None], [domain.new_result()], [misc])

    trials = hyperopt.Trials()
    search(float, hp.uniform("x", 0, 10), algo=halving, trials=trials, max_evals=4)
    assert trials.losses() == [8, 4, 2, 1]


@pytest.mark.parametrize("name", ["rand", "tpe", "anneal"])
def test_a_space_of_one_point_can_be_searched(hyperopt, module, search, name):
    trials = hyperopt.Trials()
    best = search(len, [1, "a"], algo=module(name).suggest, trials=trials, max_evals=24)
    assert best == {}
    assert trials.losses() == [2] * 24


def test_a_mixture_asks_each_of_its_parts(hyperopt, branches, at_random, search):
    asked = []

    def named(name):
        def suggest(new_ids, domain, trials, seed):
            asked.append(name)
            return at_random(new_ids, domain, trials, seed)

        return suggest

    parts = [(0.1, named("rare")), (0.9, named("often")), (0.0, hyperopt.tpe.suggest)]
    search(size, branches, algo=partial(hyperopt.mix.suggest, p_suggest=parts), max_evals=40)
    assert len(asked) == 40
    assert asked.count("often") > asked.count("rare") > 0


def test_the_shares_of_a_mixture_sum_to_one(hyperopt, branches, search):
    parts = [(0.5, hyperopt.rand.suggest), (0.4, hyperopt.tpe.suggest)]
    with pytest.raises(ValueError, match="sum to 1"):
        search(size, branches, algo=partial(hyperopt.mix.suggest, p_suggest=parts))


def test_a_domain_evaluates_an_assignment(hyperopt, branches):
    def loss(point):
        return {"status": "ok", "loss": size(point), "attachments": {"point": point}, "seen": 1}

    domain = hyperopt.Domain(loss, branches)
    trials = hyperopt.Trials()
    ctrl = hyperopt.Ctrl(trials, current_trial={"tid": 3})
    result = domain.evaluate({"kind": 1, "n": 4, "always": 0.5}, ctrl)
    assert result == {"status": "ok", "loss": 4.0, "seen": 1}
    assert ctrl.attachments["point"] == {"kind": {"n": 4}, "always": 0.5}
    assert set(domain.params) == {"kind", "u", "n", "always"}
    assert domain.new_result() == {"status": "new"}
    assert (domain.loss(result), domain.status(result)) == (4, "ok")
    assert (domain.true_loss(result), domain.true_loss({"true_loss": 2})) == (4, 2)
    assert (domain.loss_variance(result), domain.loss_variance({"loss_variance": 1})) == (0, 1)


@pytest.mark.parametrize("name", ["rand", "tpe", "anneal"])
def test_a_program_can_ask_and_tell_by_itself(hyperopt, module, pyll, branches, name):
    """As Ray Tune does: it evaluates elsewhere, and writes into the documents what came out."""
    utils, suggest = module("utils"), module(name).suggest
    domain, trials = hyperopt.Domain(lambda point: point, branches), hyperopt.Trials()
    random = np.random.RandomState(1)
    for number in range(24):
        new_ids = trials.new_trial_ids(1)
        trials.refresh()
        (asked,) = suggest(new_ids, domain, trials, random.randint(2**31 - 1))
        trials.insert_trial_docs([asked])
        trials.refresh()
        ctrl = hyperopt.base.Ctrl(trials, current_trial=asked)
        memo = domain.memo_from_config(hyperopt.base.spec_from_misc(asked["misc"]))
        utils.use_obj_for_literal_in_memo(domain.expr, ctrl, hyperopt.base.Ctrl, memo)
        point = pyll.rec_eval(
            domain.expr, memo=memo, print_node_on_error=domain.rec_eval_print_node_on_error
        )
        (doc,) = [doc for doc in trials.trials if doc["tid"] == asked["tid"]]
        doc["book_time"] = doc["refresh_time"] = utils.coarse_utcnow()
        if number % 5 == 4:
            doc["state"] = hyperopt.base.JOB_STATE_ERROR
            doc["misc"]["error"] = ("RuntimeError", "lost")
        else:
            doc["state"] = hyperopt.base.JOB_STATE_DONE
            doc["result"] = {"status": "ok", "loss": size(point)}
        trials.refresh()
    assert len(trials) == 20
    assert trials.count_by_state_unsynced(hyperopt.JOB_STATE_ERROR) == 4
    assert trials.argmin["kind"] == 0
    assert trials.argmin["u"] == min(trials.losses())
    assert isinstance(utils.coarse_utcnow(), dt.datetime)
    assert utils.coarse_utcnow().microsecond % 1000 == 0


def test_points_can_be_put_before_what_is_asked(hyperopt, hp, module):
    trials = module("fmin").generate_trials_to_calculate([{"x": 0.5}, {"x": 0.25}])
    trials.refresh()
    assert [doc["misc"]["vals"] for doc in trials] == [{"x": [0.5]}, {"x": [0.25]}]
    assert trials.count_by_state_synced(hyperopt.JOB_STATE_NEW) == 2
    domain = hyperopt.Domain(float, hp.uniform("x", 0, 1))
    new_ids = trials.new_trial_ids(1)
    (asked,) = hyperopt.rand.suggest(new_ids, domain, trials, 1)
    assert asked["tid"] == new_ids[0] == 2
    assert asked["state"] == hyperopt.JOB_STATE_NEW
    assert asked["result"] == {"status": "new"}
