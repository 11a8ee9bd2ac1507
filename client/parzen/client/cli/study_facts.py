"""Everything that is said of one study to a person, but for its space."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from parzen.client import terms, warming
from parzen.client.cli.facts import Fact
from parzen.client.progress import finished
from parzen.client.wording import clock, counted, moment, scalar
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Image, ObjectiveRef, Pull, Study


def study_facts(study: Study) -> Iterator[Fact]:
    """What stands in the study's document."""
    reason = f": {study.status_reason}" if study.status_reason else ""
    yield study.name, f"{study.status.value}{reason}"
    if study.note:
        yield "note", study.note
    yield "owner", study.owner or "nobody"
    if study.tags:
        yield "tags", ", ".join(study.tags)
    yield from _course(study)
    yield "direction", study.direction.value
    limits = terms.given(study.limits, study.direction)
    yield "limits", _terms({n: v for n, v in limits.items() if v is not None}) or "none"
    yield "sampler", warming.told(study.sampler)
    if study.proposing:
        yield "proposing", study.proposing
    yield "retries", _terms(dataclasses.asdict(study.retries))
    yield "requires", _requires(study)
    if study.image is not None:
        yield "image", _image(study.image)
    if study.trial_timeout_s is not None:
        yield "time limit", f"{clock(study.trial_timeout_s)} for each trial"
    most = "any number" if study.max_running is None else f"at most {study.max_running}"
    yield "at a time", f"{most}, with priority {study.priority}"
    if study.objective is not None:
        yield from _objective(study.objective)
    for one in study.quarantine:
        until = "on probation" if one.probation else f"until {moment(one.until)}"
        yield "set aside", f"{one.worker} {until}: {one.reason}"


def _course(study: Study) -> Iterator[Fact]:
    counts = [f"{study.counts[s]} {s.value}" for s in TrialState if study.counts.get(s)]
    yield "trials", ", ".join(counts) or "none yet"
    if study.best_number is not None:
        yield "best", f"trial {study.best_number}, of {finished(study)} finished"
    yield "created", moment(study.created_at)
    if study.active_since != study.created_at:
        yield "resumed", moment(study.active_since)
    if study.ended_at is not None and study.status.ended:
        yield "ended", moment(study.ended_at)
    if study.lease is not None and not study.status.ended:
        yield "led by", f"{study.lease.holder}, in term {study.lease.term}"


def _requires(study: Study) -> str:
    said = []
    if study.requires.gpus:
        memory = study.requires.gpu_memory_gb
        each = f" with {memory:g} GB" if memory else ""
        said.append(f"{counted(study.requires.gpus, 'GPU')}{each}")
    said += [f"the label {label}" for label in study.requires.labels]
    if study.requires.time_s is not None:
        said.append(f"{clock(study.requires.time_s)} for each trial")
    return ", ".join(said) or "nothing"


def _image(image: Image) -> str:
    said = [image.name]
    if image.memory_gb is not None:
        said.append(f"{image.memory_gb:g} GB of memory")
    if image.cpus is not None:
        said.append(f"{image.cpus:g} {'CPU' if image.cpus == 1 else 'CPUs'}")
    if image.shm_gb is not None:
        said.append(f"{image.shm_gb:g} GB of shared memory")
    said.append(f"the network {image.network}" if image.network else "no network")
    if image.pull is not Pull.MISSING:
        said.append(f"pull {image.pull.value}")
    return ", ".join(said)


def _terms(found: dict[str, Any]) -> str:
    told = [f"{name} {'any' if value is None else scalar(value)}" for name, value in found.items()]
    return ", ".join(told)


def _objective(ref: ObjectiveRef) -> Iterator[Fact]:
    yield "objective", f"{ref.entry}, {counted(ref.bytes, 'byte')}, digest {ref.digest}"
    signed = f"signed by {ref.signed_by}" if ref.signed_by else "not signed"
    yield "", f"made with Python {ref.python} and cloudpickle {ref.cloudpickle}, {signed}"
    if ref.packages:
        yield "", "imports " + ", ".join(f"{n} {v}" for n, v in ref.packages.items())
