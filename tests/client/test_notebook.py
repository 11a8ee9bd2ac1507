"""Waiting in a notebook: the parts against a stand-in, the whole in a real kernel."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

import IPython.display
import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from parzen.client import Float, connect, minimize, notebook
from parzen.client.progress import Look
from parzen.client.watching import tell
from parzen.shared.lifecycle import StudyStatus, TrialState

EXAMPLE = Path(__file__).parents[2] / "examples" / "first_study.ipynb"
NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def outputs(monkeypatch):
    """Pretend that this process is a kernel; what is shown below the cell, as it stands."""
    shown = []

    def display(bundle, *, raw, display_id):
        assert raw
        assert display_id
        place = len(shown)
        shown.append(bundle)
        return SimpleNamespace(update=lambda new, raw: shown.__setitem__(place, new))

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython.display, "display", display)
    return shown


def test_neither_python_nor_a_terminal_of_ipythons_is_a_notebook(monkeypatch):
    assert not notebook.inside()
    monkeypatch.setattr(IPython, "get_ipython", SimpleNamespace)
    assert not notebook.inside()
    monkeypatch.delitem(sys.modules, "IPython")
    assert not notebook.inside()


def test_a_picture_is_replaced_in_place(outputs, a_study, a_trial):
    with notebook.NotebookDisplay() as display:
        display.say("too early")
        begun = a_study(counts={TrialState.COMPLETE: 1})
        display.show(Look(study=begun, best=a_trial(0, 0.5), now=NOW))
        display.say("note: <no> worker")
        end = a_study(counts={TrialState.COMPLETE: 10}, status=StudyStatus.COMPLETE)
        display.show(Look(study=end, best=a_trial(3, 0.25), now=NOW))
    early, bar = outputs
    assert early["text/plain"] == "too early"
    assert '<progress value="10" max="10"' in bar["text/html"]
    assert "complete" in bar["text/html"]
    assert "note: &lt;no&gt; worker" in bar["text/html"]
    assert bar["text/plain"].startswith("s: 10/10 done")
    assert "best 0.25 (#3)" in bar["text/plain"]


def test_only_the_last_notes_stay(outputs, a_study):
    display = notebook.NotebookDisplay()
    display.show(Look(study=a_study(), now=NOW))
    for n in range(notebook.NOTES + 2):
        display.say(f"note {n}.")
    [bar] = outputs
    assert "note 1." not in bar["text/html"]
    assert "note 2." in bar["text/html"]


def test_what_is_said_before_a_wait_is_no_alarm(outputs, capsys):
    tell("the study exists", progress=True)
    assert capsys.readouterr() == ("", "")
    assert outputs[0]["text/plain"] == "the study exists"


def test_a_search_without_a_database_has_a_bar_too(outputs, capsys):
    minimize(lambda params: params["x"], {"x": Float(0, 1)}, 3, sampler="random", progress=True)
    assert capsys.readouterr() == ("", "")
    [bar] = outputs
    assert '<progress value="3" max="3"' in bar["text/html"]
    assert bar["text/plain"].startswith("3/3, best 0.")


MORE = (
    """
import asyncio, signal
from parzen.client import connect, notebook

asyncio.get_running_loop()  # there is one
waiting = Study("waiting", space={"x": Float(0, 1)}, objective=len, max_trials=9).submit()
waiting.wait(0.05)
await asyncio.to_thread(waiting.wait, 0.05)
show = notebook.Picture.show

def interrupted(picture, *what):
    show(picture, *what)
    signal.raise_signal(signal.SIGINT)

notebook.Picture.show = interrupted
""",
    "waiting.wait()",
    "'this is not reached'",
)


@pytest.fixture(scope="module")
def book(mongod_uri, tmp_path_factory):
    """The example and more, executed by one real kernel; cells by name, and the store's address."""
    name = f"test_{uuid.uuid4().hex}"
    uri = mongod_uri.replace("/parzen?", f"/{name}?")
    text = EXAMPLE.read_text("utf-8").replace("workers=2", "workers=1")  # which tells as much
    made = nbformat.reads(text, as_version=4)
    made.cells = [cell for cell in made.cells if cell.cell_type == "code"]
    made.cells += [nbformat.v4.new_code_cell(cell) for cell in MORE]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARZEN_STORE", uri)
        patch.setenv("PARZEN_HOME", str(tmp_path_factory.mktemp("home")))
        with pytest.raises(CellExecutionError):
            NotebookClient(made, timeout=100, kernel_name="python3").execute()
    with connect(uri) as client:
        names = ("declared", "run", "look", "best", "trials", "loop", "stopped", "after")
        yield SimpleNamespace(client=client, **dict(zip(names, made.cells, strict=True)))
        client.db.client.drop_database(name)


def shown(cell):
    return "".join(output["data"].get("text/html", "") for output in cell.outputs)


def test_the_example_is_kept_without_its_outputs():
    cells = json.loads(EXAMPLE.read_text("utf-8"))["cells"]
    assert [c for c in cells if c.get("outputs") or c.get("execution_count")] == []


def test_a_study_is_run_and_looked_at_in_a_real_kernel(book):
    assert "1e-05 to 0.1, log" in shown(book.declared)
    assert '<progress value="30" max="30"' in shown(book.run)
    assert "reached max_trials = 30" in shown(book.run)
    assert [o.output_type for o in book.run.outputs] == ["display_data"]  # nothing as an alarm
    assert "30/30 done" in shown(book.look)
    assert "opt/sgd/momentum" in shown(book.look)
    assert "'lr': " in book.best.outputs[0]["data"]["text/plain"]
    assert book.trials.outputs[0]["data"]["text/plain"].count("(") == 3
    assert book.client.study("first-notebook").status is StudyStatus.COMPLETE


def test_a_study_is_waited_for_within_a_running_loop_and_beside_it(book):
    by_the_loop, by_another_thread = book.loop.outputs
    for output in (by_the_loop, by_another_thread):
        assert '<progress value="0" max="9"' in output["data"]["text/html"]


def test_the_stop_button_ends_the_waiting_in_one_line(book):
    bar, error = book.stopped.outputs
    assert '<progress value="0" max="9"' in bar["data"]["text/html"]
    said = "only the waiting has ended, study 'waiting' goes on: wait() takes it up again"
    assert error["evalue"].startswith(said)
    assert error["traceback"] == [f"KeyboardInterrupt: {error['evalue']}"]
    assert book.after.outputs == []  # the cells that were to follow were called off
    assert book.client.study("waiting").status is StudyStatus.ACTIVE
