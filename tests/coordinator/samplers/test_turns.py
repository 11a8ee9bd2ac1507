from parzen.coordinator.history import History
from parzen.coordinator.samplers.turns import completed, in_turns
from parzen.shared.space import Float, Space

SPACE = Space({"x": Float(0, 1)})


def test_each_row_of_numbers_is_asked_for_once_knowing_what_came_before():
    kept, asked = History(SPACE.dimensions), []

    def propose(turn, history, numbers):
        asked.append((turn, list(numbers), list(history.pending())))
        return [{"x": number / 10} for number in numbers]

    proposed = in_turns(kept, range(5), lambda n: "ab"[n > 2], propose)
    assert [p["x"] for p in proposed] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert asked == [("a", [0, 1, 2], []), ("b", [3, 4], [0, 1, 2])]
    assert kept.created == 0


def test_it_ends_with_the_first_that_has_nothing_left():
    def propose(turn, _, numbers):
        return [{"x": 0.5}] if turn == "a" else [{"x": 0.1} for _ in numbers]

    kept = History(SPACE.dimensions)
    assert in_turns(kept, range(4), lambda n: "ab"[n > 1], propose) == [{"x": 0.5}]


def test_others_propose_what_is_left_knowing_what_was_found():
    kept, asked = History(SPACE.dimensions), []

    def others(left):
        asked.append((list(left), list(kept.pending())))
        return [{"x": 0.9} for _ in left]

    found = completed(kept, range(3), [{"x": 0.1}], others)
    assert found == [{"x": 0.1}, {"x": 0.9}, {"x": 0.9}]
    assert asked == [([1, 2], [0])]
    assert completed(kept, range(1), [{"x": 0.1}], others) == [{"x": 0.1}]
    assert (len(asked), kept.created) == (1, 0)
