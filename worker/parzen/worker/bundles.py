"""The objectives' bundles on this machine: one file each, named by its digest."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
from pathlib import Path

from parzen.shared import bundle
from parzen.shared.archive import MOST_BYTES
from parzen.shared.errors import Incompatible
from parzen.shared.records import Study
from parzen.shared.regular import open_regular
from parzen.shared.store import TrialQueue
from parzen.worker.trust import Policy

log = logging.getLogger("parzen.worker")


class Bundles:
    """Fetches bundles, checks them, keeps them in ``root``. Safe to use from several threads."""

    def __init__(self, queue: TrialQueue, root: Path, policy: Policy | None = None) -> None:
        self._policy = policy or Policy()
        self._queue = queue
        self._root = root
        self._lock = threading.Lock()
        self._good: set[tuple[str, bool]] = set()

    def path(self, study: Study) -> Path:
        """The file of the study's bundle; fetched where it is not there yet, or was damaged.

        One file may serve many studies, and each of them is judged by itself.

        Raises:
            Untrusted: this worker may not run it.
            Incompatible: this machine cannot run it, or it is not the one that was submitted.
            NotFound: the study has no bundle.
            StoreError: it could not be fetched just now.
        """
        if study.objective is None:
            raise Incompatible(f"study {study.name!r} has no objective: submit it with one")
        self._policy.check(study)
        digest, here = study.objective.digest, study.image is None
        if not digest.isalnum():
            raise Incompatible(f"study {study.name!r} names a bundle {digest!r}: no digest")
        path = self._root / f"{digest}.zip"
        good = (digest, here)
        if good in self._good and path.exists():
            return path
        with self._lock:
            if good not in self._good or not path.exists():
                data = _read(path, digest)
                if data is None:
                    data = self._queue.bundle(study)
                    _write(path, data)
                self._check(bundle.read_manifest(data), here=here)
                self._good.add(good)
        return path

    def _check(self, manifest: bundle.Manifest, *, here: bool) -> None:
        """What it needs in an image, the child sees there."""
        if here:
            bundle.check(manifest, self._policy.only)
        elif self._policy.only is not None:
            bundle.check_allowed(manifest, self._policy.only)


def _read(path: Path, digest: str) -> bytes | None:
    """What the file holds; None where it is damaged, too large, or something else lies there."""
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("the bundle %s cannot be read and is fetched again: %s", path, error)
        return None
    return data if hashlib.sha256(data).hexdigest() == digest else None


def _write(path: Path, data: bytes) -> None:
    """Write the file so that it appears at once and whole, whoever else writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    try:
        with os.fdopen(descriptor, "wb") as sink:
            sink.write(data)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
