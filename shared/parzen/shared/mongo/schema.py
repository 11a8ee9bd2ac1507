"""Collections, indexes and validators: made by ``prepare``, looked at by ``check``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import OperationFailure

from parzen.shared.errors import Conflict, StoreDenied, StoreUnprepared
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.mongo.connection import Connection, log
from parzen.shared.mongo.faults import DENIED, translated
from parzen.shared.records import Direction

WORKERS_KEPT_S = 86_400
"""How long a process that vanished is still listed by hand, in seconds: a day."""

EXISTS = 48
"""The server's code for a collection that stands already."""

PREPARE_S = 300.0
"""Building an index over a large collection that lacks it takes its time, in seconds."""

INDEXES: Mapping[str, tuple[IndexModel, ...]] = {
    "studies": (
        IndexModel([("uid", ASCENDING)], name="uid", unique=True),
        IndexModel([("status", ASCENDING), ("created_at", ASCENDING)], name="status_created"),
        IndexModel([("created_at", DESCENDING)], name="created"),
    ),
    "jobs": (
        IndexModel([("uid", ASCENDING), ("number", ASCENDING)], name="uid_number", unique=True),
        IndexModel(
            [("state", ASCENDING), ("uid", ASCENDING), ("order", ASCENDING)], name="state_uid_order"
        ),
        # partial: neither an insert nor a claim pays for it
        IndexModel(
            [("uid", ASCENDING), ("loss", ASCENDING), ("number", ASCENDING)],
            name="uid_loss_number",
            partialFilterExpression={"loss": {"$exists": True}},
        ),
    ),
    "measurements": (
        IndexModel(
            [("uid", ASCENDING), ("number", ASCENDING), ("step", ASCENDING)],
            name="uid_number_step",
            unique=True,
        ),
    ),
    "workers": (
        IndexModel([("seen_at", ASCENDING)], name="seen", expireAfterSeconds=WORKERS_KEPT_S),
    ),
    "logs": (
        IndexModel(
            [
                ("uid", ASCENDING),
                ("number", ASCENDING),
                ("token", ASCENDING),
                ("offset", ASCENDING),
            ],
            name="uid_number_token_offset",
        ),
    ),
    "followers": (IndexModel([("until", ASCENDING)], name="until", expireAfterSeconds=0),),
    "objectives.files": (
        IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)], name="filename_date"),
    ),
    "objectives.chunks": (
        IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="files_id_n", unique=True),
    ),
    "attachments.files": (
        IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)], name="filename_date"),
        IndexModel(
            [
                ("metadata.uid", ASCENDING),
                ("metadata.number", ASCENDING),
                ("metadata.name", ASCENDING),
            ],
            name="trial_name",
        ),
    ),
    "attachments.chunks": (
        IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], name="files_id_n", unique=True),
    ),
}

NUMBER = {"bsonType": ["int", "long", "double"]}
WHOLE = {"bsonType": ["int", "long"]}
TEXT = {"bsonType": "string"}
OBJECT = {"bsonType": "object"}
ARRAY = {"bsonType": "array"}
DATE = {"bsonType": "date"}


def _shape(required: str, **properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "$jsonSchema": {
            "bsonType": "object",
            "required": ["schema", *required.split()],
            "properties": {"schema": WHOLE, **properties},
        }
    }


VALIDATORS: Mapping[str, Mapping[str, Any]] = {
    "studies": _shape(
        "uid status direction dimensions wish",
        uid=TEXT,
        status={"enum": [s.value for s in StudyStatus]},
        direction={"enum": [d.value for d in Direction]},
        dimensions=ARRAY,
        wish=OBJECT,
        wish_done=WHOLE,
        limits=OBJECT,
        image={**OBJECT, "required": ["name"], "properties": {"name": TEXT}},
        lease=OBJECT,
        counts=OBJECT,
        quarantine=ARRAY,
        note=TEXT,
        created_at=DATE,
    ),
    "jobs": _shape(
        "study uid number state params",
        study=TEXT,
        uid=TEXT,
        number={**WHOLE, "minimum": 0},
        state={"enum": [s.value for s in TrialState]},
        order=NUMBER,
        params=OBJECT,
        loss=NUMBER,
        value=NUMBER,
        result=OBJECT,
        attempt=WHOLE,
        attempts=ARRAY,
        failures=OBJECT,
        note=TEXT,
        claim={**OBJECT, "required": ["worker", "token", "expires_at"]},
        waiting_since=DATE,
        started_at=DATE,
        finished_at=DATE,
        due_at=DATE,
    ),
    "measurements": _shape(
        "uid number step value", uid=TEXT, number=WHOLE, step=WHOLE, value=NUMBER, attempt=WHOLE
    ),
    "logs": _shape(
        "uid number token offset data",
        uid=TEXT,
        number=WHOLE,
        attempt=WHOLE,
        token=TEXT,
        offset={**WHOLE, "minimum": 0},
        data={"bsonType": "binData"},
    ),
    "followers": _shape("uid number until", uid=TEXT, number=WHOLE, until=DATE),
    "workers": _shape("host pid role seen_at", host=TEXT, pid=WHOLE, role=TEXT, seen_at=DATE),
}


