"""The objective as bytes: what a study carries so that a worker elsewhere can run it.

A bundle is a zip: ``manifest.json`` says what it needs and can be read without running anything,
``payload.pkl`` is a cloudpickle of the objective, the setup and the space, ``modules/`` holds the
files beside the submitted one that it imports. An objective may also be an entry
"package.module:function", which the worker imports; then it is a name in the manifest, and where
the setup is one too and the space is plain, ``space.json`` takes the place of the pickle.

Unpickling and importing run code: :func:`load` is called only in the child that runs trials, or in
the user's own process. What ``setup()`` returns reaches the objective as ``trial.shared``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import cloudpickle

from parzen.shared import archive, plainspace
from parzen.shared.entries import Importable, missing, resolve
from parzen.shared.errors import Incompatible, Untrusted
from parzen.shared.fieldtypes import typed
from parzen.shared.packing import Parcel, make_parcel
from parzen.shared.records import ObjectiveRef
from parzen.shared.signatures import PICKLE, check_shares, takes_trial
from parzen.shared.space import Space

FORMAT = 2
"""The version of the manifest that this code writes."""

READABLE = (1, FORMAT)
"""The versions that it reads; in version 1 there always is a pickle."""

MANIFEST_BYTES = 16 * 2**20
"""A larger manifest is none: the agent reads it, of whatever bundle it is told to run."""

LIMIT_BYTES = 32 * 2**20
"""How large the payload and the files may be together, unpacked, unless told otherwise."""

Objective: TypeAlias = Callable[..., Any] | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a bundle needs, readable without unpickling anything.

    ``takes_trial`` is None for an entry, which only its worker can inspect. ``python`` is the
    submitter's "3.11"; ``packages`` are {distribution: version}, ``imports`` the {top-level
    module: distribution} by which a worker looks for them; ``modules`` names the files that travel.
    ``pickled`` says whether functions travel as byte code, which binds them to that Python,
    ``payload`` whether there is a pickle at all; ``setup`` is its entry where it is imported.
    """

    entry: str
    takes_trial: bool | None
    has_setup: bool
    pickled: bool
    python: str
    cloudpickle: str
    parzen: str
    packages: Mapping[str, str] = field(default_factory=dict)
    imports: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    payload: bool = True
    setup: str | None = None

    def ref(self, file_id: str, data: bytes) -> ObjectiveRef:
        """What a study's document says of the bundle ``data`` that is stored as ``file_id``."""
        return ObjectiveRef(
            file=file_id,
            digest=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            python=self.python,
            cloudpickle=self.cloudpickle,
            entry=self.entry,
            packages=self.packages,
        )


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle's bytes and what they say about themselves."""

    data: bytes = field(repr=False)
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Loaded:
    """A bundle brought to life. ``setup`` is None where there is none."""

    objective: Callable[..., Any]
    space: Space
    setup: Callable[[], Any] | None
    takes_trial: bool


def build(
    objective: Objective,
    space: Space,
    *,
    setup: Objective | None = None,
    main_file: Path | None = None,
    limit_bytes: int = LIMIT_BYTES,
) -> Bundle:
    """Pack an objective with its space, its setup and the files that it imports.

    Args:
        objective: a callable of (params) or (params, trial), or "package.module:function".
        space: the search space, which travels too, for its labels and constants.
        setup: called once per worker's child; its result is ``trial.shared``.
        main_file: the submitted file; without it, where the objective stands, else ``__main__``.
        limit_bytes: how large payload and files may be together, unpacked.

    Raises:
        InvalidObjective: it cannot be called as said, or cannot travel; names what stands in
            the way.
        InvalidSpace: a constant or option of the space cannot travel.
    """
    parcel = make_parcel(objective, space, setup, main_file, limit_bytes)
    manifest = _manifest(parcel)
    members = {archive.MODULES + name: content for name, content in parcel.files.items()}
    members["manifest.json"] = json.dumps(
        {"format": FORMAT, **dataclasses.asdict(manifest)}, sort_keys=True, indent=1
    ).encode()
    if parcel.payload is not None:
        members["payload.pkl"] = parcel.payload
    if parcel.space is not None:
        members["space.json"] = parcel.space
    return Bundle(archive.pack(members), manifest)


def _manifest(parcel: Parcel) -> Manifest:
    return Manifest(
        entry=parcel.entry,
        takes_trial=parcel.takes_trial,
        has_setup=parcel.has_setup,
        pickled=parcel.pickled,
        python=_python(),
        cloudpickle=cloudpickle.__version__,
        parzen=importlib.metadata.version("parzen"),
        packages=parcel.packages.versions,
        imports=parcel.packages.imports,
        modules=tuple(parcel.files),
        payload=parcel.payload is not None,
        setup=parcel.setup,
    )


