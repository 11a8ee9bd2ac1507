"""How a declared study gets into a store: created there, or joined to what stands there."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parzen.client import presence, terms, warming
from parzen.client.beginning import begin
from parzen.client.handle import StudyHandle
from parzen.client.points import drafted
from parzen.client.wording import counted
from parzen.shared import bundle
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import Conflict, NotFound
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import SamplerSpec, Uid, Want
from parzen.shared.records import Study as Record
from parzen.shared.signing import Signer
from parzen.shared.store import Catalog

if TYPE_CHECKING:
    from parzen.client.study import Study
    from parzen.shared.mongo import MongoStore

SETTLED = (
    "sampler", "retries", "trial_timeout_s", "requires", "image", "priority", "max_running", "tags",
)  # fmt: skip
"""What a study keeps from its first submission; only limits may be set anew."""


def put(
    study: Study,
    store: MongoStore,
    where: StoreAddress,
    signer: Signer | None = None,
    *,
    replace: bool = False,
) -> StudyHandle:
    """Create the study in the store, or go on with the one of that name and the same space.

    A new one is signed by ``signer``; so is an objective that takes another's place, where
    ``replace`` says so.

    Raises:
        InvalidObjective: the objective cannot travel.
        Conflict: the name belongs to a study with another space or direction.
    """
    remarks = list(store.warnings)
    stored = existing(store.catalog, study.name)
    if stored is None:
        stored, said = _create(study, store.catalog, signer)
        remarks += said
    else:
        refuse_another(study.record, stored)
        stored, joined = _joined(study, stored, store.catalog, signer, replace=replace)
        remarks.append(joined)
        if study.warm_start:
            remarks.append(warming.standing(stored.name, stored.sampler))
        stored, said = go_on(study.record, stored, store.catalog)
        remarks += said
    if signer is not None:
        remarks.append(_signed(stored, signer))
    if terms.endless(stored.limits):
        remarks.append(
            f"study {study.name!r} has no limit, so it goes on until `parzen cancel {study.name}`, "
            "or until its sampler has no point left"
        )
    return StudyHandle(store, where, stored, space=study.space, remarks=remarks)


def existing(catalog: Catalog, name: str) -> Record | None:
    """The stored study of that name, or None."""
    try:
        return catalog.study(name)
    except NotFound:
        return None


def _bundle(study: Study) -> bundle.Bundle:
    return bundle.build(study.objective, study.space, setup=study.setup, main_file=study.main_file)


def _joined(
    study: Study, stored: Record, catalog: Catalog, signer: Signer | None, *, replace: bool
) -> tuple[Record, str]:
    """That the study exists, and whose objective it runs from now on: its own, or this one."""
    built = _bundle(study)
    given = built.manifest.ref("", built.data)
    if stored.objective is not None and stored.objective.digest == given.digest:
        return stored, f"study {study.name!r} exists: going on with it"
    unused = not stored.counts.get(TrialState.COMPLETE) and _may_replace(stored, signer)
    if replace or unused:
        if signer is not None:
            given = signer.signed(given, stored.name, stored.uid)
        stored = catalog.replace_objective(stored, given, built.data)
        why = "" if replace else ", since no trial is complete with the one before"
        retry = f"; `parzen retry {stored.name} --failed` tries it on trials that failed"
        return stored, (
            f"study {study.name!r} exists: going on with it and with the objective given now{why}"
            f"{retry if stored.counts.get(TrialState.FAILED) else ''}"
        )
    # pickled bytes may differ though nothing was edited, so no edit is claimed
    return stored, (
        f"study {study.name!r} exists: going on with it and with the objective stored before, not "
        "with the one given now; to run that one, add --replace-objective "
        "(replace_objective=True in Python), or give the study another name"
    )


def _may_replace(stored: Record, signer: Signer | None) -> bool:
    """Whether no worker that trusts the study would refuse it then."""
    signed = stored.objective is not None and stored.objective.signed_by is not None
    return signer is not None or not signed


def _create(study: Study, catalog: Catalog, signer: Signer | None) -> tuple[Record, Sequence[str]]:
    """The new study, and what it took over of others."""
    earlier = warming.read(study.warm_start, catalog)
    sampler, taken = warming.composed(study.record.sampler, study.record.dimensions, earlier)
    built = _bundle(study)
    objective = built.manifest.ref("", built.data)
    uid = Uid(uuid.uuid4().hex)  # the declared study may have been submitted, and deleted, before
    if signer is not None:
        objective = signer.signed(objective, study.name, uid)
    named = dataclasses.replace(study.record, uid=uid, objective=objective, sampler=sampler)
    try:
        return begin(catalog, named, built.data, drafted(named, study.points, None, 0)), taken
    except Conflict:  # somebody else was faster: theirs is as good if it is the same search
        stored = catalog.study(study.name)
        refuse_another(study.record, stored)
        return stored, []


def _signed(stored: Record, signer: Signer) -> str:
    """By whom the study is signed; one that stood there already stays as it is."""
    found = stored.objective.signed_by if stored.objective else None
    if found == signer.key_id:
        return f"study {stored.name!r} is signed by {found}"
    # a signature vouches for an objective, and the stored one may be anybody's
    return (
        f"study {stored.name!r} is {'signed by ' + found if found else 'not signed'} since its "
        f"submission, and stays so: to sign with {signer.key_id}, give the study another name "
        '(Study("...") or --name)'
    )


def refuse_another(declared: Record, stored: Record) -> None:
    """See that both search the same space in the same direction.

    Raises:
        Conflict: they do not; the message names what differs.
    """
    differs = differences(declared.dimensions, stored.dimensions)
    if declared.direction is not stored.direction:
        differs.append(f"direction is {stored.direction.value} there")
    if differs:
        raise Conflict(
            f"the name {declared.name!r} belongs to another study: {'; '.join(differs[:4])}: "
            'submit under another name, Study("another-name", ...) or --name'
        )


def differences(here: tuple[Dimension, ...], there: tuple[Dimension, ...]) -> list[str]:
    """How the declared dimensions differ from the stored ones, by name."""
    mine, theirs = {d.name: d for d in here}, {d.name: d for d in there}
    said = [f"parameter {name!r} is new" for name in mine if name not in theirs]
    said += [f"parameter {name!r} is missing" for name in theirs if name not in mine]
    for name in mine.keys() & theirs.keys():
        fields = [
            f.name
            for f in dataclasses.fields(Dimension)
            if getattr(mine[name], f.name) != getattr(theirs[name], f.name)
        ]
        said += [_changed(mine[name], theirs[name], field) for field in fields]
    return said


def _changed(mine: Dimension, theirs: Dimension, field: str) -> str:
    return (
        f"parameter {mine.name!r} has {field}={getattr(theirs, field)!r} there "
        f"and {getattr(mine, field)!r} here"
    )


def go_on(declared: Record, stored: Record, catalog: Catalog) -> tuple[Record, list[str]]:
    """Bring the stored study to the declared limits and let it run; what is worth saying."""
    said = []
    kept = [f for f in SETTLED if _settled(declared, f) != _settled(stored, f)]
    if kept:
        said.append(f"{', '.join(kept)} differ and stay as they were first submitted")
    created = sum(stored.counts.values())
    spent = exhausted(declared, created)
    enough = (
        f"it has {counted(created, 'trial')} already: for more, give a max_trials above {created}"
    )
    if stored.counts.get(TrialState.FAILED):
        enough += f"; `parzen retry {stored.name} --failed` tries those again that failed"
    if spent and presence.ended(stored):
        return stored, [*said, f"it was {_state(stored)}, and stays so", enough]
    rest, changes = resting(stored), changed_limits(declared, stored)
    goes_on = not (spent and stored.status.ended)  # or it ends again, once the wish is carried out
    if rest is not None and goes_on:
        said.append(rest)
    said += changes
    if spent and (changes or not goes_on):
        said.append(enough)
    if rest is not None or declared.limits != presence.in_force(stored):
        stored = catalog.wish(stored.name, Want.RUN, declared.limits)
    return stored, said


def _settled(study: Record, field: str) -> object:
    """What is compared of a setting: of a function that proposes, nothing but that it is one.

    What a study began with is its own.
    """
    value = getattr(study, field)
    if not isinstance(value, SamplerSpec):
        return value
    inner, _ = warming.unwrapped(value)
    return inner if inner.function is None else dataclasses.replace(inner, options={})


def resting(stored: Record) -> str | None:
    """Why the study does not move just now, in a sentence that says it goes on; None if it does."""
    if presence.ended(stored):
        return f"it was {_state(stored)}, and goes on"
    if stored.wish.want is not Want.RUN:
        asked = {Want.CANCEL: "cancelled", Want.PAUSE: "paused"}[stored.wish.want]
        return f"it was being {asked}, and goes on"
    if stored.status is StudyStatus.ACTIVE:
        return None
    return f"it was {stored.status.value}, and goes on"


def _state(stored: Record) -> str:
    return stored.status.value + (f" ({stored.status_reason})" if stored.status_reason else "")


def changed_limits(declared: Record, stored: Record) -> list[str]:
    """A sentence for each limit that the declared study sets anew, under its owner's name."""
    old = terms.given(presence.in_force(stored), stored.direction)
    new = terms.given(declared.limits, declared.direction)
    return [
        f"{name} is now {now}, it was {old[name]}" for name, now in new.items() if now != old[name]
    ]


def exhausted(declared: Record, created: int) -> bool:
    """Whether so many trials are all that the declared limits allow."""
    most = declared.limits.max_trials
    return most is not None and created >= most
