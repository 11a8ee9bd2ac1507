import pytest

from parzen.hyperopt import asking


@pytest.mark.parametrize("returned", [None, [], ()])
def test_no_proposal_ends_a_search(returned):
    assert asking.proposals(lambda *_: returned, [0], None, None, 1) == []


def test_an_algorithm_that_returns_no_documents_is_told_so():
    with pytest.raises(TypeError, match="the algorithm returned 5: expected a list of documents"):
        asking.proposals(lambda *_: 5, [0], None, None, 1)


def test_a_search_stops_as_it_is_told_to():
    def stop(trials, *args):
        return trials == "enough", [*args, 1]

    assert asking.whether_to_stop(stop, "more", []) == (False, [1])
    assert asking.whether_to_stop(stop, "enough", [1]) == (True, [1, 1])
    assert asking.whether_to_stop(lambda _: (True, None), "more", []) == (True, [])


@pytest.mark.parametrize("returned", [True, None, (True,)])
def test_what_says_neither_is_told_so(returned):
    with pytest.raises(TypeError, match=r"early_stop_fn returned .*: expected \(whether to stop"):
        asking.whether_to_stop(lambda _: returned, None, [])
