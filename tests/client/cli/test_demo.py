"""The demo as a newcomer runs it: real processes, a real store, Ctrl-C in the middle."""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from parzen.shared.lifecycle import StudyStatus, TrialState

TRIALS = 8
DEMO = [sys.executable, "-m", "parzen.client.cli", "demo", "--trials", str(TRIALS)]


@pytest.fixture
def started(store_uri, home):
    running = []

    def start():
        process = subprocess.Popen(
            DEMO,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        with process:
            process.kill()


def until_finished(store, count, process):
    """Wait until ``count`` trials are complete, as the database says."""
    while store.db.jobs.count_documents({"state": "complete"}) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def test_a_demo_is_interrupted_goes_on_and_ends(started, store):
    first = started()
    until_finished(store, 2, first)
    family = psutil.Process(first.pid).children(recursive=True)
    os.killpg(first.pid, signal.SIGINT)
    _, said = first.communicate()
    assert first.returncode == 130, said
    assert f"demo --trials {TRIALS}` goes on where this stopped" in said
    with contextlib.suppress(psutil.TimeoutExpired):
        psutil.wait_procs(family, timeout=10)
    assert [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    study = store.catalog.study("demo")
    assert study.status is StudyStatus.ACTIVE
    assert len(list(store.catalog.trials(study))) < TRIALS or study.counts
    kept = {t.number: t.value for t in store.catalog.trials(study, states=[TrialState.COMPLETE])}

    second = started()
    out, said = second.communicate()
    assert second.returncode == 0, said
    assert "going on with study 'demo'" in said
    assert "Best accuracy 0." in out
    assert "parzen.client import connect" in out

    study = store.catalog.study("demo")
    trials = list(store.catalog.trials(study))
    assert study.status is StudyStatus.COMPLETE
    assert [t.number for t in trials] == list(range(TRIALS))
    assert {t.state for t in trials} == {TrialState.COMPLETE}
    assert kept.items() <= {t.number: t.value for t in trials}.items()


def test_without_scikit_learn_one_sentence_says_how_to_get_it(call, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    code, out, err = call("demo")
    assert (code, out) == (1, "")
    assert err.startswith("parzen: the demo needs scikit-learn: install it with `")
    assert err.endswith("-m pip install 'parzen[demo]'`\n")


@pytest.mark.parametrize("option", [["--trials", "0"], ["--workers", "0"], ["--name", "a b"]])
def test_wrong_options_start_nothing(call, store, option):
    code, out, err = call("demo", *option)
    assert (code, out) == (2, "")
    assert option[1] in err
    assert store.catalog.all_studies() == []
