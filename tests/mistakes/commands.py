"""Words on the command line that are wrong."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from mistakes.rows import Outcome, Row

from parzen.client import cli
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import Conflict
from parzen.shared.mongo import connect
from parzen.shared.records import Study, Uid


@dataclass
class Lab:
    """``uri`` is a store, in which there are the studies digits and resnet."""

    uri: str

    def __post_init__(self):
        x = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)
        with connect(self.uri, prepare=True) as store:
            for name in ("digits", "resnet"):
                with contextlib.suppress(Conflict):
                    study = Study(name=name, uid=Uid(f"uid-of-{name}"), dimensions=(x,))
                    store.catalog.create(study, b"")


def outcome(text, lab):
    """The exit code of ``parzen …``, what it said on standard error, and on output if none."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        (Path(folder) / "file").touch()
        (Path(folder) / "table.csv").write_text("x,value\n0.5,1\n7,2\n")
        words = [w.replace("FOLDER", folder) for w in shlex.split(text)[1:]]
        environ = {"PARZEN_STORE": lab.uri, "PARZEN_HOME": f"{folder}/home", "COLUMNS": "100"}
        while words and "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            environ[name] = value
        stack.enter_context(mock.patch.dict(os.environ, environ))
        said, printed = io.StringIO(), io.StringIO()
        stack.enter_context(contextlib.redirect_stderr(said))
        stack.enter_context(contextlib.redirect_stdout(printed))
        code = cli.run(words)
    heard = said.getvalue().strip() or printed.getvalue().strip()
    heard = heard[heard.find("Error: ") :] if heard.startswith("Usage: ") else heard
    return Outcome(f"exit {code}", " ".join(heard.replace(folder, "…").split()))


