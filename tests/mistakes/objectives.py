"""Objectives that cannot be called, or cannot travel."""

from __future__ import annotations

import contextlib
import functools  # noqa: F401 - for the rows' code
import socket
import sqlite3
import sys
import tempfile
import threading  # noqa: F401 - for the rows' code
from pathlib import Path

import numpy as np
from mistakes.rows import Row

from parzen.client import Float, Space
from parzen.client.loading import load
from parzen.client.study import Study
from parzen.shared import bundle


def submitted(objective, setup=None, main_file=None):
    """Declare a study with the objective and pack it, as submitting does."""
    space = Space({"x": Float(0, 1)})
    Study("s", space=space, objective=objective, setup=setup, max_trials=1)
    bundle.build(objective, space, setup=setup, main_file=main_file)


def capturing(value):
    """An objective that holds ``value``."""

    def objective(params):
        return params["x"] if value is None else value

    return objective


def streaming(params):
    """A generator function."""
    yield params["x"]


async def later(params):
    """A coroutine function."""
    return params["x"]


class Model:
    """A class with a method."""

    def __init__(self, params):
        self.params = params

    def fit(self, params):
        """An objective."""
        return params["x"]


class Called:
    """An object that can be called."""

    def __call__(self, params):
        """An objective."""
        return params["x"]


class OnDevice:
    """What a tensor on a GPU does when it is pickled without one."""

    def __reduce__(self):
        """Refuse."""
        raise RuntimeError("cannot pickle a tensor on cuda:0")


def connected():
    """A socket; closed, so that nothing leaks from the test."""
    with socket.socket() as made:
        return made


def database():
    """A database, closed likewise."""
    with contextlib.closing(sqlite3.connect(":memory:")) as made:
        return made


def array():
    """Two gigabytes that were never touched."""
    return np.lib.stride_tricks.as_strided(np.zeros(1), shape=(250_000_000,), strides=(0,))


def loaded(name, content=None, ending="study"):
    """Load a study from a file of this content, as ``parzen submit`` does."""
    before = sys.path[:]
    with tempfile.TemporaryDirectory(prefix="parzen-mistakes-") as folder:
        file = Path(folder) / name
        if isinstance(content, bytes):
            file.write_bytes(content)
        elif content is not None:
            file.write_text(content)
        try:
            return load(f"{file}:{ending}")
        finally:
            sys.path[:] = before
            sys.modules.pop(file.stem, None)


