"""Every block of docs/queries.md does on a real MongoDB what the page says, in both forms."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from bson import json_util
from queries import answers, overview, page
from queries.everything import Everything
from queries.population import ONE, populate
from queries.shell import Asked, read

from parzen.client import cli
from parzen.shared.mongo import MongoStore, connect
from parzen.shared.mongo.schema import INDEXES
from parzen.shared.records import Completed

QUESTIONS = {pair.name: pair for pair in page.questions()}

RECKONED = {**vars(answers), **vars(overview)}
"""What reckons the answer that the page calls so."""

BY_THE_CLOCK = {"running_s": 300.0, "hours": 0.1, "gpu_hours": 0.2}
"""What depends on the moment when it is asked, and how much."""

MONGOSH = shutil.which("mongosh")


@dataclass(frozen=True)
class Asking:
    """A store with the three studies, as a viewer sees it by the page's own words."""

    store: MongoStore
    board: str
    names: dict[str, Any]
    found: dict[str, list[dict[str, Any]]]

    @property
    def db(self):
        return self.names["db"]

    @property
    def everything(self):
        """What the expected answers are reckoned from."""
        return Everything(self.found, self.names["uid"], self.store.queue.now())

    def python(self, code):
        """Run a block; what its last statement gave a value to."""
        exec(code, self.names)
        answer = self.names.get(page.answer(code))
        return answer if isinstance(answer, str) else list(answer)


@pytest.fixture(scope="module")
def asking(mongod_uri, tmp_path_factory):
    """The three studies, and a viewer whom the page's own command makes and lets in."""
    folder, name = tmp_path_factory.mktemp("asking"), f"test_{uuid.uuid4().hex}"
    admin = folder / "admin.uri"
    admin.touch(mode=0o600)
    admin.write_text(mongod_uri.replace("/parzen?", f"/{name}?"))
    with connect(admin.read_text(), prepare=True) as store, pytest.MonkeyPatch.context() as patch:
        populate(store)
        patch.chdir(folder)
        assert cli.run(parzen_line("roles")) == 0
        patch.setenv("PARZEN_STORE_FILE", str(folder / "board.uri"))
        names: dict[str, Any] = {}
        for code in page.blocks("python", "Connecting") + page.blocks("python", "Before you ask"):
            exec(code, names)
        found = {name: list(store.db[name].find()) for name in INDEXES}
        yield Asking(store, (folder / "board.uri").read_text().strip(), names, found)
        names["client"].close()
        for drop in ("dropAllUsersFromDatabase", "dropAllRolesFromDatabase", "dropDatabase"):
            store.db.command(drop)


def parzen_line(command):
    """The words after parzen of the page's line that begins so."""
    lines = "".join(page.blocks("sh", "Connecting")).splitlines()
    (line,) = [line for line in lines if line.startswith(f"parzen {command} ")]
    return shlex.split(line)[1:]


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_forms_of_a_question_get_the_right_answer(name, asking):
    question = QUESTIONS[name]
    wanted = RECKONED[name](asking.everything)
    _, asked = read(question.shell, asking.names)

    assert wanted
    same(asked.run(asking.db), wanted)
    same(asking.python(question.python), wanted)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_indexes_that_the_page_names_serve_the_question(name, asking):
    _, asked = read(QUESTIONS[name].shell, asking.names)
    plan = explained(asking.db, asked)

    assert QUESTIONS[name].indexes or name == "alive"
    assert set(QUESTIONS[name].indexes) <= set(values(plan, "indexName", "indexesUsed"))
    if asked.collection not in ("studies", "workers"):
        assert "COLLSCAN" not in values(plan, "stage")
    assert not any(map(int, values(plan, "collectionScans"))), plan


def test_a_study_is_found_by_its_name_in_both_forms(asking):
    (shell,) = page.blocks("js", "Before you ask")
    name, uid = read(shell, asking.names)

    assert name == "uid"
    assert uid.run(asking.db) == asking.names["uid"] == asking.store.catalog.study("digits").uid


@pytest.mark.skipif(MONGOSH is None, reason="no mongosh on PATH: its forms ran by pymongo alone")
def test_mongosh_itself_gives_the_same_answers(asking, tmp_path):
    (uid,) = page.blocks("js", "Before you ask")
    said = "tell = (name, found) => print(EJSON.stringify([name, found.toArray()]))"
    asks = [f"tell({json.dumps(q.name)}, {q.shell.strip()})" for q in QUESTIONS.values()]
    script = tmp_path / "asks.js"
    script.write_text("\n".join([uid, said, *asks]))
    options = json_util.JSONOptions(tz_aware=True)
    lines = mongosh(asking.board, "--file", script).splitlines()

    answers = dict(json_util.loads(line, json_options=options) for line in lines)
    assert list(answers) == list(QUESTIONS)
    for name, answer in answers.items():
        same(answer, RECKONED[name](asking.everything))


@pytest.mark.skipif(MONGOSH is None, reason="no mongosh on PATH")
def test_mongosh_reads_the_address_from_its_file(asking, tmp_path):
    (tmp_path / "board.uri").write_text(asking.board)
    lines = "".join(page.blocks("sh", "Connecting")).splitlines()
    (line,) = [line for line in lines if "--nodb" in line]
    words = [word for word in shlex.split(line)[1:] if word != "--shell"]  # it would wait for keys

    count = mongosh(*words, "--eval", "db.studies.countDocuments()", cwd=tmp_path)
    assert count.strip() == "3"


