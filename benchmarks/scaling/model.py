"""Which part gives first, and how many slots each part carries: pure arithmetic.

Each part has a capacity, in seconds of work per second: a database as many as it has cores, a
coordinator one, since it is one thread, which also waits for its calls. A trial costs a part so
much whoever runs it; a slot and an agent cost something each second only for being there (leases
renewed, studies read); and some costs stand by themselves. With N slots and trials of T seconds,

    utilisation = (N / T x per_trial + N x per_slot + fixed) / capacity

and the throughput is at most the least, over all parts, of (capacity - N x per_slot - fixed) /
per_trial, and at most N / T: the asymptotic bounds of operational analysis (P. J. Denning and J. P.
Buzen, "The Operational Analysis of Queueing Network Models", ACM Computing Surveys 10, 1978).

How long an operation waits at the database is estimated by Erlang's formula for M/M/c (A. K.
Erlang, "Solution of some Problems in the Theory of Probabilities of Significance in Automatic
Telephone Exchanges", 1917; the C formula), with the database's cores as servers. Arrivals that come
in bursts wait longer, and the disk is not in it: it is an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parzen.coordinator.leading import UPKEEP_EACH_S, UPKEEP_S
from parzen.worker.choosing import AT_ONCE
from parzen.worker.pace import LITTLE

DATABASE, COORDINATOR, SLOTS = "database", "coordinator", "slots"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds for one of each: of mongod's CPU, but for the last three.

    Attributes:
        claim_call: a claim that finds something, beside its trials.
        claimed: a trial that is claimed.
        look: a claim that finds nothing and names one study; ``look_study`` for each further one.
        report_call: a report, beside its trials.
        reported: a trial that is reported.
        insert: a trial that is proposed, in a bulk.
        observed: a result that the coordinator reads.
        turn: the coordinator's look now and then at one study without news, with its upkeep.
        led: the lease on a study that a coordinator renews, among others.
        renewed: a lease that is renewed.
        beat: an agent that says that it lives.
        read: the studies read by an agent, beside ``read_study`` for each.
        coordinator_trial: of the coordinator's thread: a result taken in and a trial proposed.
        coordinator_turn: of its thread: that look at one study.
        coordinator_led: of its thread: the lease on a study renewed, among others.
    """

    claim_call: float
    claimed: float
    look: float
    look_study: float
    report_call: float
    reported: float
    insert: float
    observed: float
    turn: float
    led: float
    renewed: float
    beat: float
    read: float
    read_study: float
    coordinator_trial: float
    coordinator_turn: float
    coordinator_led: float


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What is asked about.

    Attributes:
        slots: how many trials run at a time.
        duration_s: how long a trial takes in the mean.
        batch: trials that one claim, and one report, has.
        looks: claims without a trial, for each trial.
        slots_per_agent: an agent reads the studies and beats for all its slots.
        studies: that are active; coordinators and shards beyond their number have nothing to do.
        coordinators: each leads its share of the studies, on one core.
        shards: each holds its share of the studies.
        cores: of each shard's mongod.
        lease_s: of a trial; it is renewed every quarter of that.
        lead_s: of a coordinator on a study; it is renewed every third of that.
        beat_s: between two beats of an agent.
        reread_s: between two readings of the studies by an agent; where trials are long against one
            it also reads them before each claim.
    """

    slots: int
    duration_s: float
    batch: float = 1.0
    looks: float = 0.0
    slots_per_agent: int = 8
    studies: int = 1
    coordinators: int = 1
    shards: int = 1
    cores: int = 2
    lease_s: float = 60.0
    lead_s: float = 10.0
    beat_s: float = 5.0
    reread_s: float = 1.5

    @property
    def upkeep_per_s(self) -> float:
        """How many studies a second all coordinators look at that have no news."""
        each = max(UPKEEP_S, UPKEEP_EACH_S * self.studies / max(1, self.coordinators))
        return self.studies / each

    @property
    def offered(self) -> float:
        """Trials per second, if nothing holds the slots up."""
        return self.slots / self.duration_s if self.duration_s > 0 else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one part can do, and what is asked of it; in seconds of work (per second)."""

    capacity: float
    per_trial: float
    per_slot: float
    fixed: float

    def used(self, rate: float, slots: float) -> float:
        """Its utilisation, 1 where it can do no more."""
        return (rate * self.per_trial + slots * self.per_slot + self.fixed) / self.capacity

    def most(self, slots: float) -> float:
        """Trials per second that it can do at most while there are so many slots."""
        left = self.capacity - slots * self.per_slot - self.fixed
        if left <= 0:
            return 0.0
        return left / self.per_trial if self.per_trial > 0 else float("inf")

    def carries(self, duration_s: float, share: float = 1.0) -> int:
        """How many slots keep it at ``share`` of its capacity, with trials of ``duration_s``."""
        left = share * self.capacity - self.fixed
        return max(0, int(left / (self.per_trial / duration_s + self.per_slot)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is to be expected of a system.

    Attributes:
        rate: trials per second.
        first: the part that gives first; "slots" where the slots themselves are the limit.
        used: the utilisation of each part at that rate.
        wait_s: how long an operation waits for a core of the database, in the mean.
    """

    rate: float
    first: str
    used: Mapping[str, float]
    wait_s: float


def parts(times: Times, system: System) -> Mapping[str, Part]:
    """The parts of ``system`` beside its slots."""
    looks_per_s, leases_per_s = system.upkeep_per_s, 3 * system.studies / system.lead_s
    look = times.look + (min(system.studies, AT_ONCE) - 1) * times.look_study
    agents = 1 / system.slots_per_agent
    reading = times.read + system.studies * times.read_study
    spared = system.duration_s / system.slots_per_agent >= LITTLE * reading
    calls = times.claim_call + times.report_call + (reading if spared else 0.0)
    trial = times.claimed + times.reported + times.insert + times.observed
    database = Part(
        capacity=float(system.cores * min(system.shards, system.studies)),
        per_trial=calls / system.batch + trial + system.looks * look,
        per_slot=times.renewed / (system.lease_s / 4)
        + agents * (times.beat / system.beat_s + reading / system.reread_s),
        fixed=looks_per_s * times.turn + leases_per_s * times.led,
    )
    coordinator = Part(
        capacity=float(min(system.coordinators, system.studies)),
        per_trial=times.coordinator_trial,
        per_slot=0.0,
        fixed=looks_per_s * times.coordinator_turn + leases_per_s * times.coordinator_led,
    )
    return {DATABASE: database, COORDINATOR: coordinator}


def leads(times: Times, system: System, share: float = 1.0) -> int | None:
    """How many studies one coordinator keeps up with, before the first trial of any.

    None where a renewal was too cheap to be measured, and nothing bounds them.

    It renews its lease on each in time; its looks, which it stretches, take a bounded share.
    """
    looked = times.coordinator_turn / UPKEEP_EACH_S
    renewed = 3 * times.coordinator_led / system.lead_s
    return max(0, int((share - looked) / renewed)) if renewed > 0 else None


def forecast(times: Times, system: System) -> Forecast:
    """How many trials a second ``system`` does, and what keeps it from doing more."""
    found = parts(times, system)
    most = {SLOTS: system.offered} | {n: part.most(system.slots) for n, part in found.items()}
    first = min(most, key=lambda name: most[name])
    rate = most[first]
    used = {name: part.used(rate, system.slots) for name, part in found.items()}
    return Forecast(rate=rate, first=first, used=used, wait_s=_wait_s(system, found, used, rate))


def _wait_s(
    system: System, found: Mapping[str, Part], used: Mapping[str, float], rate: float
) -> float:
    part, agents = found[DATABASE], system.slots / system.slots_per_agent
    arrivals = rate * (2 / system.batch + system.looks)
    arrivals += agents * (1 / system.beat_s + 1 / system.reread_s + 4 / system.lease_s)
    arrivals += system.upkeep_per_s
    busy = used[DATABASE] * part.capacity
    if busy <= 0 or arrivals <= 0:
        return 0.0
    return queueing_s(arrivals, busy / arrivals, int(part.capacity))


def queueing_s(arrivals: float, service_s: float, servers: int) -> float:
    """The mean wait in M/M/c: arrivals per second, seconds of service, how many servers.

    Infinite where they cannot keep up.
    """
    offered = arrivals * service_s
    if offered >= servers:
        return float("inf")
    return erlang_c(offered, servers) * service_s / (servers - offered)


def erlang_c(offered: float, servers: int) -> float:
    """The probability that an arrival must wait, at ``offered`` = arrivals x service time.

    By the recursion of Erlang's B formula, which no factorial overflows.
    """
    if offered >= servers:
        return 1.0
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    used = offered / servers
    return blocked / (1 - used * (1 - blocked))
