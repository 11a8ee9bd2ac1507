import pytest
from rich.cells import cell_len

from parzen.client.best import Best
from parzen.client.cli.report import Report
from parzen.client.cli.screen import drawn, line
from parzen.client.curve import ASCII, BRAILLE
from parzen.shared.course import Improvement
from parzen.shared.lifecycle import FailureKind, StudyStatus, TrialState
from parzen.shared.records import Direction, Limits

COUNTS = {TrialState.COMPLETE: 20, TrialState.RUNNING: 2, TrialState.FAILED: 3}
ADVICE = "all 8 slots are busy: twice as many would end it about 1:10 sooner"


@pytest.fixture
def found(a_study):
    def make(*, study=None, **changes):
        given = {"counts": COUNTS, "limits": Limits(max_trials=40), **(study or {})}
        return Report(
            **{
                "study": a_study(**given),
                "best": Best(7, {"lr": 0.25, "opt": "sgd" * 30}, 0.125, 0.125),
                "improvements": (Improvement(0, 2.0), Improvement(7, 0.125)),
                "rate": 0.5,
                "running_s": 65.0,
                "left_s": 30.0,
                "coordinators": ("c",),
                "workers": ("w", "v"),
                "slots": 8,
                "busy": 8,
                "quarantined": {},
                "failures": {FailureKind.TIMEOUT: 3},
                "last_failure": None,
                "shorter": (ADVICE,),
                "lacks": (),
                **changes,
            }
        )

    return make


def lines(report, width=80, height=40, by=BRAILLE):
    return ["".join(words for words, _ in spans) for spans in drawn(report, width, height, by)]


def test_the_picture_says_all_there_is_to_see(found):
    said = lines(found())
    assert said[0] == "s  active"
    assert said[1].endswith("─ 57%")
    assert said[2] == "23/40 done · 2 running · 3 failed"
    assert said[3].startswith("best  0.125  #7  lr=0.25 opt=sgdsgd")
    assert said[4].startswith("    2 ")
    assert said[11].startswith("0.125 ")
    assert said[12:] == [
        "0.5 trials/s · active for 1:05 · about 0:30 left · 2 workers, 8 of 8 slots busy",
        "1 coordinator",
        "failed 3 attempts: 3 timeout",
        ADVICE,
    ]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
@pytest.mark.parametrize("by", [BRAILLE, ASCII])
def test_it_fits_every_terminal_from_forty_columns_on(found, width, by):
    long = "it ended because " + "a reason that goes on " * 5
    report = found(study={"status_reason": long}, lacks=("nobody is there: start `parzen worker`",))
    said = lines(report, width, by=by)
    assert max(map(cell_len, said)) <= width
    assert any("parzen worker" in text for text in said)


def test_a_low_terminal_loses_the_curve_and_nothing_else(found):
    high, low = lines(found(), height=40), lines(found(), height=10)
    assert [text for text in high if text in low] == low
    assert len(high) - len(low) == 8
    assert len(lines(found(), height=13)) == 13


def test_before_the_first_result(found):
    report = found(best=None, improvements=(), failures={}, shorter=(), rate=None, left_s=None,
                   study={"counts": {}, "limits": Limits()})  # fmt: skip
    assert lines(report) == [
        "s  active",
        "0 done",
        "best  none yet",
        "active for 1:05 · 2 workers, 8 of 8 slots busy · 1 coordinator",
    ]


def test_an_ended_study_has_no_workers_and_no_pace(found):
    report = found(study={"status": StudyStatus.COMPLETE, "status_reason": "over"}, left_s=None)
    said = lines(report)
    assert said[:2] == ["s  complete", "over"]
    assert "took 1:05" in said
    assert not any("workers," in text for text in said)


def test_cancelled_trials_stand_apart_and_fill_no_bar(found):
    counts = {TrialState.COMPLETE: 10, TrialState.CANCELLED: 30}
    said = lines(found(study={"counts": counts, "status": StudyStatus.CANCELLED}))
    assert said[1].endswith("─ 25%")
    assert said[2] == "10/40 done · 30 cancelled"


def test_what_is_maximised_rises(found):
    improved = (Improvement(0, -0.25), Improvement(7, -0.5))
    report = found(improvements=improved, study={"direction": Direction.MAXIMIZE})
    assert lines(report, by=ASCII)[4].startswith(" 0.5 ")
    assert lines(report, by=ASCII)[4].endswith("''")


def test_a_plain_terminal_gets_plain_letters_from_us(found):
    report = found(rate=None, running_s=None, left_s=None, best=None, lacks=())
    assert all(text.isascii() for text in lines(report, by=ASCII) if "·" not in text)


def test_failures_of_a_long_study_are_those_of_its_last_trials(found):
    report = found(study={"counts": {TrialState.COMPLETE: 5001}})
    assert "failed 3 attempts (at the last 5,000 trials): 3 timeout" in lines(report)


def test_a_line_for_a_log_holds_it_all(found):
    assert line(found()) == (
        "s: active, 23/40 done, 2 running, 3 failed, best 0.125 (#7), 0.5 trials/s, active for "
        "1:05, about 0:30 left, 2 workers, 8 of 8 slots busy; failed 3 attempts: 3 timeout"
    )
