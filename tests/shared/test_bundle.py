"""A bundle carries an objective to an interpreter that has never seen its files."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from parzen.shared import archive, bundle
from parzen.shared.entries import Importable
from parzen.shared.errors import Incompatible, InvalidObjective, Untrusted
from parzen.shared.space import Float, Int, Space

SPACE = Space({"x": Float(0, 1)})
OFFSET = 3.0


def objective(params):
    return params["x"] + OFFSET


def with_numpy(params):
    return float(np.square(params["x"]))


def with_trial(params, trial):
    return params["x"] + trial.shared


STUDY = """
import helper
from pkg.deep import SCALE
from parzen.shared import bundle
from parzen.shared.space import Float, Space

class Model:
    def __call__(self, params, trial):
        from late import shift
        return helper.double(params["x"]) * SCALE + shift() + trial.shared

def setup():
    return 100

space = Space({"x": Float(0, 1)})

if __name__ == "__main__":
    import sys
    with open(sys.argv[1], "wb") as file:
        file.write(bundle.build(Model(), space, setup=setup).data)
"""
LOAD = """
import sys, types
from pathlib import Path
from parzen.shared import bundle
data = Path(sys.argv[1]).read_bytes()
assert not {"numpy", "helper", "study"} & set(sys.modules)
bundle.check(bundle.read_manifest(data))
loaded = bundle.load(data, Path("modules"))
trial = types.SimpleNamespace(shared=loaded.setup())
print(loaded.objective(loaded.space.build({"x": 0.5}), trial), loaded.takes_trial)
import helper
print(helper.__file__)
"""


@pytest.fixture
def folder(tmp_path):
    """A submitted file with siblings."""
    files = {
        "study.py": STUDY,
        "helper.py": "def double(x):\n    return 2 * x\n",
        "late.py": "def shift():\n    return 7\n",
        "pkg/__init__.py": "",
        "pkg/deep.py": "from .deeper import SCALE\n",
        "pkg/deeper.py": "SCALE = 10\n",
        "unrelated.py": "import no_such_module\n",
    }
    for name, text in files.items():
        path = tmp_path / "laptop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "worker").mkdir()
    return tmp_path


def python(*arguments: object, cwd: Path, code: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_script_with_siblings_runs_in_a_fresh_interpreter_elsewhere(folder):
    data = folder / "bundle.zip"
    python("study.py", data, cwd=folder / "laptop")
    assert bundle.read_manifest(data.read_bytes()).modules == (
        "helper.py", "late.py", "pkg/__init__.py", "pkg/deep.py", "pkg/deeper.py",
    )  # fmt: skip
    for module in (folder / "laptop").rglob("*.py"):
        module.unlink()
    said = python("-", data, cwd=folder / "worker", code=LOAD).splitlines()
    assert said[0] == "117.0 True"
    assert Path(said[1]).is_relative_to(folder / "worker" / "modules")


def test_a_file_that_was_imported_travels_as_a_script_does(folder):
    submit = (
        "import sys, study; from pathlib import Path; from parzen.shared import bundle\n"
        "made = bundle.build(study.Model(), study.space, setup=study.setup,"
        " main_file=Path('study.py'))\n"
        "Path(sys.argv[1]).write_bytes(made.data)\n"
    )
    data = folder / "bundle.zip"
    python("-c", submit, data, cwd=folder / "laptop")
    assert "study.py" not in bundle.read_manifest(data.read_bytes()).modules
    assert python("-", data, cwd=folder / "worker", code=LOAD).startswith("117.0 True")


def test_an_entry_is_imported_by_the_worker_alone(folder):
    (folder / "laptop" / "entry.py").write_text(
        "import helper\ndef run(params, trial):\n    return helper.double(params['x'])\n"
        "def prepare():\n    return 0\n"
    )
    made = bundle.build(
        "entry:run", SPACE, setup="entry:prepare", main_file=folder / "laptop" / "study.py"
    )
    assert made.manifest.modules == ("entry.py", "helper.py")
    assert made.manifest.takes_trial is None
    assert not made.manifest.pickled
    (folder / "b.zip").write_bytes(made.data)
    said = python("-", folder / "b.zip", cwd=folder / "worker", code=LOAD)
    assert said.startswith("1.0 True")


def test_what_was_built_is_what_is_loaded(tmp_path):
    made = bundle.build(objective, SPACE)
    assert made.manifest == bundle.read_manifest(made.data)
    loaded = bundle.load(made.data, tmp_path)
    assert loaded.objective(loaded.space.build({"x": 0.5})) == 3.5
    assert (loaded.setup, loaded.takes_trial) == (None, False)
    assert [*tmp_path.iterdir()] == []


def test_setup_is_handed_over_through_the_trial(tmp_path):
    loaded = bundle.load(bundle.build(with_trial, SPACE, setup=lambda: 5).data, tmp_path)
    assert loaded.objective({"x": 1}, SimpleNamespace(shared=loaded.setup())) == 6
    with pytest.raises(InvalidObjective, match=r"trial\.shared.*'objective' must take"):
        bundle.build(objective, SPACE, setup=lambda: 5)


def test_the_manifest_names_what_the_objective_needs_and_no_more():
    assert bundle.build(objective, SPACE).manifest.packages == {}
    manifest = bundle.build(with_numpy, SPACE).manifest
    assert manifest.packages == {"numpy": np.__version__}
    assert manifest.python == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_the_reference_is_what_a_study_keeps():
    made = bundle.build(with_numpy, SPACE)
    ref = made.manifest.ref("id", made.data)
    assert (ref.file, ref.entry, ref.bytes) == ("id", "pickle", len(made.data))
    assert ref.digest == hashlib.sha256(made.data).hexdigest()
    assert ref.packages == made.manifest.packages


def test_equal_contents_give_equal_bytes():
    assert bundle.build("a.b:c", SPACE).data == bundle.build("a.b:c", SPACE).data


MANIFEST = bundle.build(objective, SPACE).manifest


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"python": "2.7"}, "pickled by Python 2.7 and this worker runs"),
        ({"cloudpickle": "99.1"}, r"cloudpickle 99\.1 .*install cloudpickle==99\.1"),
        (
            {"imports": {"no_such": "dist"}, "packages": {"dist": "1.2"}},
            r"imports 'no_such', which this worker lacks; install dist==1\.2",
        ),
        ({"entry": "no_such.module:f"}, "no module 'no_such'"),
    ],
)
def test_a_worker_that_cannot_run_it_says_why_in_one_sentence(change, why):
    with pytest.raises(Incompatible, match=why) as refused:
        bundle.check(dataclasses.replace(MANIFEST, **change))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        {"imports": {"numpy": "numpy"}, "packages": {"numpy": "0.1"}},
        {"python": "2.7", "pickled": False, "entry": "json:dumps"},
        {"entry": "mine.deep:f", "modules": ("mine/deep.py",)},
        {"cloudpickle": MANIFEST.cloudpickle.partition(".")[0] + ".99"},
    ],
)
def test_what_does_not_matter_is_let_pass(change):
    bundle.check(dataclasses.replace(MANIFEST, **change))


def rewritten(data: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        return archive.pack({n: old.read(n) for n in old.namelist()} | {name: content})


@pytest.mark.parametrize(
    ("manifest", "why"),
    [
        (b"{", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"format": 99}', "has format 99 and this parzen reads format 2"),
        (b'{"format": 1}', "cannot be read"),
        (json.dumps({"format": 1, "modules": [], "more": 1}).encode(), "cannot be read"),
        (
            json.dumps(
                {**dataclasses.asdict(MANIFEST), "format": 2, "imports": ["numpy"]}
            ).encode(),
            "imports: expected an object",
        ),
    ],
)
def test_a_manifest_of_another_kind_is_refused(manifest, why):
    data = rewritten(bundle.build(objective, SPACE).data, "manifest.json", manifest)
    with pytest.raises(Incompatible, match=why):
        bundle.read_manifest(data)


def test_a_payload_that_cannot_be_unpickled_is_incompatible(tmp_path):
    data = rewritten(bundle.build(objective, SPACE).data, "payload.pkl", b"junk")
    with pytest.raises(Incompatible, match="cannot be unpickled here"):
        bundle.load(data, tmp_path)


def test_a_module_that_is_missing_on_the_worker_is_named(tmp_path):
    broken = b"cno_such_module\nthing\n."
    data = rewritten(bundle.build(objective, SPACE).data, "payload.pkl", broken)
    with pytest.raises(Incompatible, match="needs the module 'no_such_module'"):
        bundle.load(data, tmp_path)


@pytest.mark.parametrize(
    ("text", "error", "why"),
    [
        ("import no_such_module", Incompatible, "needs the module 'no_such_module'"),
        ("from json import nothing", Incompatible, "cannot import name 'nothing'"),
        ("1 / 0", InvalidObjective, "raised ZeroDivisionError: division by zero"),
        ("g = 1", InvalidObjective, "has no 'f'"),
        ("f = 1", InvalidObjective, "cannot be called"),
        ("def f(): pass", InvalidObjective, "must take"),
    ],
)
def test_an_entry_that_fails_on_the_worker_says_why(tmp_path, monkeypatch, text, error, why):
    name = f"entry_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    (tmp_path / f"{name}.py").write_text(text)
    data = bundle.build(f"{name}:f", SPACE).data
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(error, match=why):
        bundle.load(data, tmp_path / "into")


def test_an_entry_with_setup_must_take_the_trial(tmp_path):
    data = bundle.build("json:dumps", SPACE, setup=lambda: 1).data
    with pytest.raises(InvalidObjective, match=r"trial\.shared"):
        bundle.load(data, tmp_path)


@pytest.mark.parametrize("setup", ["nonsense", 3, lambda a: a])
def test_a_setup_that_cannot_be_called_is_refused_at_submit(setup):
    with pytest.raises(InvalidObjective, match="setup"):
        bundle.build(with_trial, SPACE, setup=setup)


def test_an_entry_of_another_form_is_refused_at_submit():
    with pytest.raises(InvalidObjective, match=r"'package\.module:function'"):
        bundle.build("study.py", SPACE)


class Cursed:
    """Unpickling it leaves a trace."""

    def __reduce__(self):
        return (Path.touch, (Path(MARKER),))


MARKER = "unpickled"
ONLY = Importable()


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        return set(opened.namelist())


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A module that the worker has, and not the one beside the submitted file."""
    name = f"lab_{hashlib.sha256(str(tmp_path).encode()).hexdigest()[:8]}"
    (tmp_path / f"{name}.py").write_text(
        "def f(params, trial): return params['x'] + trial.shared\ndef prepare(): return 2\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return name


def test_an_entry_with_a_plain_space_needs_no_pickle(tmp_path, lab, monkeypatch):
    made = bundle.build(
        f"{lab}:f", Space({"x": Float(0, 1), "c": (1, b"b")}), setup=f"{lab}:prepare"
    )
    assert not {"payload.pkl"} & members(made.data)
    assert (made.manifest.payload, made.manifest.setup) == (False, f"{lab}:prepare")
    monkeypatch.setattr(bundle.cloudpickle, "loads", None)
    for only in (None, ONLY, Importable((lab,))):
        loaded = bundle.load(made.data, tmp_path / "into", only)
        params = loaded.space.build({"x": 0.5})
        assert params == {"x": 0.5, "c": (1, b"b")}
        assert loaded.objective(params, SimpleNamespace(shared=loaded.setup())) == 2.5


def test_where_nothing_may_be_unpickled_a_pickle_is_refused_unread(tmp_path, lab):
    cursed = Space({"x": Float(0, 1), "c": Cursed()})
    made = {
        "the objective travels as a pickle": bundle.build(with_trial, SPACE, setup=Cursed),
        f"the space or the setup of the objective '{lab}:f'": bundle.build(f"{lab}:f", cursed),
        "only numbers, text, lists": bundle.build(f"{lab}:f", SPACE, setup=lambda: 1),
    }
    for why, one in made.items():
        with pytest.raises(Untrusted, match=why):
            bundle.check(one.manifest, ONLY)
        with pytest.raises(Untrusted, match=why):
            bundle.load(one.data, tmp_path, ONLY)
    assert not Path(MARKER).exists()
    assert bundle.load(made[f"the space or the setup of the objective '{lab}:f'"].data, tmp_path)
    assert Path(MARKER).exists()  # so it would have shown


def test_a_manifest_that_hides_its_pickle_gets_nothing_unpickled(tmp_path, lab):
    made = bundle.build(f"{lab}:f", Space({"x": Float(0, 1), "c": Cursed()}))
    manifest = {**dataclasses.asdict(made.manifest), "format": 2, "payload": False}
    data = rewritten(made.data, "manifest.json", json.dumps(manifest).encode())
    with pytest.raises(Incompatible, match=r"space\.json"):
        bundle.load(data, tmp_path, ONLY)
    assert not Path(MARKER).exists()


@pytest.mark.parametrize("role", ["entry", "setup"])
def test_a_manifest_made_by_hand_calls_nothing_of_the_standard_library(tmp_path, lab, role):
    made = bundle.build(f"{lab}:f", SPACE, setup=f"{lab}:prepare")
    manifest = {**dataclasses.asdict(made.manifest), "format": 2, role: "os:getcwd"}
    data = rewritten(made.data, "manifest.json", json.dumps(manifest).encode())
    with pytest.raises(Untrusted, match="standard library"):
        bundle.load(data, tmp_path, ONLY)


def test_the_files_that_travel_are_of_no_use_where_nothing_may_be_unpickled(folder):
    (folder / "laptop" / "entry.py").write_text("def run(params): return 1.0\n")
    made = bundle.build("entry:run", SPACE, main_file=folder / "laptop" / "study.py")
    assert made.manifest.modules == ("entry.py",)
    bundle.check(made.manifest)
    with pytest.raises(Incompatible, match="this worker has no module 'entry'"):
        bundle.load(made.data, folder / "into", ONLY)
    assert not (folder / "into").exists()


def test_a_file_that_travels_does_not_take_the_place_of_an_installed_module(folder, tmp_path, lab):
    evil = folder / "laptop" / f"{lab}.py"
    evil.write_text("def f(params, trial): return 'evil'\n")
    made = bundle.build(f"{lab}:f", SPACE, main_file=folder / "laptop" / "study.py")
    assert made.manifest.modules == (f"{lab}.py",)
    loaded = bundle.load(made.data, tmp_path / "into", ONLY)
    assert loaded.objective({"x": 0.5}, SimpleNamespace(shared=1)) == 1.5


def test_a_bundle_of_the_first_format_is_still_read(tmp_path):
    made = bundle.build(objective, SPACE)
    manifest = {**dataclasses.asdict(made.manifest), "format": 1}
    del manifest["payload"], manifest["setup"]
    data = rewritten(made.data, "manifest.json", json.dumps(manifest).encode())
    assert bundle.load(data, tmp_path).objective({"x": 1}) == 4.0


def test_a_module_below_a_package_is_not_imported_to_look_for_it(lab, tmp_path):
    (tmp_path / "loud").mkdir()
    (tmp_path / "loud" / "__init__.py").write_text("1 / 0")
    bundle.check(dataclasses.replace(MANIFEST, imports={"loud.er": "loud"}))
    with pytest.raises(Incompatible, match="install loud there"):
        bundle.check(dataclasses.replace(MANIFEST, imports={"": "loud"}))


def test_the_space_travels_with_its_objects(tmp_path):
    space = Space({"n": Int(1, 3), "scale": objective})
    loaded = bundle.load(bundle.build(lambda params: 0.0, space).data, tmp_path)
    assert loaded.space.dimensions == space.dimensions
    assert loaded.space.build({"n": 2})["scale"]({"x": 1}) == 4.0
