"""Files beside the submitted one travel with it; nothing else does."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from parzen.shared.errors import InvalidObjective
from parzen.shared.modules import imports, is_installed, packages, root_of, travelling


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_imports_are_found_at_the_top_inside_functions_and_relative_ones(tmp_path):
    write(
        tmp_path,
        {
            "m.py": "import a, b.c as d\nfrom e import f\nfrom . import g\nfrom ..h import i\n"
            "try:\n import j\nexcept ImportError:\n pass\n"
            "def k():\n import l\nclass M:\n import n\n"
        },
    )
    found = imports(tmp_path / "m.py", ["p", "q"])
    assert found.needed == {"a", "b.c", "e", "e.f", "p.q", "p.q.g", "p.h", "p.h.i", "n"}
    assert found.possible == found.needed | {"j", "l"}


def test_a_file_that_is_not_python_is_refused_by_name(tmp_path):
    write(tmp_path, {"broken.py": "def (:"})
    with pytest.raises(InvalidObjective, match=r"broken\.py.*cannot be read as Python"):
        travelling([tmp_path], ["broken"], [])


def test_modules_and_packages_travel_transitively(tmp_path):
    write(
        tmp_path,
        {
            "one.py": "import two\n",
            "two.py": "def f():\n from pkg.deep import x\n",
            "unrelated.py": "",
            "pkg/__init__.py": "",
            "pkg/deep.py": "from . import other\n",
            "pkg/other.py": "import three\n",
            "three.py": "",
        },
    )
    write(tmp_path / "pkg" / "__pycache__", {"stale.py": ""})
    write(tmp_path / "pkg" / ".hidden", {"secret.py": ""})
    found = travelling([tmp_path], ["one", "json", "numpy", "parzen.shared"], [])
    assert [*found.files] == [
        "one.py",
        "pkg/__init__.py",
        "pkg/deep.py",
        "pkg/other.py",
        "three.py",
        "two.py",
    ]


def test_a_folder_without_init_travels_unless_a_package_of_its_name_is_installed(tmp_path):
    write(tmp_path, {"lib/mine.py": "", "numpy/notes.py": ""})
    assert [*travelling([tmp_path], ["lib", "numpy"], []).files] == ["lib/mine.py"]


def test_nothing_travels_from_where_packages_are_installed():
    assert travelling([Path(np.__file__).parents[1]], ["numpy", "scipy"], []).files == {}


def test_only_what_is_certainly_imported_is_needed_elsewhere(tmp_path):
    write(
        tmp_path,
        {
            "used.py": "import numpy\nfrom pkg.a import x\n"
            "try:\n import cupy\nexcept ImportError:\n pass\n",
            "plots.py": "import matplotlib\n",
            "pkg/__init__.py": "",
            "pkg/a.py": "import scipy.stats\n",
            "pkg/tests.py": "import pytest\n",
        },
    )
    found = travelling([tmp_path], ["plots"], ["used", "torch"])
    assert "plots.py" in found.files
    assert found.needed == {"numpy", "scipy", "torch"}


def test_the_root_lies_above_the_outermost_package(tmp_path):
    write(tmp_path, {"a/__init__.py": "", "a/m.py": ""})
    (tmp_path / "a" / "b").mkdir()
    write(tmp_path / "a" / "b", {"__init__.py": "", "deep.py": ""})
    assert root_of(tmp_path / "a" / "b" / "deep.py") == tmp_path
    assert root_of(tmp_path / "loose.py") == tmp_path


def test_packages_are_the_distributions_that_provide_a_module():
    found = packages(["sklearn", "numpy", "os", "parzen", "no_such_module"])
    assert found.imports == {"numpy": "numpy", "sklearn": "scikit-learn"}
    assert found.versions["scikit-learn"] == version("scikit-learn")


def test_installed_is_what_is_not_the_users_own(tmp_path):
    assert is_installed(Path(np.__file__))
    assert is_installed(Path(threading_file()))
    assert not is_installed(tmp_path)


def threading_file():
    return sys.modules["threading"].__file__
