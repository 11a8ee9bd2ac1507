"""The whole of ``parzen doctor``: what is looked at, in which order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from parzen.client.health import environment, gpus, machine, packages
from parzen.client.health.checking import LIMIT_S, Check, examined
from parzen.client.health.findings import Finding, Group
from parzen.client.health.patient import Patient
from parzen.shared.home import StoreAddress

STORE_S = 45.0
"""How long one check of the store may take, in seconds: it may ask several questions."""

INIT_S = 600.0
"""How long setting a store up may take: starting the embedded server, and building indexes."""


def examine(
    address: Callable[[], StoreAddress], home: Path, *, init: bool = False
) -> Iterator[Finding]:
    """Everything there is to find, as it is found; with ``init`` the store is set up first.

    ``address`` says which store is meant, or raises what is wrong with how it was named. ``home``
    is the data directory.
    """
    patient = Patient(address, init=init)
    try:
        yield from examined(_checks(patient, home))
    finally:
        patient.close()


def _checks(patient: Patient, home: Path) -> Iterator[Check]:
    yield _here("Python", machine.python)
    yield _here("data directory", lambda: machine.directory(home))
    yield _here("variables", lambda: environment.variables(os.environ))
    if patient.embedded:
        yield _here("embedded MongoDB", machine.embedded_program)
    yield Check(group=Group.PACKAGES, name="packages", find=packages.check)
    yield Check(
        group=Group.PACKAGES,
        name="signing",
        find=lambda: packages.keys(os.environ, packages.installed),
    )
    init_s = INIT_S if patient.prepares else LIMIT_S
    yield _asking("address", patient.address, limit_s=init_s, opens=True)
    yield _asking("connection", patient.connection, opens=True)
    yield _asking("version", patient.version)
    yield _asking("topology", patient.topology)
    yield _asking("clock", patient.clocks)
    yield _asking("TLS", patient.guarded)
    if patient.prepares:
        yield _asking("init", patient.init, limit_s=INIT_S)
    yield _asking("user", patient.user, Group.RIGHTS)
    yield _asking("may be", patient.roles, Group.RIGHTS, opens=True)
    yield _asking("set up", patient.prepared, Group.DATABASE)
    yield _asking("documents", patient.shapes, Group.DATABASE)
    yield _asking("size", patient.room, Group.DATABASE)
    yield _asking("test write", patient.written, Group.DATABASE)
    yield _asking("change stream", patient.heard, Group.DATABASE)
    yield _asking("studies", patient.studies, Group.STUDIES)
    yield Check(group=Group.GPU, name="NVIDIA", find=lambda: gpus.check(os.environ))


def _here(name: str, find: Callable[[], Iterator[Finding]]) -> Check:
    return Check(group=Group.MACHINE, name=name, find=find)


def _asking(
    name: str,
    find: Callable[[], Iterator[Finding]],
    group: Group = Group.SERVER,
    *,
    limit_s: float = STORE_S,
    opens: bool = False,
) -> Check:
    return Check(group=group, name=name, find=find, asks=True, opens=opens, limit_s=limit_s)