def prepare(link: Connection) -> None:
    """Make what is missing; what stands already stays. Doing it again changes nothing.

    Raises:
        Conflict: another program has documents in collections of these names.
        StoreDenied: something is missing that the user may not create.
    """
    with translated(link.where, PREPARE_S):
        try:
            options = {c["name"]: c.get("options", {}) for c in link.db.list_collections()}
            missing = _missing_indexes(link)
            _refuse_taken(link, missing)
            for name, indexes in missing.items():
                _collection(link, name, options.get(name))
                if indexes:
                    link.db[name].create_indexes(indexes)
        except OperationFailure as error:
            if error.code in DENIED:
                raise StoreDenied(
                    f"the user may not set up the database {link.db.name!r} at {link.where}: give "
                    "it the role dbAdmin there, or let somebody who has it run "
                    "`parzen doctor --init` on it once"
                ) from error
            raise


def _refuse_taken(link: Connection, missing: Mapping[str, Sequence[IndexModel]]) -> None:
    """See that no collection without our indexes holds documents of another program.

    Those of parzen's say their ``schema``.
    """
    strange = {"schema": {"$exists": False}}
    for name in VALIDATORS:
        untouched = len(missing[name]) == len(INDEXES[name])
        if untouched and link.db[name].find_one(strange, {"_id": 1}):
            count = link.db[name].count_documents(strange)
            raise Conflict(
                f"the database {link.db.name!r} at {link.where} holds {count:,} "
                f"{'document' if count == 1 else 'documents'} of another program in its collection "
                f"{name!r}: name another database in the address, which parzen then sets up; "
                "`parzen import` can bring over what some programs found"
            )


def _collection(link: Connection, name: str, options: Mapping[str, Any] | None) -> None:
    validator = VALIDATORS.get(name)
    rules: dict[str, Any] = {}
    if validator:
        rules = {"validator": validator, "validationLevel": "moderate"}
    if options is None:
        try:
            link.db.create_collection(name, check_exists=False, **rules)
        except OperationFailure as error:
            if error.code != EXISTS:
                raise
            options = {}  # somebody else made it just now, or we did and the reply was lost
        else:
            return
    if any(options.get(rule) != wanted for rule, wanted in rules.items()):
        _put_in_force(link, name, rules)


def _put_in_force(link: Connection, name: str, rules: Mapping[str, Any]) -> None:
    """Set a collection's validator; who may not leaves another version's in its place.

    Versions differ while a cluster is being upgraded: neither may keep the other from starting.
    """
    try:
        link.db.command("collMod", name, **rules)
    except OperationFailure as error:
        if error.code not in DENIED:
            raise
        log.warning(
            "the validator of %s.%s is another parzen version's: run `parzen doctor --init` on it "
            "with a user who has the role dbAdmin, once all processes are of one version",
            link.db.name,
            name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What ``prepare`` would make: collections, indexes ("jobs.uid_number"), validators."""

    collections: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    validators: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.collections or self.indexes or self.validators)


def missing(link: Connection) -> Missing:
    """Look what ``prepare`` would make or put in force; nothing is changed."""
    with link.call():
        options = {c["name"]: c.get("options", {}) for c in link.db.list_collections()}
        return Missing(
            collections=tuple(name for name in INDEXES if name not in options),
            indexes=_names(_missing_indexes(link)),
            validators=tuple(
                name
                for name, wanted in VALIDATORS.items()
                if options.get(name, {}).get("validator") != wanted
            ),
        )


def check(link: Connection) -> None:
    """See that the indexes stand; nothing is changed.

    Raises:
        Conflict: the database is another program's.
        StoreUnprepared: some are missing; the message names the command that makes them.
    """
    with link.call():
        missing = _missing_indexes(link)
        _refuse_taken(link, missing)
    if names := _names(missing):
        raise StoreUnprepared(
            f"the database {link.db.name!r} at {link.where} is not set up for parzen (no index "
            f"{names[0]}): run `parzen doctor --init` on it once, as a user who may create "
            "indexes"
        )


def _missing_indexes(link: Connection) -> dict[str, list[IndexModel]]:
    """The indexes that each collection lacks."""
    standing = {name: link.db[name].index_information() for name in INDEXES}
    return {
        name: [index for index in indexes if index.document["name"] not in standing[name]]
        for name, indexes in INDEXES.items()
    }


def _names(missing: Mapping[str, Sequence[IndexModel]]) -> tuple[str, ...]:
    return tuple(
        f"{name}.{i.document['name']}" for name, lacking in missing.items() for i in lacking
    )