def test_the_command_that_prints_the_address_exists():
    said = re.findall(r"\$\(parzen (.*?)\)", "".join(page.blocks("sh", "Connecting")))

    for line in said:
        command, *words = shlex.split(line)
        cli.cli.get_command(None, command).make_context(command, words)
    assert said


@pytest.mark.parametrize("form", ["js", "python"])
def test_what_the_page_writes_by_hand_harms_nothing(form, store):
    populate(store)
    digits = store.catalog.study("digits")
    names = {"db": store.db, "uid": digits.uid}

    for code in page.blocks(form, "A view of your own") + page.blocks(form, "Writing by hand"):
        if form == "python":
            exec(code, names)
        else:
            read(code, names)[1].run(store.db)

    assert store.catalog.study("digits").tags == ("vision", "keep")
    assert store.db.jobs.find_one({"my_checkpoint": "s3://lab/6.pt"})["number"] == 6
    assert "finished_at_1" in store.db.jobs.index_information()
    complete = [t for t in store.catalog.trials(digits) if t.value is not None]
    rows = list(store.db.board.find({"study": "digits"}).sort("value", -1))
    assert len(rows) == len(complete)
    assert rows[0]["number"] == 6
    assert set(rows[0]) >= {"lr", "opt", "value", "duration_s"}
    (claim,) = store.queue.claim(ONE, [store.catalog.study("digits")], 1)
    store.queue.report([(claim, Completed(value=0.5))])
    assert store.catalog.trial(digits, claim.trial.number).value == 0.5


def test_the_page_has_no_code_but_what_is_run():
    handled = {
        "Connecting": {"sh", "python"},
        "Before you ask": {"js", "python"},
        "The questions": {"js", "python"},
        "A view of your own": {"js", "python"},
        "Writing by hand": {"js", "python"},
        "The schema": {"js"},
    }
    chapters = re.split(r"^## (.+)\n", page.text(), flags=re.MULTILINE)
    found = {
        title: set(re.findall(r"^ *```(\w+)$", body, flags=re.MULTILINE))
        for title, body in zip(chapters[1::2], chapters[2::2], strict=True)
    }

    assert {title: languages for title, languages in found.items() if languages} == handled
    assert len(QUESTIONS) == len(page.blocks("js", "The questions"))
    assert len(QUESTIONS) == len(page.blocks("python", "The questions"))


def test_the_pymongo_forms_are_those_that_the_mongosh_forms_make():
    for question in QUESTIONS.values():
        made = page.pythonic(question.name, question.shell)
        assert question.python == made, "run `PYTHONPATH=tests python -m queries`"


def test_the_contents_lead_to_every_chapter_and_question():
    led = set(re.findall(r"\]\(#([\w-]+)\)", page.text()))
    headings = re.findall(r"^###? (.+)$", page.text(), flags=re.MULTILINE)
    collections = {slug(h) for h in headings if h.startswith("`")}

    assert led - collections == {slug(h) for h in headings} - collections
    assert len(led & collections) == len(collections) - 1  # the chunks stand beside their files


def test_the_commands_of_the_page_exist():
    named = re.findall(r"`parzen\s([a-z]+)", page.text())

    assert named
    assert set(named) <= set(cli.COMMANDS)


def test_a_viewer_reads_a_view(asking):
    (make,) = page.blocks("js", "A view of your own")
    read(make)[1].run(asking.store.db)

    assert asking.db.board.count_documents({}) == asking.db.jobs.count_documents(
        {"state": "complete"}
    )


def slug(heading):
    """What a link to a heading names."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def same(found, wanted, at="answer"):
    """See that an answer is the expected one; numbers may differ in their last digits."""
    if isinstance(wanted, dict):
        assert set(found) == set(wanted), at
        for name, value in wanted.items():
            same(found[name], value, f"{at}.{name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), at
        for i, value in enumerate(wanted):
            same(found[i], value, f"{at}[{i}]")
    elif isinstance(wanted, float):
        slack = BY_THE_CLOCK.get(at.rpartition(".")[2], 1e-9)
        assert found == pytest.approx(wanted, abs=slack), at
    else:
        assert found == wanted, at


def explained(db, asked: Asked):
    """How the server went about it."""
    given, method = asked.given, asked.method
    command: dict[str, Any] = {method: asked.collection}
    if method == "aggregate":
        command |= {"pipeline": given[0], "cursor": {}}
    else:
        command |= {"filter": given[0], "projection": given[1]}
        command |= {name: value[0] for name, value in asked.then}
    return db.command({"explain": command, "verbosity": "executionStats"})


def values(plan, *names):
    """What stands under these names, anywhere in a plan but among those that were rejected."""
    found: list[str] = []
    for name, value in plan.items() if isinstance(plan, dict) else enumerate(plan):
        if name in names:
            found += value if isinstance(value, list) else [value]
        elif isinstance(value, (dict, list)) and name != "rejectedPlans":
            found += values(value, *names)
    return found


def mongosh(*words, cwd=None):
    """What mongosh prints, in a home of its own."""
    done = subprocess.run(
        [MONGOSH, *map(str, words), "--quiet", "--norc"],
        capture_output=True,
        check=True,
        text=True,
        cwd=cwd,
        env=os.environ,
        timeout=100,
    )
    return done.stdout
