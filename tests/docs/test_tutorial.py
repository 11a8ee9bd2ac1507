"""The tutorial is followed to the letter: its files written, its commands run, its output seen.

Commands run in this process, which takes its output for a terminal; `parzen coordinator` and
`parzen worker` are processes of their own, as they are for the reader, and so is a file that
starts some.
"""

from __future__ import annotations

import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parzen.client import cli

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
ENDLESS = ("coordinator", "worker")
LOOKING = ("status", "workers")
"""Commands that a reader repeats until they show what is awaited."""
PATIENCE_S = 30.0
ANYTHING = "…"


class Reader:
    """Somebody who does what the page says."""

    def __init__(self, folder, capsys):
        self.folder, self.capsys = folder, capsys
        self.printed, self.typed = "", []
        self.running = []

    def follow(self, page):
        for language, block in FENCE.findall(page):
            getattr(self, f"do_{language}")(block)

    def do_python(self, block):
        self.named(block).write_text(block)

    def do_diff(self, block):
        file, lines = self.named(block), block.splitlines()
        [old, new] = ([line[1:] for line in lines if line[0] == sign] for sign in "-+")
        code = file.read_text()
        assert (len(old), len(new), code.count(old[0])) == (1, 1, 1)
        file.write_text(code.replace(old[0], new[0]))

    def named(self, block):
        return self.folder / re.match(r"# (\w+\.py)\n", block)[1]

    def do_sh(self, block):
        self.printed, self.typed = (
            "",
            [shlex.split(line, comments=True) for line in block.splitlines()],
        )
        for words in self.typed:
            self.type(words)

    def do_text(self, block):
        deadline = time.monotonic() + PATIENCE_S
        while not says(self.printed, block):
            looked = all(words[:1] == ["parzen"] and words[1] in LOOKING for words in self.typed)
            if not looked or time.monotonic() > deadline:
                pytest.fail(f"the page says:\n{block}\nbut this was printed:\n{self.printed}")
            self.printed = ""
            for words in self.typed:
                self.type(words)

    def type(self, words):
        if words[0] == "pip":
            return  # whoever runs the tests has it
        if words[0] == "export":
            assert words[1] == "PARZEN_STORE=$(parzen up --uri)"
            self.call(["up", "--uri"])
            assert self.printed.strip() == os.environ["PARZEN_STORE"]
        elif words[0] == "python":
            self.python(self.folder / words[1])
        else:
            at = words.index("parzen")
            environ = dict(word.split("=", 1) for word in words[:at])
            (self.start if words[at + 1] in ENDLESS else self.call)(words[at + 1 :], **environ)

    def call(self, words):
        self.capsys.readouterr()
        code = cli.run(words)
        said = self.capsys.readouterr().out
        assert code == 0, (words, said)
        self.printed += said
        sys.modules.pop("train", None)  # each of these lines is a process of its own

    def start(self, words, **environ):
        self.running.append(
            subprocess.Popen(
                [sys.executable, "-m", "parzen.client.cli", *words, "--log-level", "warning"],
                env={**os.environ, **environ},
                stdin=subprocess.DEVNULL,
            )
        )

    def python(self, file):
        if ".run(" in file.read_text():
            said = subprocess.run(
                [sys.executable, file], stdout=-1, stderr=subprocess.STDOUT, text=True, check=True
            ).stdout
        else:
            self.capsys.readouterr()
            runpy.run_path(str(file), run_name="__main__")
            said = self.capsys.readouterr().out
        self.printed += said

    def leave(self):
        """Press Ctrl-C in the other terminals; what their commands return."""
        for process in reversed(self.running):
            process.send_signal(signal.SIGINT)
        return [process.wait(PATIENCE_S) for process in self.running]


def says(printed, block):
    """Whether this was printed, but for what … stands for, in a line or as lines of their own."""
    wanted = re.escape(squeezed(block) + "\n")
    wanted = re.sub(rf"^{ANYTHING}\\\n", "(?:.*\\n)*", wanted, flags=re.MULTILINE)
    return re.fullmatch(wanted.replace(ANYTHING, ".*"), squeezed(printed) + "\n") is not None


def squeezed(text):
    """Lines without the blanks that only align them, nor empty ones."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def as_one_terminal(monkeypatch):
    """Both outputs become one terminal of 80 columns, which knows no colours."""
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", sys.stdout)


@pytest.fixture
def reader(store, mongod_uri, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARZEN_HOME", str(tmp_path / "laptop"))
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    monkeypatch.setenv("PARZEN_STORE", uri)
    # as where the environment is activated: messages call parzen by its short name then
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    found = Reader(tmp_path, capsys)
    yield found
    for process in found.running:
        process.kill()
        process.wait()


def test_the_tutorial_can_be_followed(reader, monkeypatch):
    as_one_terminal(monkeypatch)  # here: pytest changes the outputs between a fixture and its test
    reader.follow(PAGE.read_text("utf-8"))
    assert reader.leave() == [0, 0, 0]
