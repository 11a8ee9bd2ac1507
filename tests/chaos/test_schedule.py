from __future__ import annotations

from collections import Counter
from itertools import pairwise

from chaos import faults
from chaos.schedule import LANES, draw


def test_the_same_seed_draws_the_same_faults():
    assert draw(7, 300) == draw(7, 300)
    assert draw(7, 300) != draw(8, 300)


def test_a_longer_run_begins_like_a_shorter_one():
    short, long = draw(3, 60), draw(3, 300)
    for lane in LANES:
        mine = [fault for fault in short if fault.lane == lane.name]
        assert mine == [fault for fault in long if fault.lane == lane.name][: len(mine)]


def test_faults_of_a_lane_do_not_overlap_and_all_end_within_the_run():
    found = draw(5, 200)
    assert found == sorted(found, key=lambda fault: fault.at)
    for lane in LANES:
        mine = [fault for fault in found if fault.lane == lane.name]
        assert all(a.at + a.length_s < b.at for a, b in pairwise(mine))
        assert mine[-1].at + mine[-1].length_s <= 200


def test_every_kind_occurs_in_a_run_of_five_minutes():
    known = {kind.name for lane in LANES for kind in lane.kinds}
    assert known == set(faults.KINDS)
    for seed in range(5):
        assert set(Counter(fault.kind for fault in draw(seed, 300))) == known
