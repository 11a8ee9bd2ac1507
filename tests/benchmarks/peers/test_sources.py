from __future__ import annotations

import pytest
from peers import sources

FILES = {
    "top.py": "from pkg import left\nimport numpy\n\n\ndef f():\n    from pkg.deep import leaf\n",
    "left.py": "from pkg.right import G\n",
    "right.py": '"""Doc."""\n\nG = 1\n',
    "deep/leaf.py": "L = 1\n",
    "apart.py": "A = 1\n",
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package ``pkg`` in place of parzen.coordinator; digests are taken afresh."""
    root = tmp_path / "pkg"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sources, "PACKAGES", ("pkg",))
    sources.digest.cache_clear()
    sources.modules.cache_clear()
    yield root
    sources.digest.cache_clear()
    sources.modules.cache_clear()


def digest():
    sources.digest.cache_clear()
    return sources.digest("pkg.top")


def test_it_follows_imports_wherever_they_stand_and_stays_in_the_package(package):
    found = list(sources.modules("pkg.top"))
    assert found == ["pkg.deep.leaf", "pkg.left", "pkg.right", "pkg.top"]


@pytest.mark.parametrize("name", ["top.py", "right.py", "deep/leaf.py"])
def test_a_change_of_what_is_imported_shows(package, name):
    before = digest()
    (package / name).write_text(FILES[name] + "H = 2\n")
    assert digest() != before


def test_a_change_elsewhere_does_not(package):
    before = digest()
    (package / "apart.py").write_text("A = 2\n")
    assert digest() == before


def test_comments_docstrings_and_layout_do_not(package):
    before = digest()
    (package / "right.py").write_text('"""Other."""\n# why\nG = (\n    1\n)\n"""What G is."""\n')
    assert digest() == before
