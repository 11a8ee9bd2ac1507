"""How each kind of fault is done to a scene, and undone.

A kind is a function of the scene and the fault that returns how to undo it, or None where nothing
is to be undone. It raises :class:`Nobody` where there is nobody to hit just now.
"""

from __future__ import annotations

import logging
import signal
import time
from functools import partial

import psutil
from pymongo.errors import PyMongoError

from parzen.shared.records import Want

log = logging.getLogger("chaos")


class Nobody(Exception):
    """There is nobody to hit just now."""


def inflict(scene, fault):
    """Do ``fault``; what undoes it, or None."""
    return KINDS[fault.kind](scene, fault)


def _one_of(found, fault):
    if not found:
        raise Nobody
    return found[fault.index % len(found)]


def _child(number, scene, fault):
    process = _one_of(scene.population.children(), fault)
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        raise Nobody from None
    return partial(_go_on, process) if number == signal.SIGSTOP else None


def _go_on(process):
    try:
        process.send_signal(signal.SIGCONT)
    except psutil.NoSuchProcess:
        return


def _program(programs, number, scene, fault):
    """End a program for a while, or stop it."""
    hit = _one_of([p for p in programs(scene) if p.wanted and p.free], fault)
    if number == signal.SIGSTOP:
        hit.send(number)
        return partial(hit.send, signal.SIGCONT)
    hit.wanted = False
    hit.end(number)
    return partial(setattr, hit, "wanted", True)


def _agents(scene):
    return scene.population.agents


def _coordinators(scene):
    return scene.population.coordinators


def _term_twice(scene, fault):
    hit = _one_of([p for p in _agents(scene) if p.wanted and p.free], fault)
    hit.wanted = False
    hit.end(signal.SIGTERM)
    hit.end(signal.SIGTERM)
    return partial(setattr, hit, "wanted", True)


def _both_coordinators(scene, fault):
    undo = [_program(_coordinators, signal.SIGKILL, scene, fault)]
    others = [p for p in _coordinators(scene) if p.wanted and p.free]
    for other in others:
        other.wanted = False
        other.end(signal.SIGKILL)
        undo.append(partial(setattr, other, "wanted", True))
    return lambda: [step() for step in undo]


def _host_sleeps(scene, fault):
    """An agent and all that it started stand still, as on a laptop whose lid is closed."""
    hit = _one_of([p for p in _agents(scene) if p.wanted and p.free], fault)
    asleep = []
    try:
        agent = psutil.Process(hit.process.pid)
        agent.suspend()
        asleep = [agent, *agent.children(recursive=True)]
        for process in asleep[1:]:
            process.suspend()
    except psutil.NoSuchProcess:
        log.info("a process ended while its host fell asleep")
    return lambda: [_go_on(process) for process in asleep]


def _joins(scene, fault, *, fit=True, hours_off=0):
    joined = scene.population.add_agent(fit=fit, hours_off=hours_off)

    def leave():
        joined.wanted = False
        joined.end(signal.SIGTERM if fault.draw < 0.5 else signal.SIGUSR1)

    return leave


def _primary(scene):
    found = scene.cluster.primary()
    if found is None:
        raise Nobody
    return found


def _secondary(scene, fault):
    return _one_of(scene.cluster.secondaries(), fault)


def _step_down(scene, fault):
    _primary(scene)
    try:
        scene.cluster.step_down(seconds=5)
    except PyMongoError:
        raise Nobody from None


def _kill(which, scene, fault):
    i = which(scene, fault)
    scene.cluster.kill(i)
    return partial(scene.cluster.start, i)


def _pause(which, scene, fault):
    i = which(scene, fault)
    scene.cluster.pause(i)
    return partial(scene.cluster.resume, i)


def _kill_all(scene, fault):
    members = range(len(scene.cluster.members))
    for i in members:
        scene.cluster.kill(i)
    return lambda: [scene.cluster.start(i) for i in members]


def _refuse(scene, fault):
    """The primary's host is there, but takes no connections."""
    proxy = scene.proxies[_primary(scene)]
    proxy.refuse()
    proxy.cut()
    return partial(proxy.heal, "refuse")


def _stall(direction, scene, fault):
    proxy = scene.proxies[_primary(scene)]
    proxy.stall(direction)
    return partial(proxy.heal, "stall")


def _cut(scene, fault):
    _one_of(scene.proxies, fault).cut()


def _slow(direction, scene, fault):
    proxy = _one_of(scene.proxies, fault)
    proxy.slow(fault.draw, direction)
    return partial(proxy.heal, "slow")


def _request(command, collection):
    """How a request begins in BSON."""
    name = collection.encode() + b"\0"
    return command.encode() + b"\0" + len(name).to_bytes(4, "little") + name


