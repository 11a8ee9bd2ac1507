from __future__ import annotations

import stat

import pytest
from engines.manifests import COMBINATIONS

from parzen.worker.launch.kubernetes.values import Values


@pytest.fixture(params=COMBINATIONS, ids=lambda chosen: "-".join(map(str, chosen.values()))[:60])
def values(request):
    return Values(**request.param)


@pytest.fixture
def kubectl(tmp_path, monkeypatch):
    """A kubectl that notes what it is given, and says and does what the test wants."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "kubectl"

    class Fake:
        said, complained, code = "", "", 0

        def install(self):
            (folder / "said").write_text(self.said)
            (folder / "complained").write_text(self.complained)
            program.write_text(
                f'#!/bin/sh\nprintf "%s\\n" "$*" >>{folder}/calls\n'
                f'case "$*" in *" -f -"*) cat >{folder}/given;; esac\n'
                f"cat {folder}/said; cat {folder}/complained >&2; exit {self.code}\n"
            )
            program.chmod(program.stat().st_mode | stat.S_IXUSR)

        @property
        def calls(self):
            file = folder / "calls"
            return file.read_text().splitlines() if file.exists() else []

        @property
        def given(self):
            return (folder / "given").read_text()

    fake = Fake()
    fake.install()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return fake
