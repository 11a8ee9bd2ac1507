"""What is known at the end of a run: from the documents, the journal and the agents' logs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from chaos import journal
from gridfs import GridFSBucket

SPOKEN = re.compile(r"trial (\d+) of (\S+) (complete: (\S+) in|failed after|cancelled after|went)")
"""What an agent says of a trial once the store has answered."""


@dataclass
class Evidence:
    """Everything that is known at the end.

    ``studies`` are {name: document}, ``trials`` {name: [document, …]}, ``runs`` what the journal
    holds, ``acknowledged`` [(study, number, value as it was logged)], ``fenced`` how often an agent
    was told that a trial was no longer its own, ``measured`` {(uid, number, step): attempt},
    ``attached`` {(uid, number): the digest of the newest attachment}.
    """

    studies: dict
    trials: dict
    runs: dict
    acknowledged: list
    fenced: int
    measured: dict
    attached: dict
    lowered: set
    cancelled: set


def gather(database, journal_file, logs, changes):
    """Read the evidence of a run that has ended."""
    studies = {study["_id"]: study for study in database.studies.find()}
    trials = {
        name: list(database.jobs.find({"uid": study["uid"]}).sort("number", 1))
        for name, study in studies.items()
    }
    acknowledged, fenced = _spoken(logs)
    runs = journal.read(journal_file)
    measured = {
        (m["uid"], m["number"], m["step"]): m["attempt"] for m in database.measurements.find()
    }
    return Evidence(
        studies=studies,
        trials=trials,
        runs=runs,
        acknowledged=acknowledged,
        fenced=fenced,
        measured=measured,
        attached=_attached(database),
        lowered=changes.lowered,
        cancelled=changes.cancelled,
    )


def _attached(database):
    bucket = GridFSBucket(database, "attachments")
    oldest_first = [("metadata.attempt", 1), ("uploadDate", 1), ("_id", 1)]
    found = {}
    for file in database["attachments.files"].find().sort(oldest_first):
        with bucket.open_download_stream(file["_id"]) as stream:
            digest = hashlib.sha256(stream.read()).hexdigest()
        found[file["metadata"]["uid"], file["metadata"]["number"]] = digest
    return found


def _spoken(logs):
    acknowledged, fenced = [], 0
    for path in sorted(logs.glob("agent-*.log")):
        for found in SPOKEN.finditer(path.read_text("utf-8", errors="replace")):
            number, study, said, value = found.groups()
            if value is not None:
                acknowledged.append((study, int(number), value))
            fenced += said == "went"
    return acknowledged, fenced
