from types import SimpleNamespace

from scaling.tally import Tally, Window, latency, merged


def window(begin, end):
    return Window(SimpleNamespace(value=begin), SimpleNamespace(value=end))


def test_a_window_holds_its_begin_and_not_its_end():
    open_ = window(1.0, 2.0)
    assert [moment in open_ for moment in (0.9, 1.0, 1.9, 2.0)] == [False, True, True, False]
    assert [open_.over(moment) for moment in (1.9, 2.0)] == [False, True]


def test_one_that_was_never_opened_holds_nothing():
    assert 1e9 not in window(float("inf"), float("inf"))


def test_tallies_add_up():
    one, other = Tally(), Tally()
    one.claim(3, 0.1)
    one.claim(0, 0.01)
    one.report("a", 2, 1, 0.2)
    other.report("a", 1, 0, 0.3)
    other.report("b", 4, 0, 0.4)
    other.error(ValueError("no"))
    other.error(ValueError("never"))
    found = merged([one, other])
    assert (found.claimed, found.lost, found.errors) == (3, 1, 2)
    assert (found.claims_s, found.empty_s, found.reports_s) == ([0.1], [0.01], [0.2, 0.3, 0.4])
    assert found.first_error == "ValueError: no"
    assert found.had(["a", "b", "c"]) == [0, 3, 4]


def test_latencies_are_told_in_milliseconds():
    found = latency([0.001, 0.002, 0.009])
    assert (found.calls, found.median, found.most) == (3, 2.0, 9.0)
    assert 8.8 < found.p99 < 9.0
    assert latency([]).calls == 0
