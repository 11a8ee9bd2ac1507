from parzen.hyperopt.keeping import kept


def test_what_a_document_can_hold_is_kept():
    assert kept({"loss": 1.0, "a.b": [1]}) == ({"loss": 1.0, "a.b": [1]}, [])


def test_what_it_cannot_hold_is_named():
    assert kept({"loss": 1.0, "bag": {1, 2}}) == ({"loss": 1.0}, ["bag"])


def test_of_too_much_the_largest_part_is_left_out():
    small = "x" * 600_000
    found, lost = kept({"loss": 1.0, "a": small, "b": small + "y"})
    assert (found.keys(), lost) == ({"loss", "a"}, ["b"])
