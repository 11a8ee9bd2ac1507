from __future__ import annotations

import pytest

from parzen.hyperopt import Trials, fmin, hp, rand
from parzen.hyperopt.early_stop import no_progress_loss

NAN = float("nan")


def search(results, *options, **search_options):
    """How many of these results a search takes."""
    found = iter(results)
    trials = Trials()

    def objective(_):
        result = next(found)
        return {"status": "fail"} if result is None else result

    fmin(
        objective, hp.uniform("x", 0, 1), rand.suggest, len(results), trials=trials, verbose=False,
        early_stop_fn=no_progress_loss(*options), return_argmin=False, **search_options,
    )  # fmt: skip
    return len(trials)


@pytest.mark.parametrize(
    ("results", "options", "count"),
    [
        ([5, 4, 3, 2, 1], (2,), 5),
        ([5, 6, 7, 1], (2,), 3),
        ([5, 4, 4, 4, 1], (2,), 4),
        ([5, None, None, 1], (2,), 3),
        ([None, None, 5, 1], (2,), 2),
        ([None, 5, None, 4, None, 3], (2,), 6),
        ([5, NAN, NAN, 1], (2,), 3),
        ([100, 99, 98, 97], (3, 5.0), 4),
        ([100, 94, 93, 92, 91], (3, 5.0), 5),
        ([-100, -101, -102, -103], (3, 5.0), 4),
        ([0, 0, 0, 0], (3,), 4),
        ([1] * 30, (), 21),
    ],
)
def test_it_stops_where_there_is_no_progress(results, options, count):
    assert search(results, *options) == count


def test_a_batch_counts_whole():
    assert search([5, 6, 7, 8, 9, 9, 9, 9, 9], 3, max_queue_len=3) == 6


def test_it_remembers_nothing_between_searches():
    stop = no_progress_loss(3)
    line = hp.uniform("x", 0, 1)
    for _ in range(2):
        trials = Trials()
        fmin(
            lambda _: 1.0, line, rand.suggest, 9,
            trials=trials, early_stop_fn=stop, verbose=False,
        )  # fmt: skip
        assert len(trials) == 4
