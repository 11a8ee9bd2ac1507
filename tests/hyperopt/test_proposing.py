"""What samplers are shown of a search's trials, as documents come, change and go."""

from __future__ import annotations

import numpy as np
import pytest

from parzen.hyperopt import Domain, Trials, anneal, atpe, fmin, hp, tpe, trials_from_docs
from parzen.hyperopt.proposing import Memory, memory_of

SPACE = {"x": hp.uniform("x", -1, 1), "c": hp.choice("c", [hp.uniform("y", 0, 1), "b"])}
ALGORITHMS = [tpe.suggest, anneal.suggest, atpe.suggest]


def loss(point):
    return point["x"] ** 2 + (point["c"] if isinstance(point["c"], float) else 0.5)


@pytest.fixture
def domain():
    return Domain(loss, SPACE)


@pytest.fixture
def searched():
    """Trials of a finished search: ``searched(count)``."""

    def make(count=15, seed=0, **options):
        trials = Trials()
        fmin(loss, SPACE, tpe.suggest, count, trials=trials, rstate=seed, verbose=False, **options)
        return trials

    return make


def asked(domain, trials, seed=5, algo=tpe.suggest, ids=None):
    """The values of the next trials."""
    docs = algo(trials.new_trial_ids(1) if ids is None else ids, domain, trials, seed)
    return [doc["misc"]["vals"] for doc in docs]


def afresh(trials):
    """The same documents in trials of which nothing is remembered."""
    again = Trials()
    again._dynamic_trials = trials._dynamic_trials
    again.refresh()
    return again


def agree(domain, trials, algo=tpe.suggest):
    (tid,) = trials.new_trial_ids(1)
    kept = asked(domain, trials, algo=algo, ids=[tid])
    return kept == asked(domain, afresh(trials), algo=algo, ids=[tid])


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_what_is_remembered_equals_what_is_read_afresh(domain, searched, algo):
    assert agree(domain, searched(), algo)


def test_added_trials_are_seen(domain, searched):
    trials, more = searched(), searched(6, seed=1)
    before = asked(domain, trials, ids=[90])
    for tid, doc in enumerate(more, 50):
        doc["tid"] = doc["misc"]["tid"] = tid
    trials.insert_trial_docs(more)
    trials.refresh()
    assert asked(domain, trials, ids=[90]) != before
    assert agree(domain, trials)


def test_changed_losses_are_seen(domain, searched):
    trials = searched()
    before = asked(domain, trials, ids=[90])
    for doc in trials:
        doc["result"]["loss"] *= -1
    assert asked(domain, trials, ids=[90]) != before
    assert agree(domain, trials)


def test_changed_states_are_seen(domain, searched):
    trials = searched()
    asked(domain, trials)
    trials.best_trial["state"] = 3
    trials.refresh()
    assert agree(domain, trials)


def test_deleted_trials_are_gone(domain, searched):
    trials = searched()
    asked(domain, trials)
    del trials._dynamic_trials[3:9]
    trials.refresh()
    assert agree(domain, trials)
    trials.delete_all()
    assert asked(domain, trials, ids=[0]) == asked(domain, Trials(), ids=[0])


def test_other_trials_with_the_ids_and_losses_of_deleted_ones_are_seen(domain, searched):
    trials, other = searched(), searched(seed=1)
    asked(domain, trials)
    losses = trials.losses()
    trials.delete_all()
    for doc, value in zip(other, losses, strict=True):
        doc["result"]["loss"] = value
    trials.insert_trial_docs(other)
    trials.refresh()
    assert agree(domain, trials)


def test_trials_of_several_searches_are_told_apart(domain, searched):
    docs = [*searched(6), *searched(7, seed=1), *searched(8, seed=2)]
    together = trials_from_docs(docs)
    memory = memory_of(together, domain.translation)
    assert len(memory._history.ranked_numbers) == 21
    assert agree(domain, together)


