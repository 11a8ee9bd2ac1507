from collections import Counter
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

from parzen.client import html
from parzen.client.best import Best
from parzen.client.progress import Look, view
from parzen.shared.course import Ended
from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Direction, Limits, SamplerSpec

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
EVIL = "<script>alert(1)</script>\"'&\x1b[2J"
ELEMENTS = {"div", "span", "strong", "table", "tbody", "tr", "td", "progress"}


class Page(HTMLParser):
    """What a browser makes of HTML: its elements, its text, and whether every one is closed."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts, self.attributes = Counter(), [], [], []
        self.feed(text)
        self.close()
        assert self.open == []
        self.text = " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attrs):
        self.elements[tag] += 1
        self.attributes += attrs
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


@pytest.fixture
def evil(a_study, a_trial):
    """A study in which every text that others wrote would do harm."""
    return a_study(
        name=EVIL,
        status=StudyStatus.FAILED,
        status_reason=EVIL,
        dimensions=(
            Dimension(name=EVIL, kind=Kind.CHOICE, choices=(EVIL, "b")),
            Dimension(
                name="y", kind=Kind.FLOAT, low=0, high=1, active_when=(Condition(EVIL, EVIL),)
            ),
        ),
        sampler=SamplerSpec(name=EVIL),
        proposing=EVIL,
        tags=(EVIL,),
        owner=EVIL,
    )


def test_nothing_that_others_wrote_becomes_an_element(evil, a_trial):
    best = Best(3, {EVIL: EVIL}, 0.5, 0.5)
    trial = a_trial(3, 0.5, params={EVIL: EVIL})
    shown = view(Look(study=evil, best=trial, now=NOW), elapsed_s=1.0)
    for text in (
        html.study(evil, best, EVIL, [EVIL]),
        html.declared(evil, EVIL),
        html.studies([evil], EVIL),
        html.found(best),
        html.progress(shown, [EVIL]),
        html.counting(1, 2, EVIL),
        html.sentence(EVIL),
    ):
        page = Page(text)
        assert set(page.elements) <= ELEMENTS
        assert {name for name, _ in page.attributes} <= {"style", "value", "max"}
        assert "<script>alert(1)</script>\"'&\\x1b[2J" in page.text
        assert "\x1b" not in text


def test_a_stored_study_says_where_it_stands(a_study):
    study = a_study(
        counts={TrialState.COMPLETE: 4, TrialState.FAILED: 1, TrialState.RUNNING: 2},
        limits=Limits(max_trials=10, patience=3),
        status=StudyStatus.COMPLETE,
        status_reason="enough",
        owner="ann@lab",
        tags=("vision",),
    )
    best = Best(2, {"lr": 0.01, "opt": "sgd"}, 0.25, 0.25)
    page = Page(html.study(study, best, "trial 1 failed: no", ["no worker"]))
    assert ("value", "5") in page.attributes
    assert ("max", "10") in page.attributes
    for said in (
        "5/10 done · 2 running · 4 complete · 1 failed",
        "0.25 (trial 2)",
        "lr = 0.01",
        "max_trials=10, patience=3",
        "trial 1 failed: no",
        "no worker",
        "vision",
    ):
        assert said in page.texts
    assert page.text.startswith("s ● complete : enough")


def test_what_there_is_nothing_to_say_of_is_left_out(a_study):
    page = Page(html.study(a_study(limits=Limits()), None))
    assert page.elements["progress"] == 0
    assert "none yet" in page.texts
    assert not {"failure", "limits", "tags", "note"} & set(page.texts)


def test_cancelled_trials_are_not_done(a_study):
    counts = {TrialState.COMPLETE: 4, TrialState.CANCELLED: 6}
    page = html.study(a_study(counts=counts, status=StudyStatus.CANCELLED), None)
    assert "4/10 done · 4 complete · 6 cancelled" in page
    assert '<progress value="4" max="10"' in page


def test_a_declared_study_shows_its_space(a_study):
    dimensions = (
        Dimension(name="lr", kind=Kind.FLOAT, low=1e-5, high=0.1, log=True),
        Dimension(name="n", kind=Kind.INT, low=1, high=9, step=2),
        Dimension(name="w", kind=Kind.NORMAL, mu=0, sigma=2, low=0),
        Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "adam")),
        Dimension(name="m", kind=Kind.FLOAT, low=0, high=1, active_when=(Condition("opt", "sgd"),)),
    )
    study = a_study(dimensions=dimensions, direction=Direction.MAXIMIZE)
    texts = Page(html.declared(study, "'objective'")).texts
    for said in (
        "maximize 'objective'",
        "auto, seed 0",
        "1e-05 to 0.1, log",
        "1 to 9, whole, in steps of 2",
        "normal with mean 0 and deviation 2, 0 to any",
        "sgd | adam",
        "where opt is sgd",
    ):
        assert said in texts


def test_a_long_list_ends_with_how_much_is_left_out(a_study):
    many = tuple(Dimension(name=f"x{n}", kind=Kind.FLOAT, low=0, high=1) for n in range(200))
    assert "and 180 parameters more" in Page(html.declared(a_study(dimensions=many), "f")).text
    best = Best(0, {f"x{n}": 0.5 for n in range(200)}, 1.0, 1.0)
    for text in (html.found(best), html.study(a_study(), best)):
        page = Page(text)
        assert "and 180 parameters more" in page.text
        assert "x20 = 0.5" not in page.text
    studies = [a_study(name=f"s{n}") for n in range(50)]
    page = Page(html.studies(studies, "h:1/db"))
    assert "50 studies in h:1/db" in page.text
    assert "and 30 studies more" in page.text


def test_a_store_without_studies_says_so():
    assert Page(html.studies([], "h:1/db")).text == "0 studies in h:1/db"


def test_a_study_that_is_waited_for_has_a_bar(a_study, a_trial, a_worker):
    study = a_study(counts={TrialState.COMPLETE: 4, TrialState.RUNNING: 1})
    ends = [Ended(NOW - timedelta(seconds=s), 2.0) for s in (2, 4, 6)]
    look = Look(study=study, best=a_trial(2, 0.125), live=[a_worker()], ends=ends, now=NOW)
    shown = view(look, elapsed_s=65.0)
    page = Page(html.progress(shown, ["no coordinator"]))
    assert page.elements["progress"] == 1
    assert {("value", "4"), ("max", "10")} <= set(page.attributes)
    for said in (
        "4/10 done · 1 running · 0 failed",
        "best 0.125 (trial 2) x=0.5",
        "0.5 trials/s · 1:05 elapsed · 0:12 left · 1 worker",
        "no coordinator",
    ):
        assert said in page.texts
