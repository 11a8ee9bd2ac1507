import subprocess

import pytest

from parzen.client import demo
from parzen.client.invocation import Invocation, option
from parzen.client.submission import put
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyEvent
from parzen.shared.records import Completed


def settled(store, name, event):
    study = store.catalog.study(name)
    lead = store.ledger.lead(study.uid, "test", 30.0)
    store.ledger.move(lead, event)
    store.ledger.yield_lead(lead)


def test_a_first_demo_an_unfinished_one_and_the_next(store):
    study = demo.declared("demo", 64)
    assert demo.vacant(store.catalog, study) == ("demo", None, [])
    put(study, store, StoreAddress())
    name, stored, passed = demo.vacant(store.catalog, study)
    assert (name, stored.name, passed) == ("demo", "demo", [])
    settled(store, "demo", StudyEvent.COMPLETE)
    assert demo.vacant(store.catalog, study) == ("demo-2", None, [("demo", "complete")])
    put(study.renamed("demo-2"), store, StoreAddress())
    settled(store, "demo-2", StudyEvent.CANCEL)
    found = demo.vacant(store.catalog, study)
    assert found == ("demo-3", None, [("demo", "complete"), ("demo-2", "cancelled")])


def test_the_first_line_says_why_it_is_not_the_first_demo(a_study):
    assert demo.opening("demo", None, [], "8 trials") == "study 'demo': 8 trials"
    assert demo.opening("demo", a_study(), [], "8 trials") == "going on with study 'demo': 8 trials"
    passed = [("demo", "complete"), ("demo-2", "complete"), ("demo-3", "cancelled")]
    for few, why in [
        (1, "demo is complete"),
        (2, "demo and demo-2 are complete"),
        (3, "demo to demo-3 are complete or cancelled"),
    ]:
        said = demo.opening("demo-4", None, passed[:few], "8 trials")
        assert said == f"study 'demo-4', because {why}: 8 trials"


def test_a_study_of_the_users_own_is_not_taken_for_a_demo(store, worked):
    worked(name="demo")
    assert demo.vacant(store.catalog, demo.declared("demo", 64)) == (
        *("demo-2", None),
        [("demo", "taken by another study")],
    )


def test_the_outcome_is_the_best_and_how_much_better_it_is(a_trial):
    trials = [a_trial(n, 0.8 + n / 100) for n in range(10)]
    trials.append(a_trial(10, 0.99, params={"model": "svm", "model/svm/C": 2.0}))
    assert list(demo.outcome(trials)) == [
        "Best accuracy 0.99 (trial 10) with",
        "  model = svm",
        "  model/svm/C = 2",
        "The first 10 trials, spread over the space: best 0.89, median 0.845",
        "Errors since then: 11.00% -> 1.00%, 91% fewer",
    ]


def test_no_improvement_is_not_dressed_up(a_trial):
    trials = [a_trial(n, 0.9) for n in range(11)]
    assert list(demo.outcome(trials))[-1] == "No later trial was better"


def test_a_demo_of_first_trials_only_compares_nothing(a_trial):
    assert len(list(demo.outcome([a_trial(0, 0.9)]))) == 2


def test_the_query_works_when_it_is_pasted(worked, store_uri):
    worked(Completed(value=0.5), Completed(value=0.25))
    call = Invocation(("parzen",), option(StoreAddress(store=store_uri), {}))
    assert "URI" in call.python(demo.query("s"))
    line = Invocation().python(demo.query("s"))  # PARZEN_STORE names the store
    out = subprocess.run(line, shell=True, capture_output=True, text=True, check=True)
    assert out.stdout.splitlines() == [
        "{'number': 1, 'params': {'x': 0.1}, 'value': 0.25}",
        "{'number': 0, 'params': {'x': 0.0}, 'value': 0.5}",
    ]


def test_three_lines_tell_how_to_look_further():
    trials, query, lies = demo.further("demo-2", Invocation(), "/home/me/data")
    assert "parzen trials demo-2 --sort loss" in trials
    assert "parzen.client import connect" in query
    assert lies.endswith("/home/me/data")


@pytest.mark.parametrize("name", ["a b", ""])
def test_a_wrong_name_is_refused(name):
    with pytest.raises(ValueError, match="cannot be a study's name"):
        demo.declared(name, 3)
