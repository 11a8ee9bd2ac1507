"""Bundles and attachments in GridFS: whole files only, since a file's document is written last."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId
from gridfs import GridFSBucket
from gridfs.errors import NoFile

from parzen.shared.archive import MOST_BYTES
from parzen.shared.errors import Incompatible, NotFound, Untrusted
from parzen.shared.mongo.connection import Connection, log
from parzen.shared.mongo.faults import translated
from parzen.shared.mongo.filters import text, whole
from parzen.shared.records import SCHEMA, Claim, Study, Uid

FILE_S = 120.0
"""The time limit for sending or fetching one file, in seconds: a bundle may be large."""

NEWEST_FIRST = [("metadata.attempt", -1), ("uploadDate", -1), ("_id", -1)]


@dataclass(frozen=True, slots=True)
class Files:
    """The two buckets of a store."""

    link: Connection

    def put_bundle(self, study: str, data: bytes) -> str:
        """Store a study's bundle under a fresh id; the id."""
        return self._put("objectives", f"{study}.bundle", data, {"study": study})

    def drop_bundle(self, file: str) -> None:
        """Delete a bundle that no study names."""
        with self.link.call():
            self._bucket("objectives").delete(ObjectId(file))

    def bundle(self, study: Study) -> bytes:
        """The bundle of ``study``, verified against its digest.

        No more is fetched than the study says it has, whatever lies there.

        Raises:
            NotFound: the study has none, or it was deleted.
            Untrusted: the bytes are not those that were submitted.
            Incompatible: it is larger than any bundle.
        """
        ref = study.objective
        if ref is None:
            raise NotFound(f"study {study.name!r} has no objective: submit it with one")
        if ref.bytes > MOST_BYTES:
            raise Incompatible(
                f"the bundle of study {study.name!r} has {ref.bytes} bytes, expected at most "
                f"{MOST_BYTES}: submit its objective again"
            )
        try:
            file = ObjectId(ref.file)
            with translated(self.link.where, FILE_S):
                data = self._read_whole("objectives", file, ref.bytes)
        except (NoFile, InvalidId) as error:
            raise NotFound(
                f"the bundle {ref.file!r} of study {study.name!r} is gone: submit its "
                "objective again"
            ) from error
        if data is None:
            raise _altered(study, "its size differs")
        if sha256(data).hexdigest() != ref.digest:
            raise _altered(study, "its SHA-256 differs")
        return data

    def attach(self, claim: Claim, name: str, data: bytes) -> None:
        """Keep ``data`` with the trial as ``name``, in the place of what earlier attempts left."""
        self.keep(*claim.key, claim.trial.attempt, name, data)

    def keep(self, uid: Uid, number: int, attempt: int, name: str, data: bytes) -> None:
        """Keep ``data`` as left by the ``attempt`` of that number at a trial."""
        found = _named(uid, number, name)
        files = self.link.db["attachments.files"]
        with self.link.call():
            older = {**found, "metadata.attempt": {"$lte": attempt}}
            replaced = [f["_id"] for f in files.find(older, {"_id": 1})]
        metadata = {"uid": uid, "number": number, "name": name, "attempt": attempt}
        self._put("attachments", name, data, metadata)
        for file in replaced:
            self._forget("attachments", file)

    def attachments(self, uid: Uid, number: int) -> list[str]:
        """The names of a trial's attachments, sorted."""
        with self.link.call():
            files = self.link.db["attachments.files"]
            found = {"metadata.uid": uid, "metadata.number": whole("the trial's number", number)}
            return sorted(set(files.distinct("metadata.name", found)))

    def sizes(self, uid: Uid, number: int) -> dict[str, int]:
        """The sizes of a trial's attachments in bytes, by name: of the latest attempt's."""
        trial = {"metadata.uid": uid, "metadata.number": whole("the trial's number", number)}
        with self.link.call():
            files = self.link.db["attachments.files"]
            found = files.find(trial, {"metadata.name": 1, "length": 1}).sort(NEWEST_FIRST)
            sizes = {f["metadata"]["name"]: f["length"] for f in list(found)[::-1]}
        return dict(sorted(sizes.items()))

    def attachment(self, study: Study, number: int, name: str) -> bytes:
        """One attachment: of the latest attempt that left one of that name."""
        with translated(self.link.where, FILE_S):
            files = self.link.db["attachments.files"]
            file = files.find_one(_named(study.uid, number, name), sort=NEWEST_FIRST)
            if file is not None:
                return self._read("attachments", file["_id"])
        held = self.attachments(study.uid, number)
        raise NotFound(
            f"trial {number} of study {study.name!r} has no attachment {name!r}: it has "
            f"{', '.join(map(repr, held)) or 'none'}"
        )

    def _put(self, bucket: str, name: str, data: bytes, metadata: dict[str, Any]) -> str:
        with translated(self.link.where, FILE_S):
            file = self._bucket(bucket).upload_from_stream(
                name, data, metadata={"schema": SCHEMA, **metadata}
            )
        return str(file)

    def _read(self, bucket: str, file: ObjectId) -> bytes:
        with self._bucket(bucket).open_download_stream(file) as stream:
            return bytes(stream.read())

    def _read_whole(self, bucket: str, file: ObjectId, size: int) -> bytes | None:
        """The file, or None where it is not made of ``size`` bytes.

        Where its pieces hold more or less than the document says, the driver reads no further.
        """
        with self._bucket(bucket).open_download_stream(file) as stream:
            piece = stream.chunk_size
            if stream.length != size or not (isinstance(piece, int) and piece > 0):
                return None
            try:
                return bytes(stream.read(size))
            except (KeyError, TypeError):  # a piece that somebody edited holds no bytes
                return None

    def _forget(self, bucket: str, file: ObjectId) -> None:
        try:
            with self.link.call():
                self._bucket(bucket).delete(file)
        except NoFile:
            log.debug("file %s of %s was deleted by somebody else", file, bucket)

    def _bucket(self, name: str) -> GridFSBucket:
        return GridFSBucket(self.link.db, name)


def _altered(study: Study, how: str) -> Untrusted:
    return Untrusted(
        f"the bundle of study {study.name!r} is not the one that was submitted ({how}): submit its "
        "objective again"
    )


def _named(uid: Uid, number: int, name: str) -> dict[str, Any]:
    return {
        "metadata.uid": uid,
        "metadata.number": whole("the trial's number", number),
        "metadata.name": text("the attachment's name", name),
    }
