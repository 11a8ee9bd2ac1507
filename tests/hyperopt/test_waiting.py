"""What whoever waits sees to; whole searches stand in ``test_conducting``."""

import pytest
from numpy.random import default_rng

from parzen.hyperopt import hp, rand, tpe, waiting
from parzen.hyperopt.conducting import Asked, Search
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.waiting import Watch

SPACE = hp.uniform("x", 0, 1)


def own(new_ids, domain, trials, seed):
    return rand.suggest(new_ids, domain, trials, seed)


def search(trials, algo):
    made = Search(trials, Domain(len, SPACE), algo, default_rng(0), 1)
    made.submit(Asked(9, None, None, 0), [])
    return made


@pytest.mark.parametrize(("patience_s", "proposes"), [(0.0, "tpe"), (60.0, "enqueued")])
def test_a_sampler_is_set_again_where_whoever_took_its_place_is_gone(
    open_trials, store, monkeypatch, patience_s, proposes
):
    monkeypatch.setattr(waiting, "PATIENCE_S", patience_s)
    watch = Watch(search(open_trials(), tpe.suggest), None, "", True)
    search(open_trials(), own)  # another driver, which is killed now
    watch._see_to_proposals(store.catalog.study("exp"))
    assert store.catalog.study("exp").sampler.name == proposes
