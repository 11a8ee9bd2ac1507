import numpy as np
import pytest

from parzen.shared.errors import InvalidResult
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Failed, Failure
from parzen.worker.context import TrialFailed
from parzen.worker.executor import failure


def caught(raising):
    try:
        raising()
    except BaseException as error:  # noqa: BLE001 - exits are among what is tried
        return failure.from_exception(error, frozenset({__file__}))


def compiled(source):
    """A function as a user's file would hold it."""
    names = {}
    exec(compile(source, "/user/objective.py", "exec"), names)
    return names["objective"]


def test_an_exception_is_told_in_one_line_with_the_users_frames_only():
    told = caught(compiled("def objective():\n  raise KeyError('no\\nsuch key')"))
    assert (told.kind, told.type) == (FailureKind.EXCEPTION, "KeyError")
    assert "\n" not in told.message
    assert "objective.py" in told.traceback
    assert __file__ not in told.traceback


def test_what_led_to_an_exception_is_told_too():
    told = caught(
        compiled("def objective():\n  try: 1/0\n  except ZeroDivisionError: raise ValueError('v')")
    )
    assert "ZeroDivisionError" in told.traceback
    assert told.message == "v"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("raise MemoryError", FailureKind.OUT_OF_MEMORY),
        ("raise KeyboardInterrupt", FailureKind.EXCEPTION),
        ("raise SystemExit(3)", FailureKind.KILLED),
    ],
)
def test_the_kind_of_a_failure(source, kind):
    assert caught(compiled(f"def objective():\n  {source}")).kind is kind


@pytest.mark.parametrize(("code", "status"), [(3, 3), (None, 0), ("bye", 1), (1 << 64, 255)])
def test_an_exit_keeps_its_code(code, status):
    def leaves():
        raise SystemExit(code)

    assert caught(leaves).exit_code == status


def test_an_invalid_result_needs_no_traceback_nor_the_name_of_our_own_exception():
    def refused():
        raise InvalidResult("the objective's return value is None")

    told = caught(refused)
    assert told == Failure(
        kind=FailureKind.INVALID_RESULT, message="the objective's return value is None"
    )


class Diverged(TrialFailed):
    """A user's own word for it."""


@pytest.mark.parametrize("kind", [TrialFailed, Diverged])
def test_what_an_objective_told_when_it_failed_is_kept_without_a_traceback(kind):
    ended = failure.outcome(kind("diverged\n  at step 3", {"norm": np.float32(0.5)}), frozenset())
    error = Failure(kind=FailureKind.EXCEPTION, type="TrialFailed", message="diverged at step 3")
    assert ended == Failed(error=error, result={"norm": 0.5})
    assert ended.error.meant


def test_what_it_told_that_no_document_holds_is_an_invalid_result_and_says_both():
    ended = failure.outcome(TrialFailed("diverged", {"x": object()}), frozenset())
    assert ended.error.kind is FailureKind.INVALID_RESULT
    assert "result['x'] is a builtins.object" in ended.error.message
    assert "the trial had failed: diverged" in ended.error.message
    assert (ended.error.traceback, ended.result) == (None, {})
    assert not ended.error.meant


def test_what_it_told_may_be_broken_in_any_way():
    broken = TrialFailed("diverged")
    broken.result = 5
    ended = failure.outcome(broken, frozenset())
    assert (ended.error.kind, ended.error.type) == (FailureKind.EXCEPTION, "AttributeError")


def test_only_what_an_objective_told_is_meant():
    assert not failure.outcome(ValueError("no"), frozenset()).error.meant


def test_an_exception_that_cannot_be_shown_is_told_all_the_same():
    source = (
        "class Odd(Exception):\n  def __str__(self): raise RuntimeError\ndef objective(): raise Odd"
    )
    told = caught(compiled(source))
    assert "cannot be shown" in told.message


def test_a_long_story_keeps_its_beginning_and_its_end():
    told = caught(compiled("def objective():\n  raise ValueError('x' * 100_000 + 'end')"))
    assert len(told.traceback) < 20_000
    assert "left out" in told.traceback
    assert told.traceback.strip().endswith("end")
    assert len(told.message) <= 500