def test_their_order_does_not_matter(domain, searched):
    trials = searched()
    asked(domain, trials)
    trials._dynamic_trials.reverse()
    trials.refresh()
    assert agree(domain, trials)


def test_several_new_trials_may_have_ids_of_any_kind(domain, searched):
    docs = tpe.suggest(["a", "b", 3, 3.5, -1, np.int64(99)], domain, searched(), 1)
    assert [doc["tid"] for doc in docs] == ["a", "b", 3, 3.5, -1, 99]
    assert len({doc["misc"]["vals"]["x"][0] for doc in docs}) == 6


def test_trials_of_another_space_count_and_are_not_shown(domain):
    def doc(tid, vals):
        misc = {"tid": tid, "cmd": None, "idxs": {k: [tid] for k in vals}, "vals": vals}
        (made,) = Trials().new_trial_docs([tid], [None], [{"status": "ok", "loss": 1.0}], [misc])
        return {**made, "state": 2}

    odd = [{"c": [7]}, {"x": ["a"], "c": [0]}, {"x": [5.0], "c": [1]}, {}, {"other": [1]}]
    trials = trials_from_docs([doc(tid, vals) for tid, vals in enumerate(odd)])
    for algo in ALGORITHMS:
        for vals in asked(domain, trials, algo=algo):
            assert -1 <= vals["x"][0] <= 1


def test_a_trial_that_lacks_a_parameter_stands_at_its_middle(domain):
    misc = {"tid": 0, "cmd": None, "idxs": {"c": [0]}, "vals": {"c": [1]}}
    (doc,) = Trials().new_trial_docs([0], [None], [{"status": "ok", "loss": 1.0}], [misc])
    memory = Memory(domain.translation)
    memory.observe([{**doc, "state": 2}])
    ((row,),) = [memory._history.rows([0])]
    columns = [d.name for d in domain.translation.dimensions]
    assert row[columns.index("x")] == 0.5


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_a_space_that_is_tried_whole_is_tried_again(algo):
    trials = Trials()
    space = {"c": hp.choice("c", [0, 1, 2]), "r": hp.randint("r", 2)}
    fmin(
        lambda point: point["c"] + point["r"], space, algo, 16,
        trials=trials, verbose=False, rstate=0,
    )  # fmt: skip
    assert len(trials) == 16
    points = set(zip(trials.vals["c"], trials.vals["r"], strict=True))
    assert len(points) == 6


def test_proposals_are_better_than_chance():
    trials = Trials()
    fmin(loss, SPACE, tpe.suggest, 60, trials=trials, verbose=False, rstate=0)
    early, late = trials.losses()[:20], trials.losses()[-20:]
    assert np.median(late) < 0.5 * np.median(early)


def test_options_are_the_samplers_own(domain, searched):
    trials = searched()
    plain = asked(domain, trials, ids=[90])
    docs = tpe.suggest([90], domain, trials, 5, gamma=0.25, n_EI_candidates=64, n_startup_jobs=10)
    assert docs[0]["misc"]["vals"] == plain[0]
    with pytest.raises(ValueError, match="n_ei_candidates"):
        tpe.suggest([90], domain, trials, 5, n_EI_candidates=0)
    with pytest.raises(ValueError, match="cooling"):
        anneal.suggest([90], domain, trials, 5, shrink_coef=-1)


@pytest.mark.parametrize("algo", [tpe.suggest, anneal.suggest])
def test_a_space_that_was_tried_whole_is_tried_again_where_the_mean_loss_is_smallest(algo):
    rng, trials = np.random.default_rng(1), Trials()
    options = {"trials": trials, "rstate": 1, "verbose": False}
    space = hp.choice("arm", [1, 1, 1, 0])
    fmin(lambda mean: mean + rng.normal(0, 0.3), space, algo, 60, **options)
    assert trials.vals["arm"][30:].count(3) > 20