ROWS: tuple[Row, ...] = (
    Row('submitted(lambda params: params["x"])', "works", "None"),
    Row('submitted(lambda params, trial: params["x"])', "works", "None"),
    Row(
        "submitted(lambda: 1.0)",
        "InvalidObjective",
        (
            "the objective '<lambda>' has the signature (); it must take (params) or "
            "(params, trial), and a default for whatever else it takes"
        ),
    ),
    Row(
        "submitted(lambda a, b, c: 1.0)",
        "InvalidObjective",
        (
            "the objective '<lambda>' has the signature (a, b, c); it must take (params) "
            "or (params, trial), and a default for whatever else it takes"
        ),
    ),
    Row("submitted(lambda *args: 1.0)", "works", "None"),
    Row(
        "submitted(lambda params, *, lr: 1.0)",
        "InvalidObjective",
        (
            "the objective '<lambda>' has the signature (params, *, lr); it must take "
            "(params) or (params, trial), and a default for whatever else it takes"
        ),
    ),
    Row("submitted(lambda params, lr=1: 1.0)", "works", "None"),
    Row(
        "submitted(streaming)",
        "InvalidObjective",
        ("the objective 'streaming' is a generator function; it must return, not yield"),
    ),
    Row(
        "submitted(later)",
        "InvalidObjective",
        ("the objective 'later' is asynchronous; call asyncio.run inside a plain function instead"),
    ),
    Row(
        "submitted(Model)",
        "InvalidObjective",
        ("the objective 'Model' is a class; give a function, or an instance with __call__"),
    ),
    Row("submitted(Model({}).fit)", "works", "None"),
    Row("submitted(Called())", "works", "None"),
    Row("submitted(functools.partial(Model.fit, None))", "works", "None"),
    Row("submitted(functools.lru_cache(lambda params: 1.0))", "works", "None"),
    Row("submitted(len)", "works", "None"),
    Row("submitted(print)", "works", "None"),
    Row("submitted(max)", "works", "None"),
    Row(
        "submitted(None)",
        "InvalidObjective",
        "the objective None cannot be called; give a function",
    ),
    Row("submitted(5)", "InvalidObjective", "the objective 5 cannot be called; give a function"),
    Row(
        "submitted([len])",
        "InvalidObjective",
        ("the objective [<built-in function len>] cannot be called; give a function"),
    ),
    Row(
        'submitted(Model({}).fit({"x": 1.0}))',
        "InvalidObjective",
        "the objective 1.0 cannot be called; give a function",
    ),
    Row(
        "submitted(capturing(threading.Lock()))",
        "InvalidObjective",
        (
            "the objective captures 'value' (lock), which cannot travel to a worker: "
            "cannot pickle '_thread.lock' object; make it in setup(), or inside the "
            "objective"
        ),
    ),
    Row(
        "submitted(capturing(connected()))",
        "InvalidObjective",
        (
            "the objective captures 'value' (socket), which cannot travel to a worker: "
            "cannot pickle 'socket' object; make it in setup(), or inside the objective"
        ),
    ),
    Row(
        "submitted(capturing(database()))",
        "InvalidObjective",
        (
            "the objective captures 'value' (Connection), which cannot travel to a worker: "
            "cannot pickle 'sqlite3.Connection' object; make it in setup(), or inside the "
            "objective"
        ),
    ),
    Row(
        "submitted(capturing(x for x in [1]))",
        "InvalidObjective",
        (
            "the objective captures 'value' (generator), which cannot travel to a worker: "
            "cannot pickle 'generator' object; make it in setup(), or inside the objective"
        ),
    ),
    Row(
        "submitted(capturing(threading.Thread()))",
        "InvalidObjective",
        (
            "the objective captures 'value' (Thread), which cannot travel to a worker: "
            "cannot pickle '_thread.lock' object; make it in setup(), or inside the "
            "objective"
        ),
    ),
    Row(
        "submitted(capturing(OnDevice()))",
        "InvalidObjective",
        (
            "the objective captures 'value' (OnDevice), which cannot travel to a worker: "
            "cannot pickle a tensor on cuda:0; make it in setup(), or inside the objective"
        ),
    ),
    Row(
        "submitted(capturing(array()))",
        "InvalidObjective",
        (
            "the objective is larger than 32.0 MiB, which is the limit of a bundle: its "
            "largest captured variables are 'value' (1.9 GiB of ndarray); load large data "
            "in setup(), or read it by its path in the objective"
        ),
    ),
    Row(
        "submitted(capturing(bytes(200_000_000)))",
        "InvalidObjective",
        (
            "the objective is larger than 32.0 MiB, which is the limit of a bundle: its "
            "largest captured variables are 'value' (190.7 MiB of bytes); load large data "
            "in setup(), or read it by its path in the objective"
        ),
    ),
    Row(
        "submitted(lambda params: 1.0, setup=5)",
        "InvalidObjective",
        "the setup 5 cannot be called; give a function",
    ),
    Row(
        "submitted(lambda params: 1.0, setup=lambda: 1)",
        "InvalidObjective",
        (
            "what setup() returns is handed over as trial.shared, so the objective "
            "'<lambda>' must take (params, trial)"
        ),
    ),
    Row(
        "submitted(lambda params, trial: 1.0, setup=lambda x: 1)",
        "InvalidObjective",
        ("setup '<lambda>' must be callable without arguments: missing a required argument: 'x'"),
    ),
    Row(
        "submitted(lambda params, trial: 1.0, setup=capturing(threading.Lock()))",
        "InvalidObjective",
        (
            "setup 'capturing.<locals>.objective' must be callable without arguments: "
            "missing a required argument: 'params'"
        ),
    ),
    Row(
        'submitted("train")',
        "InvalidObjective",
        "the objective 'train' must be of the form 'package.module:function'",
    ),
    Row(
        'submitted("train:")',
        "InvalidObjective",
        "the objective 'train:' must be of the form 'package.module:function'",
    ),
    Row(
        'submitted(":main")',
        "InvalidObjective",
        "the objective ':main' must be of the form 'package.module:function'",
    ),
    Row(
        'submitted("")',
        "InvalidObjective",
        "the objective '' must be of the form 'package.module:function'",
    ),
    Row(
        'submitted("train.py:main")',
        "InvalidObjective",
        ("the objective 'train.py:main' names a file; write its module, 'train:main'"),
    ),
    Row(
        'submitted("path/train.py:main")',
        "InvalidObjective",
        ("the objective 'path/train.py:main' must be of the form 'package.module:function'"),
    ),
    Row(
        'submitted("train:main:again")',
        "InvalidObjective",
        ("the objective 'train:main:again' must be of the form 'package.module:function'"),
    ),
    Row(
        'submitted("train :main")',
        "InvalidObjective",
        ("the objective 'train :main' must be of the form 'package.module:function'"),
    ),
    Row(
        'submitted("train:1main")',
        "InvalidObjective",
        ("the objective 'train:1main' must be of the form 'package.module:function'"),
    ),
    Row(
        'submitted("..train:main")',
        "InvalidObjective",
        ("the objective '..train:main' must be of the form 'package.module:function'"),
    ),
    Row(
        'submitted("os;rm:main")',
        "InvalidObjective",
        ("the objective 'os;rm:main' must be of the form 'package.module:function'"),
    ),
    Row(
        'submitted("train:main", main_file=Path("/nowhere/train.py"))',
        "InvalidObjective",
        "there is no file '/nowhere/train.py' to submit",
    ),
    Row(
        'loaded("missing.py")',
        "NotFound",
        "there is no file …: give the path of the file with your study",
    ),
    Row('loaded("empty.py", "")', "InvalidStudy", "… has no 'study': it declares no Study"),
    Row(
        'loaded("broken.py", "def f(:\\n")',
        "InvalidStudy",
        "… cannot be loaded: SyntaxError: invalid syntax (broken.py, line 1)",
    ),
    Row(
        'loaded("wrong.py", "1 / 0\\n")',
        "InvalidStudy",
        "…, line 1 cannot be loaded: ZeroDivisionError: division by zero",
    ),
    Row(
        'loaded("leaves.py", "import sys; sys.exit(3)\\n")',
        "InvalidStudy",
        "…, line 1 cannot be loaded: SystemExit: 3",
    ),
    Row(
        'loaded("imports.py", "import not_installed_anywhere\\n")',
        "InvalidStudy",
        (
            "…, line 1 cannot be loaded: ModuleNotFoundError: No module named "
            "'not_installed_anywhere'"
        ),
    ),
    Row(
        'loaded("latin.py", b"name = \'\\xe9\'\\n")',
        "InvalidStudy",
        (
            "… cannot be loaded: SyntaxError: (unicode error) 'utf-8' codec can't decode "
            "byte 0xe9 in position 0: unexpected end of data (latin.py, line 1)"
        ),
    ),
    Row(
        'loaded("nul.py", b"a = 1\\0\\n")',
        "InvalidStudy",
        "… cannot be loaded: …Error: source code string cannot contain null bytes",
    ),
    Row(
        'loaded("number.py", "study = 5\\n")',
        "InvalidStudy",
        "…:study is int: expected a Study, or a function that returns one",
    ),
    Row(
        'loaded("makes.py", "def study():\\n    return 5\\n")',
        "InvalidStudy",
        "…:study is int: expected a Study, or a function that returns one",
    ),
    Row(
        'loaded("raises.py", "def study():\\n    raise KeyError(\'x\')\\n")',
        "InvalidStudy",
        "…, line 2 cannot be loaded: KeyError: 'x'",
    ),
    Row(
        'loaded("needs.py", "def study(a):\\n    return a\\n")',
        "InvalidStudy",
        (
            "…:study takes arguments (a) and is no Study: expected a Study, or a function "
            "without arguments that returns one; it declares no Study"
        ),
    ),
    Row(
        'loaded("two words.py", "")',
        "InvalidStudy",
        "two words.py cannot be imported: rename it to a Python name",
    ),
    Row(
        'loaded("json.py", "")',
        "InvalidStudy",
        "json.py hides the module 'json' of Python: rename the file",
    ),
    Row(
        'loaded("dashes-in.py", "")',
        "InvalidStudy",
        "dashes-in.py cannot be imported: rename it to a Python name",
    ),
    Row(
        'loaded("class_.py", "", ending="Study()")',
        "InvalidStudy",
        "'…:Study()' names no study, and the file declares no Study: write one into it",
    ),
    Row(
        'loaded("name.py", "", ending="")',
        "InvalidStudy",
        "'…:' names no study, and the file declares no Study: write one into it",
    ),
    Row(
        (
            'loaded("space.py", "from parzen.client import *\\nstudy = Study(\'s\', space={}, '
            'objective=len)\\n")'
        ),
        "InvalidSpace",
        ("…, line 2: the space {} has no parameter; put a Float, Int, Normal or Choice into it"),
    ),
    Row(
        'load("train.py")',
        "InvalidStudy",
        ("'train.py' names no study: write path/to/file.py:study or package.module:study"),
    ),
    Row(
        'load("")',
        "InvalidStudy",
        ("'' names no study: write path/to/file.py:study or package.module:study"),
    ),
    Row(
        'load(":study")',
        "InvalidStudy",
        ("':study' names no study: write path/to/file.py:study or package.module:study"),
    ),
    Row(
        'load("a b:study")',
        "InvalidStudy",
        ("'a b' is no module: write path/to/file.py:study or package.module:study"),
    ),
    Row(
        'load("not_installed_anywhere:study")',
        "NotFound",
        (
            "there is no module 'not_installed_anywhere': install it, call from its "
            "directory, or give path/to/file.py:study"
        ),
    ),
    Row(
        'load("parzen.client:nothing")',
        "InvalidStudy",
        "parzen.client has no 'nothing': it declares no Study",
    ),
    Row(
        'load("/tmp:study")',
        "NotFound",
        "there is no file /tmp: give the path of the file with your study",
    ),
    Row(
        'load("os:getcwd")',
        "InvalidStudy",
        "os:getcwd is str: expected a Study, or a function that returns one",
    ),
)
