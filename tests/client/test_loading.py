import sys

import pytest

from parzen.client.loading import load
from parzen.client.study import Study
from parzen.shared.errors import InvalidSpace, InvalidStudy, NotFound

FILE = """
from parzen.client import Float, Study
from {beside} import square

study = Study("declared", space={{"x": Float(0, 1)}}, objective=square, max_trials=3)
def make(): return study
def broken(): raise KeyError("gone")
number = 3
"""

TAKES = (
    "loaded_file.py:square takes arguments (params) and is no Study: expected a Study, or a "
    "function without arguments that returns one; it declares study"
)


@pytest.fixture(autouse=True)
def _python_is_left_as_it_was(monkeypatch):
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in set(sys.modules) - before:
        if "loaded" in name:
            del sys.modules[name]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loaded_beside.py").write_text("def square(params): return params['x'] ** 2\n")
    (tmp_path / "loaded_file.py").write_text(FILE.format(beside="loaded_beside"))
    return tmp_path


@pytest.mark.parametrize("name", ["study", "make"])
def test_a_file_declares_a_study_or_makes_one(folder, name):
    study = load(f"{folder}/loaded_file.py:{name}")
    assert isinstance(study, Study)
    assert study.name == "declared"
    assert study.main_file == folder / "loaded_file.py"


def test_a_file_may_be_named_relatively(folder):
    assert load("loaded_file.py:study").main_file == folder / "loaded_file.py"


def test_a_module_is_found_from_the_current_directory(folder):
    assert load("loaded_file:study").name == "declared"


@pytest.mark.parametrize(
    ("target", "kind", "said"),
    [
        ("none.py", InvalidStudy, "names no study: write path/to/file.py:study"),
        ("loaded_file.py", InvalidStudy, "names no study: write loaded_file.py:study"),
        ("loaded_file.py:", InvalidStudy, "names no study: write loaded_file.py:study"),
        ("loaded_beside.py", InvalidStudy, "names no study, and the file declares no Study"),
        (
            "loaded_file.py:square",
            InvalidStudy,
            TAKES,
        ),
        ("none.py:study", NotFound, "there is no file none.py"),
        ("loaded_none:study", NotFound, "there is no module 'loaded_none'"),
        ("loaded_file.py:studdy", InvalidStudy, "has no 'studdy': it declares study"),
        ("loaded_file.py:number", InvalidStudy, "is int: expected a Study"),
        ("loaded_file.py:broken", InvalidStudy, "line 7 cannot be loaded: KeyError: 'gone'"),
    ],
)
def test_what_cannot_be_loaded_gets_one_sentence(folder, target, kind, said):
    with pytest.raises(kind) as error:
        load(target)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_raises_is_named_with_the_line(folder):
    (folder / "loaded_raises.py").write_text("import os\n\n1 / 0\n")
    with pytest.raises(InvalidStudy, match=r"loaded_raises.py, line 3 cannot be loaded: ZeroDiv"):
        load("loaded_raises.py:study")
    assert "loaded_raises" not in sys.modules


def test_a_file_that_parzen_refuses_keeps_the_kind_of_error(folder):
    (folder / "loaded_space.py").write_text(
        "from parzen.client import Float\nspace = {'lr': Float(1, 0)}\n"
    )
    with pytest.raises(InvalidSpace, match=r"loaded_space.py, line 2: "):
        load("loaded_space.py:study")


def test_a_file_that_cannot_be_parsed(folder):
    (folder / "loaded_syntax.py").write_text("def f(:\n")
    with pytest.raises(InvalidStudy, match=r"cannot be loaded: SyntaxError: .*line 1"):
        load("loaded_syntax.py:study")


@pytest.mark.parametrize("name", ["json.py", "pytest.py"])
def test_a_file_that_hides_a_module_is_refused(folder, name):
    (folder / name).write_text("study = 1\n")
    with pytest.raises(InvalidStudy, match=f"{name} hides the module"):
        load(f"{name}:study")


def test_a_file_whose_name_is_no_python_name_is_refused(folder):
    (folder / "my-study.py").write_text("study = 1\n")
    with pytest.raises(InvalidStudy, match=r"my-study.py cannot be imported: rename it"):
        load("my-study.py:study")


def test_a_file_that_exits_says_so_rather_than_end_the_command(tmp_path):
    file = tmp_path / "leaves_early.py"
    file.write_text("import sys\nsys.exit(3)\n")

    with pytest.raises(InvalidStudy, match="line 2 cannot be loaded: SystemExit: 3"):
        load(f"{file}:study")


def test_a_name_that_is_no_module_is_refused():
    with pytest.raises(InvalidStudy, match="is no module"):
        load(".x:study")
