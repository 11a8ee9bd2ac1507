"""Which way is better is nothing to a sampler: it sees losses."""

from __future__ import annotations

import pytest

from parzen.coordinator.service import Coordinator
from parzen.shared.records import Direction, SamplerSpec


@pytest.fixture
def searched(store, new_study, new_hand):
    """What was proposed, one after another, where the objective is ``sign`` times a quadratic."""

    def run(direction, sign):
        study = new_study(
            direction.value,
            direction=direction,
            sampler=SamplerSpec(name="tpe", seed=3, options={"n_startup_trials": 4}),
            max_trials=14,
            max_running=1,
        )
        hand = new_hand(name=direction.value)
        coordinator, xs = Coordinator(store), []
        while not store.catalog.study(study.name).status.ended:
            coordinator.step()
            for claim in hand.claim(study):
                xs.append(claim.trial.params["x"])
                hand.finish([claim], sign * (xs[-1] - 0.3) ** 2)
        coordinator.close()
        return xs

    return run


def test_to_maximise_is_to_minimise_the_negative(searched):
    down, up = searched(Direction.MINIMIZE, 1), searched(Direction.MAXIMIZE, -1)
    assert len(down) == 14
    assert down == up
