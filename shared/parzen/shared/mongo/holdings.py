"""What a store holds, for somebody who finds things on a machine and asks whether it needs them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from parzen.shared.lifecycle import TrialState
from parzen.shared.mongo.connection import Connection
from parzen.shared.records import Uid

AT_ONCE = 1000
"""How many trials are asked for in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The store's studies, as {name: uid}, and the digests of the bundles that they name.

    ``whole`` is false where a study's document lacks its uid: nobody can tell then what is gone.
    """

    studies: Mapping[str, Uid]
    digests: frozenset[str]
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A trial's state, when it ended, and the tokens of the attempts that it remembers."""

    state: TrialState | None
    finished_at: datetime | None
    tokens: frozenset[str]


def holdings(link: Connection) -> Holdings:
    """Read which studies there are."""
    with link.call():
        found = list(link.collection("studies").find({}, {"uid": 1, "objective.digest": 1}))
    named = {str(d["_id"]): d["uid"] for d in found if isinstance(d.get("uid"), str)}
    digests = (d.get("objective", {}).get("digest") for d in found)
    return Holdings(
        studies=named,
        digests=frozenset(digest for digest in digests if isinstance(digest, str)),
        whole=len(named) == len(found),
    )


def tried(link: Connection, uid: Uid, numbers: Collection[int]) -> dict[int, Tried]:
    """{number: what is known} of the trials ``numbers`` that the study ``uid`` has.

    One that its owner wishes to be tried again counts as waiting.
    """
    fields = {"number": 1, "state": 1, "finished_at": 1, "attempts.token": 1, "claim.token": 1}
    asked, known, again = iter(sorted(numbers)), {}, _wished(link, uid)
    while some := list(islice(asked, AT_ONCE)):
        wanted = {"uid": uid, "number": {"$in": some}}
        with link.call():
            for document in link.collection("jobs").find(wanted, fields):
                number, found = int(document["number"]), _tried(document)
                waits = replace(found, state=TrialState.WAITING, finished_at=None)
                known[number] = waits if number in again else found
    return known


def _wished(link: Connection, uid: Uid) -> frozenset[int]:
    """The trials that are to be tried again, which the study's leader has not heard of yet."""
    with link.call():
        found = link.collection("studies").find_one({"uid": uid}, {"wish": 1, "wish_done": 1})
    wish = (found or {}).get("wish")
    if found is None or not isinstance(wish, dict):
        return frozenset()
    heard = wish.get("serial", 0) <= found.get("wish_done", 0)
    return frozenset() if heard else frozenset(wish.get("retry", ()))


def _tried(document: Mapping[str, object]) -> Tried:
    attempts, claim = document.get("attempts"), document.get("claim")
    places = [*(attempts if isinstance(attempts, list) else ()), claim]
    finished_at = document.get("finished_at")
    states = {state.value: state for state in TrialState}
    return Tried(
        state=states.get(str(document.get("state"))),
        finished_at=finished_at if isinstance(finished_at, datetime) else None,
        tokens=frozenset(p["token"] for p in places if isinstance(p, dict) and "token" in p),
    )