ROWS: tuple[Row, ...] = (
    Row(
        "parzen frobnicate",
        "exit 2",
        "Error: there is no command 'frobnicate'; see `parzen --help`.",
    ),
    Row(
        "parzen stauts",
        "exit 2",
        "Error: there is no command 'stauts'; did you mean status or studies?",
    ),
    Row(
        "parzen Status digits",
        "exit 2",
        "Error: there is no command 'Status'; did you mean status?",
    ),
    Row('parzen ""', "exit 2", "Error: there is no command ''; see `parzen --help`."),
    Row("parzen --nonsense", "exit 2", "Error: No such option '--nonsense'."),
    Row("parzen status", "exit 2", "Error: Missing argument 'STUDY'."),
    Row(
        "parzen status nothing",
        "exit 3",
        "parzen: there is no study 'nothing': `parzen studies` lists them",
    ),
    Row(
        "parzen status digts", "exit 3", "parzen: there is no study 'digts': did you mean 'digits'?"
    ),
    Row('parzen status ""', "exit 3", "parzen: there is no study '': `parzen studies` lists them"),
    Row(
        "parzen status $where",
        "exit 3",
        "parzen: there is no study '$where': `parzen studies` lists them",
    ),
    Row("parzen status digits extra", "exit 2", "Error: Got unexpected extra argument (extra)"),
    Row(
        "parzen status digits --jsn",
        "exit 2",
        "Error: No such option '--jsn'. Did you mean '--json'?",
    ),
    Row(
        "parzen status nothing --json",
        "exit 3",
        "parzen: there is no study 'nothing': `parzen studies` lists them",
    ),
    Row(
        "parzen pause nothing",
        "exit 3",
        "parzen: there is no study 'nothing': `parzen studies` lists them",
    ),
    Row(
        "parzen retry digits",
        "exit 2",
        "parzen: which trials is not clear: name their numbers, or give --failed for all that "
        "failed, or --kind for those that failed in one way",
    ),
    Row(
        "parzen retry digits 7",
        "exit 3",
        "parzen: study 'digits' has no trial 7: `parzen trials digits` lists those it has",
    ),
    Row(
        "parzen set digits max_trials=0",
        "exit 2",
        "parzen: max_trials=0 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "parzen set digits max_trails=9",
        "exit 2",
        "parzen: a study has no setting 'max_trails': did you mean max_trials?",
    ),
    Row(
        "parzen set digits priority", "exit 2", "parzen: 'priority' is not usable: write KEY=VALUE"
    ),
    Row(
        "parzen note digits:one hello",
        "exit 2",
        "parzen: 'digits:one' names no trial: write STUDY:NUMBER, such as digits:17",
    ),
    Row(
        "parzen enqueue digits",
        "exit 2",
        "parzen: which points is not clear: give one as PARAMETER=VALUE words, or a file with "
        "--file",
    ),
    Row(
        "parzen enqueue digits x=2",
        "exit 2",
        "parzen: the parameter 'x' is 2; it must be a number from 0.0 to 1.0",
    ),
    Row(
        "parzen enqueue digits y=2",
        "exit 2",
        "parzen: there is no parameter 'y'; did you mean x?",
    ),
    Row(
        "parzen clone digits resnet",
        "exit 4",
        "parzen: a study named 'resnet' exists already: choose another name, or delete that one "
        "first",
    ),
    Row(
        "parzen delete digits",
        "exit 2",
        "parzen: deleting 'digits' is for good: give --yes where nobody can be asked",
    ),
    Row(
        "parzen trials digits --limit -1",
        "exit 2",
        "Error: Invalid value for '--limit': -1 is not in the range x>=0.",
    ),
    Row(
        "parzen trials digits --limit many",
        "exit 2",
        ("Error: Invalid value for '--limit': 'many' is not a valid integer range."),
    ),
    Row(
        "parzen trials digits --sort size",
        "exit 2",
        "parzen: study 'digits' has no field 'size': expected a parameter (x), number, state, "
        "loss, value, duration, started, finished, attempt, worker, host, kind, error, "
        "enqueued_by, note, result/KEY or user/KEY",
    ),
    Row(
        "parzen trials digits --columns number,los",
        "exit 2",
        "parzen: study 'digits' has no field 'los': did you mean 'loss'?",
    ),
    Row(
        "parzen trials digits --where x",
        "exit 2",
        "parzen: the condition 'x' cannot be read: expected NAME, one of = != < <= > >= ~, and a "
        "value, such as state=failed",
    ),
    Row(
        "parzen trials digits --where x=abc",
        "exit 2",
        "parzen: the condition 'x=abc' cannot be read: expected a number, not 'abc'",
    ),
    Row(
        "parzen trials digits --where state=fail",
        "exit 2",
        "parzen: the condition 'state=fail' cannot be read: 'fail' is none of its values: did you "
        "mean failed?",
    ),
    Row(
        "parzen trials digits --where state.$ne=failed",
        "exit 2",
        "parzen: study 'digits' has no field 'state.$ne': did you mean 'state' or 'started'?",
    ),
    Row("parzen trials digits --where 'worker={$ne:1}' --columns number", "exit 0", "number"),
    Row(
        "parzen show digits 0",
        "exit 3",
        "parzen: study 'digits' has no trial 0: `parzen trials digits` lists those it has",
    ),
    Row(
        "parzen show digits:0 1",
        "exit 2",
        "parzen: two trials are named, 0 and 1: give the number once",
    ),
    Row(
        "parzen diff digits resnet:0",
        "exit 2",
        "parzen: 'digits' and 'resnet:0' are not of one kind: compare two studies, or two trials "
        "as STUDY:NUMBER",
    ),
    Row(
        "parzen status digits --watch --interval 0",
        "exit 2",
        "Error: Invalid value for '--interval': 0.0 is not in the range 0.2<=x<=604800.0.",
    ),
    Row(
        "parzen trials digits --state done",
        "exit 2",
        (
            "Error: Invalid value for '--state': 'done' is not one of 'waiting', "
            "'running', 'complete', 'pruned', 'failed', 'cancelled'."
        ),
    ),
    Row("parzen trials digits --state", "exit 2", "Error: Option '--state' requires an argument."),
    Row(
        "parzen trials nothing --json",
        "exit 3",
        "parzen: there is no study 'nothing': `parzen studies` lists them",
    ),
    Row("parzen trials digits", "exit 0", "number state value loss duration_s failures x"),
    Row(
        "parzen best digits",
        "exit 3",
        "parzen: study 'digits' has no complete trial yet: wait for one",
    ),
    Row(
        "parzen best digits -n 0",
        "exit 2",
        "Error: Invalid value for '-n': 0 is not in the range x>=1.",
    ),
    Row(
        "parzen best digits --json",
        "exit 3",
        "parzen: study 'digits' has no complete trial yet: wait for one",
    ),
    Row("parzen logs digits", "exit 2", "Error: Missing argument 'NUMBER'."),
    Row(
        "parzen logs digits 0",
        "exit 3",
        ("parzen: study 'digits' has no trial 0: `parzen trials digits` lists those it has"),
    ),
    Row("parzen logs digits -1", "exit 2", "Error: No such option '-1'."),
    Row(
        "parzen logs digits zero",
        "exit 2",
        ("Error: Invalid value for 'NUMBER': 'zero' is not a valid integer range."),
    ),
    Row(
        "parzen logs digits 99999999999999999999",
        "exit 3",
        (
            "parzen: study 'digits' has no trial 99999999999999999999: `parzen trials "
            "digits` lists those it has"
        ),
    ),
    Row(
        "parzen cancel nothing",
        "exit 3",
        "parzen: there is no study 'nothing': `parzen studies` lists them",
    ),
    Row("parzen cancel", "exit 2", "Error: Missing argument 'STUDY'."),
    Row("parzen submit", "exit 2", "Error: Missing argument 'FILE:NAME'."),
    Row(
        "parzen submit nothing.py:study",
        "exit 3",
        ("parzen: there is no file nothing.py: give the path of the file with your study"),
    ),
    Row(
        "parzen submit nothing",
        "exit 2",
        ("parzen: 'nothing' names no study: write path/to/file.py:study or package.module:study"),
    ),
    Row(
        "parzen submit FOLDER:study",
        "exit 3",
        "parzen: there is no file …: give the path of the file with your study",
    ),
    Row(
        "parzen submit FOLDER/file:study",
        "exit 2",
        "parzen: …/file cannot be imported: it is no Python file",
    ),
    Row(
        "parzen submit FOLDER/file.py:study --max-trials 0",
        "exit 2",
        "Error: Invalid value for '--max-trials': 0 is not in the range x>=1.",
    ),
    Row(
        "parzen submit FOLDER/file.py:study --max-trials 1.5",
        "exit 2",
        ("Error: Invalid value for '--max-trials': '1.5' is not a valid integer range."),
    ),
    Row(
        'parzen submit a.b:c --name "my study"',
        "exit 3",
        (
            "parzen: there is no module 'a.b': install it, call from its directory, or "
            "give path/to/file.py:study"
        ),
    ),
    Row(
        "parzen studies --store localhost",
        "exit 2",
        (
            "parzen: the store's address 'localhost' cannot be read: it does not begin "
            "with mongodb:// or mongodb+srv://; expected "
            "mongodb://[user:…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        "parzen studies --store mongodb://me:secret@localhost:badport",
        "exit 2",
        (
            "parzen: the store's address 'mongodb://me:***@localhost:***' cannot be read: "
            "Port contains non-digit characters. Hint: username and password must be "
            "escaped according to RFC 3986, use urllib.parse.quote_plus; expected "
            "mongodb://[user:…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        "parzen studies --store mongodb://localhost/?nonsense=1",
        "exit 2",
        (
            "parzen: the store's address 'mongodb://localhost/?nonsense=***' cannot be "
            "read: Unknown option…; "
            "expected mongodb://[user:…@]host[:port][/database][?options] or "
            "mongodb+srv://…"
        ),
    ),
    Row("parzen studies --store", "exit 2", "Error: Option '--store' requires an argument."),
    Row(
        "parzen PARZEN_STORE= studies",
        "exit 3",
        (
            "parzen: there is no store in …/home: name yours with --store or PARZEN_STORE, "
            "or make one with `… up --data-dir …/home` or `… demo --data-dir …/home`"
        ),
    ),
    Row(
        "parzen PARZEN_STORE=nonsense studies",
        "exit 2",
        (
            "parzen: the store's address 'nonsense' cannot be read: it does not begin with "
            "mongodb:// or mongodb+srv://; expected "
            "mongodb://[user:…@]host[:port][/database][?options] or mongodb+srv://…"
        ),
    ),
    Row(
        "parzen studies --data-dir FOLDER/file",
        "exit 2",
        "Error: Invalid value for '--data-dir': Directory '…/file' is a file.",
    ),
    Row(
        "parzen PARZEN_STORE= studies --data-dir FOLDER/empty",
        "exit 3",
        (
            "parzen: there is no store in …/empty: name yours with --store or "
            "PARZEN_STORE, or make one with `… up --data-dir …/empty` or `… demo "
            "--data-dir …/empty`"
        ),
    ),
    Row(
        "parzen PARZEN_STORE= PARZEN_HOME=FOLDER/file studies",
        "exit 2",
        "Error: Invalid value for '--data-dir': Directory '…/file' is a file.",
    ),
    Row(
        "parzen PARZEN_STORE= PARZEN_HOME=FOLDER/file/below up",
        "exit 6",
        (
            "parzen: cannot write the data directory '…/file/below/mongo' (Not a "
            "directory): mend that, or choose another one with --data-dir or PARZEN_HOME"
        ),
    ),
    Row(
        "parzen PARZEN_STORE= PARZEN_HOME=/proc/parzen up",
        "exit 6",
        (
            "parzen: cannot write the data directory '/proc/parzen/mongo' (No such file or "
            "directory): mend that, or choose another one with --data-dir or PARZEN_HOME"
        ),
    ),
    Row(
        "parzen PARZEN_STORE= PARZEN_HOME=FOLDER/none down",
        "exit 0",
        "no embedded MongoDB was running in …/none",
    ),
    Row(
        "parzen worker --slots 0",
        "exit 2",
        "Error: Invalid value for '--slots': 0 is not in the range 1<=x<=1024.",
    ),
    Row(
        "parzen worker --slots many",
        "exit 2",
        ("Error: Invalid value for '--slots': 'many' is not a valid integer range."),
    ),
    Row(
        "parzen worker --slots 100000",
        "exit 2",
        ("Error: Invalid value for '--slots': 100000 is not in the range 1<=x<=1024."),
    ),
    Row(
        "parzen worker --max-trials 0",
        "exit 2",
        "Error: Invalid value for '--max-trials': 0 is not in the range x>=1.",
    ),
    Row(
        "parzen worker --lease 0",
        "exit 2",
        ("Error: Invalid value for '--lease': 0.0 is not in the range 2<=x<=604800.0."),
    ),
    Row(
        "parzen worker --lease nan",
        "exit 2",
        ("Error: Invalid value for '--lease': 'nan' is no length of time: expected seconds"),
    ),
    Row(
        "parzen worker --lease inf",
        "exit 2",
        ("Error: Invalid value for '--lease': inf is not in the range 2<=x<=604800.0."),
    ),
    Row(
        "parzen worker --lease 1e9",
        "exit 2",
        ("Error: Invalid value for '--lease': 1000000000.0 is not in the range 2<=x<=604800.0."),
    ),
    Row(
        "parzen worker --grace -1",
        "exit 2",
        ("Error: Invalid value for '--grace': -1.0 is not in the range 0<=x<=604800.0."),
    ),
    Row(
        "parzen worker --idle-timeout nan",
        "exit 2",
        ("Error: Invalid value for '--idle-timeout': 'nan' is no length of time: expected seconds"),
    ),
    Row(
        "parzen worker --claim-for -1",
        "exit 2",
        ("Error: Invalid value for '--claim-for': -1.0 is not in the range 0<=x<=604800.0."),
    ),
    Row(
        "parzen worker --max-consecutive-failures 0",
        "exit 2",
        ("Error: Invalid value for '--max-consecutive-failures': 0 is not in the range x>=1."),
    ),
    Row(
        'parzen worker --studies ""',
        "exit 2",
        ("Error: Invalid value for '--studies': '' holds an empty or unprintable name"),
    ),
    Row(
        "parzen worker --studies a,,b",
        "exit 2",
        ("Error: Invalid value for '--studies': 'a,,b' holds an empty or unprintable name"),
    ),
    Row(
        'parzen worker --labels ","',
        "exit 2",
        ("Error: Invalid value for '--labels': ',' holds an empty or unprintable name"),
    ),
    Row(
        "parzen worker --workdir FOLDER/file",
        "exit 2",
        "Error: Invalid value for '--workdir': Directory '…/file' is a file.",
    ),
    Row(
        "parzen worker --log-level loud",
        "exit 2",
        (
            "Error: Invalid value for '--log-level': 'loud' is not one of 'debug', 'info', "
            "'warning', 'error'."
        ),
    ),
    Row("parzen worker extra", "exit 2", "Error: Got unexpected extra argument (extra)"),
    Row(
        "parzen launch local -n 0",
        "exit 2",
        "Error: Invalid value for '-n' / '--agents': 0 is not in the range 1<=x<=1024.",
    ),
    Row(
        "parzen launch local --drain",
        "exit 2",
        "parzen: --drain says how to --stop: name the agents, such as --stop all",
    ),
    Row(
        "parzen launch local --stop 4711",
        "exit 3",
        "parzen: no agent 4711 of `parzen launch local` runs in …/home: see --list",
    ),
    Row(
        "parzen launch local -- --slots 0",
        "exit 2",
        "parzen: `parzen worker` does not take '--slots 0': Invalid value for '--slots': 0 …",
    ),
    Row(
        "parzen launch local -- --store mongodb://u:p@h",
        "exit 2",
        (
            "parzen: --store stands among the words for the workers: give it to `parzen "
            "launch` itself, which hands it on where nobody else reads it"
        ),
    ),
    Row(
        "parzen launch slurm --nodes 4",
        "exit 2",
        "parzen: for how long do you need the nodes? Say it with --time, such as --time 12:00:00",
    ),
    Row(
        "parzen PARZEN_STORE= launch slurm --time 60",
        "exit 2",
        (
            "parzen: no store is named, and the embedded server is for this machine only: "
            "name a MongoDB that the nodes can reach with PARZEN_STORE, PARZEN_STORE_FILE or "
            "--store-file"
        ),
    ),
    Row(
        "parzen launch slurm --time soon",
        "exit 2",
        (
            "parzen: 'soon' is no length of time of Slurm's: expected minutes, "
            "hours:minutes:seconds or days-hours:minutes:seconds, such as 12:00:00"
        ),
    ),
    Row(
        "parzen launch slurm --time 2",
        "exit 2",
        (
            "parzen: --time is '2', and Slurm would warn each agent 80 to 140 s before its "
            "end: ask for 4 minutes at least, or give a smaller --warning and --grace (for "
            "the workers)"
        ),
    ),
    Row(
        "parzen launch slurm --time 60 --warning 10",
        "exit 2",
        (
            "parzen: --warning is 10 s, and trials have 20 s to save themselves: give more, "
            "or a smaller --grace among the words for the workers"
        ),
    ),
    Row(
        "parzen launch slurm --time 60 --gpus-per-node many",
        "exit 2",
        (
            "parzen: --gpus-per-node is 'many': expected a number, or a type and a number, "
            "such as 8 or a100:8"
        ),
    ),
    Row(
        "parzen launch slurm --time 60 --sbatch=--array=0-9",
        "exit 2",
        (
            "parzen: --sbatch '--array=0-9': the script depends on --array; use --nodes and "
            "--array-limit instead"
        ),
    ),
    Row(
        "parzen launch slurm --time 60 --sbatch=-x",
        "exit 2",
        (
            "parzen: --sbatch '-x': expected one option of sbatch in its long form, with its "
            "value after a =, such as --sbatch '--exclude=node[1-4]'"
        ),
    ),
    Row(
        "parzen launch slurm --time 60 -- --name mine",
        "exit 2",
        (
            "parzen: --name stands among the words for the workers: leave it out, since each "
            "is called by its task, such as slurm-1234_0"
        ),
    ),
    Row(
        "parzen launch slurm --time 60 --activate 'if true'",
        "exit 2",
        "parzen: with these --activate lines the script is none that bash understands: …",
    ),
    Row(
        "parzen launch slurm --list --cancel all",
        "exit 2",
        (
            "parzen: --list lists the agents that were launched, and --cancel asks for something "
            "else: give one or the other"
        ),
    ),
    Row(
        "parzen coordinator --lease 0",
        "exit 2",
        ("Error: Invalid value for '--lease': 0.0 is not in the range 1<=x<=604800.0."),
    ),
    Row(
        'parzen coordinator --studies " "',
        "exit 2",
        ("Error: Invalid value for '--studies': ' ' holds an empty or unprintable name"),
    ),
    Row(
        "parzen coordinator --exit-when-dne",
        "exit 2",
        ("Error: No such option '--exit-when-dne'. Did you mean '--exit-when-done'?"),
    ),
    Row(
        "parzen gc --older-than soon",
        "exit 2",
        (
            "Error: Invalid value for '--older-than': 'soon' is no age: expected a number with s, "
            "m, h, d or w, such as 7d"
        ),
    ),
    Row(
        "parzen gc --older-than 1m",
        "exit 2",
        "Error: Invalid value for '--older-than': '1m' is too young: expected at least 10m",
    ),
    Row(
        "parzen gc --yes --dry-run",
        "exit 2",
        "parzen: --yes and --dry-run exclude each other: leave one of them out",
    ),
    Row(
        "parzen PARZEN_STORE= gc",
        "exit 3",
        (
            "parzen: there is no store in …/home: name yours with --store or PARZEN_STORE, or make "
            "one with `…up --data-dir …/home` or `…demo --data-dir …/home`"
        ),
    ),
    Row(
        "parzen up --port 0",
        "exit 2",
        "Error: Invalid value for '--port': 0 is not in the range 1<=x<=65535.",
    ),
    Row(
        "parzen demo --trials 0",
        "exit 2",
        "Error: Invalid value for '--trials': 0 is not in the range x>=1.",
    ),
    Row(
        "parzen demo --workers 0",
        "exit 2",
        "Error: Invalid value for '--workers': 0 is not in the range x>=1.",
    ),
    Row(
        'parzen demo --name "a b"',
        "exit 2",
        (
            "parzen: 'a b' cannot be a study's name: use 1 to 100 letters, digits, dots, "
            "dashes or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        "parzen export digits --to trials.xls",
        "exit 2",
        (
            "parzen: the name 'trials.xls' does not tell the format: expected one that ends in "
            ".csv, .jsonl, .ndjson, .parquet, .pq, or an address as sqlite:///study.db; or "
            "say --format"
        ),
    ),
    Row(
        "parzen export digits --to FOLDER/table.csv",
        "exit 2",
        (
            "parzen: '…/table.csv' is there already: choose another name, or write over it with "
            "--force (in Python force=True)"
        ),
    ),
    Row(
        "parzen export digits --to FOLDER/none/x.csv",
        "exit 2",
        "parzen: there is no folder '…/none': make it first, or choose another",
    ),
    Row(
        "parzen export digits --to FOLDER --format csv --force",
        "exit 2",
        "parzen: '…' is no regular file: choose another name",
    ),
    Row(
        "parzen export digits --to mongodb://me:secret@host/db",
        "exit 2",
        (
            "parzen: the Optuna storage 'mongodb://me:***@host/db' cannot be opened: expected "
            "sqlite:///FILE, journal:FILE, or the address of a MySQL or PostgreSQL database"
        ),
    ),
    Row(
        "parzen export digits --to sqlite:///FOLDER/table.csv",
        "exit 2",
        (
            "parzen: the Optuna storage 'sqlite:///…/table.csv' cannot be used (file is not a "
            "database): expected sqlite:///FILE, journal:FILE, or the address of a MySQL or "
            "PostgreSQL database"
        ),
    ),
    Row(
        "parzen export digits --json",
        "exit 2",
        (
            "parzen: --json is about a file or a storage, and the export goes to standard output: "
            "leave it out, or name a file with --to; --format jsonl writes the trials as JSON"
        ),
    ),
    Row("parzen import digits", "exit 2", "Error: Missing argument 'SOURCE'."),
    Row(
        "parzen import digits FOLDER/none.csv",
        "exit 3",
        "parzen: there is no file '…/none.csv': give the path of a CSV file",
    ),
    Row(
        "parzen import digits FOLDER/file",
        "exit 2",
        (
            "parzen: what '…/file' holds cannot be told from its name: expected a file that ends "
            "in .csv, an Optuna storage as sqlite:///study.db or journal:study.log, or an address "
            "mongo://host/db/jobs of Hyperopt's; or say --from (in Python format=)"
        ),
    ),
    Row(
        "parzen import digits FOLDER/file --from csv",
        "exit 2",
        "parzen: '…/file' is empty: expected a header and a row for each trial",
    ),
    Row(
        "parzen import digits FOLDER/file --from optuna",
        "exit 2",
        "parzen: 'journal:…/file' holds no study: name another storage",
    ),
    Row(
        "parzen import digits sqlite:///FOLDER/none.db",
        "exit 3",
        "parzen: there is no file '…/none.db': name a storage that exists",
    ),
    Row(
        "parzen import digits FOLDER/table.csv",
        "exit 2",
        (
            "parzen: …/table.csv, line 3: the column 'x' is 7; it must be a number from 0.0 to "
            "1.0: nothing was imported; mend it, or leave such rows out with --skip-invalid "
            "(in Python skip_invalid=True)"
        ),
    ),
    Row(
        "parzen import digits FOLDER/table.csv --value-column acc",
        "exit 2",
        "parzen: '…/table.csv' has no column 'acc': its columns are x, value",
    ),
    Row(
        "parzen import digits FOLDER/table.csv --name other",
        "exit 2",
        (
            "parzen: --name (in Python name=) means nothing where the source is of the kind 'csv': "
            "leave it out"
        ),
    ),
    Row(
        "parzen import digits FOLDER/table.csv --from hyperopt",
        "exit 2",
        (
            "parzen: '…/table.csv' is no pickle: expected a file with pickled Trials of "
            "Hyperopt's, or the address of its database as mongo://host:port/db/jobs"
        ),
    ),
    Row(
        "parzen import digits FOLDER/none.pkl --from hyperopt",
        "exit 3",
        (
            "parzen: there is no file '…/none.pkl': name one with pickled Trials, or a database as "
            "mongo://host:port/db/jobs"
        ),
    ),
    Row(
        "parzen import digits mongo://old:27017/db/jobs --trust-pickle",
        "exit 2",
        (
            "parzen: --trust-pickle (in Python trust_pickle=) means nothing for the address "
            "'mongo://old:27017/db/jobs': leave it out"
        ),
    ),
    Row(
        "parzen import digits FOLDER/table.csv --fill y=1",
        "exit 2",
        "parzen: there is no parameter 'y'; did you mean x?",
    ),
)