def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def read_manifest(data: bytes) -> Manifest:
    """The manifest of a bundle; nothing is unpickled.

    Raises:
        Incompatible: the bytes are no bundle, or one of another version of parzen.
    """
    try:
        content = json.loads(archive.read(data, "manifest.json", MANIFEST_BYTES))
        written = content.pop("format", None)
    except (ValueError, AttributeError, TypeError, RecursionError) as fault:
        raise Incompatible(f"the bundle's manifest cannot be read: {fault}") from fault
    if written not in READABLE:
        raise Incompatible(
            f"the bundle has format {written!r} and this parzen reads format {FORMAT}; "
            "use one version of parzen everywhere"
        )
    try:
        return typed(Manifest(**{**content, "modules": tuple(content["modules"])}))
    except (KeyError, TypeError) as fault:
        raise Incompatible(f"the bundle's manifest cannot be read: {fault}") from fault


def check(manifest: Manifest, only: Importable | None = None) -> None:
    """See whether this interpreter can and may run the bundle; imports nothing of it.

    Where ``only`` is given, nothing may be unpickled, none of the files that travel is used, and
    the functions are those that it allows.

    Raises:
        Untrusted: it may not; one sentence says why.
        Incompatible: it cannot; one sentence says what is missing.
    """
    if only is not None:
        check_allowed(manifest, only)
    if manifest.pickled and manifest.python != _python():
        raise Incompatible(
            f"the objective was pickled by Python {manifest.python} and this worker runs Python "
            f"{_python()}; start the worker with Python {manifest.python}, or submit the objective "
            "as 'package.module:function'"
        )
    ours = cloudpickle.__version__
    if manifest.payload and manifest.cloudpickle.partition(".")[0] != ours.partition(".")[0]:
        raise Incompatible(
            f"the objective was pickled by cloudpickle {manifest.cloudpickle} and this worker has "
            f"cloudpickle {ours}; install cloudpickle=={manifest.cloudpickle}"
        )
    for name, distribution in manifest.imports.items():
        if not _findable(name):
            version = manifest.packages.get(distribution)
            wanted = distribution if version is None else f"{distribution}=={version}"
            raise Incompatible(
                f"the objective imports {name!r}, which this worker lacks; install {wanted} there"
            )
    if manifest.entry != PICKLE:
        top = manifest.entry.partition(":")[0].partition(".")[0]
        travels = only is None and any(
            m == f"{top}.py" or m.startswith(f"{top}/") for m in manifest.modules
        )
        if not travels and not _findable(top):
            raise Incompatible(
                f"the objective is {manifest.entry!r} and this worker has no module {top!r}; "
                "install it there, or put it on PYTHONPATH"
            )


def check_allowed(manifest: Manifest, only: Importable) -> None:
    """See whether ``only`` allows what the bundle calls, and that nothing of it is unpickled.

    Raises:
        Untrusted: it may not be run; one sentence says why.
    """
    only.check_name(manifest.entry, "objective")
    if manifest.setup is not None:
        only.check_name(manifest.setup, "setup")
    if manifest.payload:
        raise Untrusted(
            f"the space or the setup of the objective {manifest.entry!r} travels as a pickle, and "
            "this worker unpickles nothing (--no-pickle): hold only numbers, text, lists, tuples "
            "and dicts in the space, and give setup as 'package.module:function'"
        )


def _findable(name: str) -> bool:
    top = name.partition(".")[0]  # what lies below would be looked for by importing it
    if not top or top in sys.modules:
        return bool(top)
    return importlib.util.find_spec(top) is not None


def load(data: bytes, into: Path, only: Importable | None = None) -> Loaded:
    """Bring a bundle to life: this runs its code.

    Args:
        data: the bundle.
        into: a folder of the caller's own; the files that travel are unpacked below it, in a
            folder named after their digest, which becomes the first entry of ``sys.path``.
        only: unpickle and unpack nothing, and import only the functions that this allows.

    Raises:
        Untrusted: ``only`` does not allow it; nothing of it was run.
        Incompatible: a package, a module or a name that it needs is not there.
        InvalidObjective: it arrived, and is not callable as said.
    """
    manifest = read_manifest(data)
    check(manifest, only)
    if manifest.modules and only is None:
        folder = str(archive.unpack_modules(data, into))
        if folder not in sys.path:
            sys.path.insert(0, folder)
        importlib.invalidate_caches()
    content = _content(data, manifest)
    objective, setup = content["objective"], content["setup"]
    if manifest.entry != PICKLE:
        objective = resolve(manifest.entry, "objective", only)
    if isinstance(setup, str):
        setup = resolve(setup, "setup", only)
    with_trial = takes_trial(objective)
    check_shares(has_setup=setup is not None, with_trial=with_trial, objective=objective)
    return Loaded(objective, content["space"], setup, with_trial)


def _content(data: bytes, manifest: Manifest) -> dict[str, Any]:
    if manifest.payload:
        return _unpickle(archive.read(data, "payload.pkl"))
    space = plainspace.read(archive.read(data, "space.json"))
    return {"objective": None, "setup": manifest.setup, "space": space}


def _unpickle(payload: bytes) -> dict[str, Any]:
    try:
        content: dict[str, Any] = cloudpickle.loads(payload)
    except ImportError as fault:
        raise missing(fault) from fault
    except Exception as fault:
        raise Incompatible(
            f"the objective cannot be unpickled here ({type(fault).__name__}: {fault}); compare "
            "the versions of Python and of its packages with the submitter's"
        ) from fault
    return content