REPLIES = {
    "claim": [_request("findAndModify", "jobs")],
    "report": [_request("update", name) for name in ("jobs", "measurements", "workers")],
    "insert": [
        _request("insert", name) for name in ("jobs", "attachments.chunks", "objectives.chunks")
    ],
    "lead": [_request("findAndModify", "studies"), _request("update", "studies")],
}
"""Whose replies get lost."""


def _lose_reply(what, scene, fault):
    """The primary does it and answers, once or twice, and nobody hears."""
    proxy = scene.proxies[_primary(scene)]
    patterns = REPLIES[what]
    pattern = patterns[fault.index % len(patterns)] if fault.draw < 0.4 else patterns[0]
    proxy.swallow_reply(pattern, times=1 + (fault.draw < 0.5))
    return partial(proxy.heal, "swallow")


BROKEN_STREAM = {"failCommands": ["getMore"], "errorCode": 286}
"""Change streams cannot go on where they were: their history is lost."""

FULL_DISK = {"failCommands": ["insert", "update", "findAndModify"], "errorCode": 14031}
"""The server takes no writes."""


def _failing(what, scene, fault):
    """Have the primary answer parzen's commands with an error."""
    primary = _primary(scene)
    try:
        scene.cluster.failpoint(primary, "failCommand", "alwaysOn", {**what, "appName": "parzen"})
    except PyMongoError:
        raise Nobody from None
    return partial(_stop_failing, scene, primary)


def _stop_failing(scene, i):
    member = scene.cluster.members[i]
    while member.alive:  # one that was killed has forgotten it
        try:
            if not member.paused:  # it is resumed by the lane that paused it
                scene.cluster.failpoint(i, "failCommand", "off")
                return
        except PyMongoError as error:
            log.info("member %d goes on failing for now: %s", i, error)
        time.sleep(0.1)


def _study(scene, fault):
    return _one_of(list(scene.owner.open), fault)


def _cancel(scene, fault):
    scene.owner.cancel(_study(scene, fault))


def _wish_and_run(want, scene, fault):
    name = _study(scene, fault)
    scene.owner.wish(name, want)
    return partial(scene.owner.wish, name, Want.RUN)


def _limit(least, scene, fault):
    scene.owner.limit(_study(scene, fault), least + 0.5 * fault.draw)


KINDS = {
    "child_kill": partial(_child, signal.SIGKILL),
    "child_term": partial(_child, signal.SIGTERM),
    "child_stop": partial(_child, signal.SIGSTOP),
    "agent_kill": partial(_program, _agents, signal.SIGKILL),
    "agent_stop": partial(_program, _agents, signal.SIGSTOP),
    "agent_term": partial(_program, _agents, signal.SIGTERM),
    "agent_term_twice": _term_twice,
    "agent_drain": partial(_program, _agents, signal.SIGUSR1),
    "agent_joins": _joins,
    "agent_unfit": partial(_joins, fit=False),
    "agent_hours_off": partial(_joins, hours_off=7),
    "host_sleeps": _host_sleeps,
    "coordinator_kill": partial(_program, _coordinators, signal.SIGKILL),
    "coordinator_stop": partial(_program, _coordinators, signal.SIGSTOP),
    "coordinator_term": partial(_program, _coordinators, signal.SIGTERM),
    "coordinator_kill_both": _both_coordinators,
    "primary_step_down": _step_down,
    "primary_kill": partial(_kill, lambda scene, _: _primary(scene)),
    "primary_pause": partial(_pause, lambda scene, _: _primary(scene)),
    "primary_refuse": _refuse,
    "primary_stall_up": partial(_stall, "up"),
    "primary_stall_down": partial(_stall, "down"),
    "primary_stall_both": partial(_stall, "both"),
    "secondary_kill": partial(_kill, _secondary),
    "secondary_pause": partial(_pause, _secondary),
    "all_members_kill": _kill_all,
    "net_cut": _cut,
    "net_slow_up": partial(_slow, "up"),
    "net_slow_down": partial(_slow, "down"),
    "reply_lost_claim": partial(_lose_reply, "claim"),
    "reply_lost_report": partial(_lose_reply, "report"),
    "reply_lost_insert": partial(_lose_reply, "insert"),
    "reply_lost_lead": partial(_lose_reply, "lead"),
    "stream_broken": partial(_failing, BROKEN_STREAM),
    "disk_full": partial(_failing, FULL_DISK),
    "study_cancel": _cancel,
    "study_pause": partial(_wish_and_run, Want.PAUSE),
    "study_cancel_and_resume": partial(_wish_and_run, Want.CANCEL),
    "study_raise": partial(_limit, 1.1),
    "study_lower": partial(_limit, 0.4),
}
