"""What the questions of docs/queries.md about machines and several studies must be answered.

Each function bears the name that the page gives its answer.
"""

from __future__ import annotations

from datetime import timedelta

import bson
from queries.everything import Answer, Document, Everything, grouped, only, rank


def running(all_: Everything) -> Answer:
    found = [
        {
            **only(d, "study number attempt last"),
            **only(d["attempts"][-1], "host device"),
            "worker": d["claim"]["worker"],
            "running_s": (all_.now - d["started_at"]).total_seconds(),
        }
        for d in all_.found["jobs"]
        if d["state"] == "running"
    ]
    return sorted(found, key=lambda d: (d["study"], d["number"]))


def unfinished(all_: Everything) -> Answer:
    states = ("waiting", "running")
    left = grouped(((d["study"], d["state"]), d) for d in all_.found["jobs"])
    return [
        {
            "_id": {"study": study, "state": state},
            "trials": len(trials),
            "resting": sum("order" not in d for d in trials) if state == "waiting" else 0,
        }
        for (study, state), trials in sorted(left.items())
        if state in states
    ]


def spent(all_: Everything) -> Answer:
    found = []
    for study in all_.found["studies"]:
        attempts = [(d, a) for d in all_.of("jobs", study) for a in d["attempts"]]
        seconds = sum(_took(all_, d, a) for d, a in attempts)
        hours, gpus = seconds / 3600, study["requires"]["gpus"]
        found.append(
            {
                **only(study, "_id owner"),
                "gpus": gpus,
                "attempts": len(attempts),
                "hours": hours,
                "gpu_hours": hours * gpus,
            }
        )
    return sorted(found, key=lambda d: (-d["gpu_hours"], -d["hours"]))


def hosts(all_: Everything) -> Answer:
    ends = grouped(
        (a["host"], a["outcome"])
        for d in all_.mine
        for a in d["attempts"]
        if a.get("outcome") in ("complete", "pruned", "failed", "lost")
    )
    found = [
        {
            "_id": host,
            "attempts": len(outcomes),
            "bad": (bad := sum(o in ("failed", "lost") for o in outcomes)),
            "rate": bad / len(outcomes),
        }
        for host, outcomes in ends.items()
    ]
    return sorted(found, key=lambda d: (-d["rate"], d["_id"]))


def alive(all_: Everything) -> Answer:
    seen = [d for d in all_.found["workers"] if d["seen_at"] > all_.now - timedelta(seconds=15)]
    assert 0 < len(seen) < len(all_.found["workers"])
    return [
        only(d, "_id role host slots busy labels") for d in sorted(seen, key=lambda d: d["_id"])
    ]


def leaders(all_: Everything) -> Answer:
    found = []
    for study in all_.found["studies"]:
        trials = sorted((d for d in all_.of("jobs", study) if "loss" in d), key=rank)
        if "vision" in study["tags"]:
            found.append((trials[0], study))
    found.sort(key=lambda pair: (pair[0]["loss"], pair[1]["_id"]))
    return [
        {**only(s, "_id owner status counts direction"), **only(t, "number value params")}
        for t, s in found
    ]


def room(all_: Everything) -> Answer:
    found = [
        {
            "_id": study["_id"],
            "study": _bytes(study),
            "bundle": study["objective"]["bytes"] if "objective" in study else 0,
            "attachments": sum(
                d["length"] for d in all_.of("attachments.files", study, "metadata.uid")
            ),
            **{
                name: sum(_bytes(d) for d in all_.of(name, study))
                for name in ("jobs", "measurements", "logs")
            },
        }
        for study in all_.found["studies"]
    ]
    return sorted(found, key=lambda d: (-d["jobs"], d["_id"]))


def _took(all_: Everything, trial: Document, attempt: Document) -> float:
    end = attempt.get("ended_at") or min(all_.now, trial["claim"]["expires_at"])
    return (end - attempt["started_at"]).total_seconds()


def _bytes(document: Document) -> int:
    return len(bson.encode(document))
