"""Which faults strike when: a pure function of the seed and the length of the run.

Faults are dealt in lanes, each a thread of its own in the run: within a lane one fault is over, and
its victim has had a moment to recover, before the next begins; faults of different lanes overlap.
Within a lane kinds are dealt from shuffled bags, so that none waits for its turn for ever.
"""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of fault, and between how many and how many seconds it lasts."""

    name: str
    least_s: float = 0.0
    most_s: float = 0.0
    copies: int = 1
    """How often it is in a bag."""


@dataclass(frozen=True)
class Lane:
    """Kinds that do not overlap, and between how many and how many seconds lie between two."""

    name: str
    least_s: float
    most_s: float
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Fault:
    """What is done when, for how long, and to whom.

    ``index`` chooses among those who can be hit at that moment, ``draw`` in [0, 1) whatever else
    the kind leaves open. Times are seconds from the start of the run.
    """

    at: float
    lane: str
    kind: str
    length_s: float
    index: int
    draw: float


LANES = (
    Lane(
        "child",
        1.0,
        4.0,
        (
            Kind("child_kill", copies=2),
            Kind("child_term"),
            Kind("child_stop", 0.5, 6.0),
        ),
    ),
    Lane(
        "agent",
        2.0,
        7.0,
        (
            Kind("agent_kill", 0.2, 2.0, copies=2),
            Kind("agent_term", 0.2, 1.0),
            Kind("agent_term_twice", 0.2, 1.0),
            Kind("agent_drain", 0.2, 1.0),
            Kind("agent_joins", 4.0, 10.0),
            Kind("agent_unfit", 4.0, 10.0),
            Kind("agent_hours_off", 4.0, 10.0),
        ),
    ),
    Lane(
        "zombie",
        3.0,
        8.0,
        # longer than the lease: its trials go to others, and then it comes back
        (Kind("agent_stop", 5.0, 9.0, copies=2), Kind("host_sleeps", 5.0, 9.0)),
    ),
    Lane(
        "coordinator",
        5.0,
        14.0,
        (
            Kind("coordinator_kill", 0.2, 2.0, copies=2),
            Kind("coordinator_stop", 4.0, 8.0),
            Kind("coordinator_term", 0.2, 1.0),
            Kind("coordinator_kill_both", 0.2, 2.0),
        ),
    ),
    Lane(
        "member",
        7.0,
        16.0,
        (
            Kind("primary_step_down"),
            Kind("primary_kill", 0.5, 4.0),
            Kind("primary_pause", 2.0, 7.0),
            Kind("primary_refuse", 1.0, 6.0),
            Kind("primary_stall_up", 1.0, 7.0),
            Kind("primary_stall_down", 1.0, 7.0),
            Kind("primary_stall_both", 1.0, 7.0),
            Kind("secondary_kill", 0.5, 4.0),
            Kind("secondary_pause", 2.0, 5.0),
            Kind("all_members_kill", 0.2, 1.0),
        ),
    ),
    Lane(
        "network",
        1.0,
        4.0,
        (
            Kind("net_cut", copies=2),
            Kind("net_slow_up", 1.0, 4.0),
            Kind("net_slow_down", 1.0, 4.0),
            Kind("reply_lost_claim", 1.0, 2.0, copies=2),
            Kind("reply_lost_report", 1.0, 2.0, copies=2),
            Kind("reply_lost_insert", 1.0, 2.0, copies=2),
            Kind("reply_lost_lead", 1.0, 2.0),
            Kind("stream_broken", 0.5, 2.0),
            Kind("disk_full", 0.5, 2.0),
        ),
    ),
    Lane(
        "owner",
        3.0,
        9.0,
        (
            Kind("study_cancel"),
            Kind("study_pause", 0.5, 3.0),
            Kind("study_cancel_and_resume", 0.3, 2.0),
            Kind("study_raise"),
            Kind("study_lower"),
        ),
    ),
)


def draw(seed, seconds, pace=1.0):
    """All faults of a run of ``seconds``, in order of time; a longer run begins like a shorter.

    ``pace`` divides what lies between faults.
    """
    faults = [fault for lane in LANES for fault in _lane(lane, seed, seconds, pace)]
    return sorted(faults, key=lambda fault: (fault.at, fault.lane))


def _lane(lane, seed, seconds, pace):
    rng = random.Random(f"{seed}/{lane.name}")
    bag, at = [], 0.0
    while True:
        if not bag:
            bag = [kind for kind in lane.kinds for _ in range(kind.copies)]
            rng.shuffle(bag)
        kind = bag.pop()
        at += rng.uniform(lane.least_s, lane.most_s) / pace
        length_s = rng.uniform(kind.least_s, kind.most_s)
        fault = Fault(at, lane.name, kind.name, length_s, rng.randrange(1 << 16), rng.random())
        if fault.at + fault.length_s > seconds:
            return
        yield fault
        at += length_s
