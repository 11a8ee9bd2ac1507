"""Hyperopt's trials as a source of an import: one of its databases, or a file with ``Trials``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parzen.client.importing.rows import Attached, Refused, Row, Source, Unfit
from parzen.hyperopt import addresses, unpickling
from parzen.hyperopt.jobs import Jobs, Told, file_names, value
from parzen.shared.errors import InvalidInput, NotFound
from parzen.shared.plain import cut, shown
from parzen.shared.records import Study
from parzen.shared.redaction import redacted
from parzen.worker.context import ATTACHMENT_BYTES

if TYPE_CHECKING:
    from parzen.shared.mongo.foreign import Foreign

JOB: Mapping[str, Any] = {"$or": [{"tid": {"$exists": True}}, {"misc": {"$exists": True}}]}
"""What tells Hyperopt's jobs from other programs' documents in a collection of that name."""

BUCKET = "fs"
"""Where Hyperopt keeps attachments."""

BARE = re.compile(r"[^/\s]+:\d+/\S+")
"""host:port/db."""

Documents = Iterable[tuple[Mapping[str, Any], Attached] | Refused]


@contextmanager
def open_source(
    study: Study, words: str, *, name: str | None = None, trust_pickle: bool = False
) -> Iterator[Source]:
    """The trials of one experiment, for ``study``; a database is open meanwhile.

    Args:
        study: the study that they are for.
        words: the address of a database, or a file with pickled ``Trials``.
        name: the experiment's ``exp_key``, "None" for that of jobs without one; needed where
            there are several.
        trust_pickle: unpickle the file, which runs whatever code it names.

    Raises:
        NotFound: there is no such file, database or experiment.
        InvalidInput: there are several experiments and no ``name``, the file is not trusted, or it
            holds something else.
        StoreError: the database's server does not answer, or refuses.
    """
    path = Path(words).expanduser()
    if "://" not in words and (path.is_file() or not BARE.fullmatch(words)):
        yield _of_file(study, path, name, trust_pickle=trust_pickle)
        return
    if trust_pickle:
        raise InvalidInput(
            "--trust-pickle (in Python trust_pickle=) means nothing for the address "
            f"{shown(redacted(words))}: leave it out"
        )
    from parzen.shared.mongo.foreign import open_foreign  # noqa: PLC0415 - the driver is slow

    with open_foreign(addresses.store(words)) as db:
        yield _of_database(study, db, name)


def _of_database(study: Study, db: Foreign, name: str | None) -> Source:
    key = _chosen(_keys(db), name, db.where)
    told = Told()

    def documents() -> Documents:
        for doc in db.documents("jobs", {**JOB, "exp_key": {"$eq": key}}):
            yield doc, _files(db, doc, told)

    return _source(study, documents(), told, key, f"mongo://{db.where}")


def _of_file(study: Study, path: Path, name: str | None, *, trust_pickle: bool) -> Source:
    found = unpickling.unpickled(path, trusted=trust_pickle)
    keys = dict.fromkeys(_key(doc) for doc in found.documents if not isinstance(doc, str))
    key = _chosen(list(keys), name, str(path))
    told = Told()
    told.lost.update(found.lost)

    def documents() -> Documents:
        for place, doc in enumerate(found.documents):
            if isinstance(doc, str):
                yield Refused(f"_dynamic_trials[{place}]", f"it is {doc}; it must be a dict")
            elif _key(doc) == key:
                yield doc, _kept(found, doc, told)

    return _source(study, documents(), told, key, str(path))


def _source(study: Study, documents: Documents, told: Told, key: Any, where: str) -> Source:
    jobs = Jobs(study, told)
    return Source(
        name=where if key is None else f"experiment {key!r} of {where}",
        stamp=where if key is None else f"{where}:{key}",
        rows=_rows(jobs, documents),
        read=value,
        remarks=told,
    )


def _rows(jobs: Jobs, documents: Documents) -> Iterator[Row | Refused]:
    for place, found in enumerate(documents):
        yield found if isinstance(found, Refused) else jobs.row(found[0], place, found[1])


def _keys(db: Foreign) -> list[Any]:
    """The experiments in a database; None for jobs without a key."""
    keys = [key for key in db.distinct("jobs", "exp_key", JOB) if key is not None]
    unnamed = db.count("jobs", {**JOB, "exp_key": None})
    return [*keys, None] if unnamed else keys


def _chosen(keys: Sequence[Any], name: str | None, where: str) -> Any:
    """The experiment that is meant."""
    if not keys:
        raise NotFound(
            f"{where} holds no trials of Hyperopt's: name the database whose collection 'jobs' "
            "does, or a file with Trials"
        )
    listed = _all(keys)
    if name is None and len(keys) > 1:
        raise InvalidInput(
            f"{where} holds {len(keys)} experiments: say which with --name (in Python name=), one "
            f"of {listed}"
        )
    meant = [key for key in keys if name is None or str(key) == name]
    if not meant:
        raise NotFound(f"{where} holds no experiment {name!r}: it holds {listed}")
    if len(meant) > 1:
        raise InvalidInput(
            f"the name {name!r} means {len(meant)} experiments of {where}, {_all(meant)}: "
            "give the trials of one another exp_key, in a copy, and import that"
        )
    return meant[0]


def _all(keys: Sequence[Any]) -> str:
    return cut(", ".join(map(repr, keys)))


def _key(doc: Mapping[str, Any]) -> Any:
    """The key of a trial's experiment, as text where it is no plain value."""
    key = doc.get("exp_key")
    return key if key is None or isinstance(key, (str, int, float)) else str(key)


def _files(db: Foreign, doc: Mapping[str, Any], told: Told) -> Attached:
    """What a job's ``_attachments`` name, in the database's files."""
    where = f"trial {shown(doc.get('tid'))}"
    listed = doc.get("_attachments")
    pairs = [
        (entry[0], entry[1])
        for entry in (listed if isinstance(listed, (list, tuple)) else ())
        if isinstance(entry, (list, tuple)) and len(entry) == 2  # noqa: PLR2004 - [name, id]
    ]
    called = file_names([name for name, _ in pairs], told, where)
    return {
        called[name]: partial(_fetched, db, name, file)
        for name, file in pairs
        if isinstance(name, str) and name in called
    }


def _fetched(db: Foreign, name: str, file: Any) -> bytes:
    try:
        for one in db.files(BUCKET, {"_id": {"$eq": file}}):
            if one.length > ATTACHMENT_BYTES:
                raise Unfit(
                    f"the attachment {shown(name)} has {one.length:,} bytes; it must have at most "
                    f"{ATTACHMENT_BYTES:,}"
                )
        return db.file(BUCKET, file)
    except NotFound as error:
        raise Unfit(f"the attachment {shown(name)} cannot be had: {error}") from error


def _kept(found: unpickling.Unpickled, doc: Mapping[str, Any], told: Told) -> Attached:
    held = found.attachments.get(str(doc.get("tid")), {})
    called = file_names(list(held), told, f"trial {shown(doc.get('tid'))}")
    return {called[name]: partial(_read, name, held[name]) for name in held if name in called}


def _read(name: str, data: bytes | None) -> bytes:
    if data is None:
        raise Unfit(f"the attachment {shown(name)} is neither bytes nor text")
    return data
