from parzen.shared.mongo.crowding import WIDEST, Crowding


def places(crowding, count=8):
    return {crowding.place(count) for _ in range(2000)}


def test_alone_one_takes_the_first():
    crowding = Crowding()
    crowding.alone()
    assert places(crowding) == {0}


def test_who_meets_others_spreads_out_in_whole_steps_up_to_a_limit():
    crowding = Crowding()
    crowding.met()
    assert places(crowding) == {0, 8}
    crowding.met()
    assert places(crowding) == {0, 8, 16, 24}
    for _ in range(20):
        crowding.met()
    assert crowding.steps == WIDEST


def test_who_meets_nobody_or_looks_too_far_comes_back():
    crowding = Crowding(4.0)
    crowding.beyond()
    assert places(crowding) == {0, 8}
    for _ in range(20):
        crowding.alone()
    assert places(crowding) == {0}
