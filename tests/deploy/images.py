"""What the system is built from where no registry of images is reached: a base, wheels, a mongod.

``PARZEN_TEST_BASE`` names another base image, such as python:3.11-slim, where one can be pulled.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.engine import CACHE, NoEngine, said

from parzen.shared.mongo.embedded.locate import find_mongod

ROOT = Path(__file__).parents[2]
STANDIN = Path(__file__).parent / "standin"

SUITE = "bookworm"
PACKAGES = "python3,python3-venv,libcurl4"
"""Of the base: what an image of Python holds, and the one library that mongod lacks there."""

BASE = f"parzen-test-base:{SUITE}"
MONGO = "parzen-test-mongo:6.0.5"

PYTHON = "import sys; print('%d.%d' % sys.version_info[:2])"


def base(engine):
    """The name of a base image with Python, made by debootstrap where it must be.

    Raises:
        NoEngine: it cannot be made.
    """
    name = os.environ.get("PARZEN_TEST_BASE") or BASE
    if _has(engine, name):
        return name
    if name != BASE:
        engine.docker("pull", name)
        return name
    archive = CACHE / f"base-{SUITE}.tar"
    if not archive.exists():
        _bootstrap(archive)
    engine.docker("import", archive, BASE)
    return BASE


def _has(engine, name):
    command = ["docker", "image", "inspect", name]
    found = subprocess.run(command, env=engine.environ, capture_output=True, check=False)
    return found.returncode == 0


def _bootstrap(archive):
    """Make a minimal Debian, two minutes' work."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise NoEngine(
            f"a base image is made by debootstrap, as root, or pulled: expected {BASE}, or "
            "PARZEN_TEST_BASE with the name of one that has Python"
        )
    folder = archive.with_suffix(".root")
    shutil.rmtree(folder, ignore_errors=True)
    said(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, folder])
    for waste in ("var/cache/apt/archives", "var/lib/apt/lists"):
        shutil.rmtree(folder / waste)
    draft = archive.with_suffix(".draft")
    said(["tar", "-C", folder, "-cf", draft, "."])
    draft.rename(archive)
    shutil.rmtree(folder)


def python_of(engine, image):
    """The version of Python in ``image``, such as "3.11"."""
    words = ["run", "--rm", "--network", "none", "--entrypoint", "python3", image, "-c", PYTHON]
    return engine.docker(*words).strip()


def wheels(python):
    """A folder with all wheels that the image needs, for that version of Python."""
    pins = [ROOT / "deploy" / name for name in ("constraints.txt", "build-constraints.txt")]
    digest = hashlib.sha256(b"".join(pin.read_bytes() for pin in pins)).hexdigest()[:12]
    folder = CACHE / f"wheels-{python}-{digest}"
    if not folder.exists():
        draft = folder.with_suffix(".draft")
        tags = ("manylinux2014", "manylinux_2_17", "manylinux_2_27", "manylinux_2_28")
        places = [f"--platform={tag}_{platform.machine()}" for tag in tags]
        said([sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:",
            f"--python-version={python}", *places, "--dest", draft,
            *(f"--requirement={pin}" for pin in pins)])  # fmt: skip
        draft.rename(folder)
    return folder


def mongo(engine, base_image, folder):
    """The name of an image that stands in for MongoDB's own: the base and the embedded mongod."""
    if not _has(engine, MONGO):
        shutil.copytree(STANDIN, folder)
        shutil.copy(find_mongod(), folder / "mongod")
        engine.docker("build", "--tag", MONGO, "--build-arg", f"BASE={base_image}", folder)
    return MONGO
