from __future__ import annotations

import dataclasses
import os
import subprocess

import pytest

from parzen.worker.containers.orphans import Agent, gone, myself

ME = myself()


@pytest.fixture(scope="module")
def dead():
    """The number of a process that is no more."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def nobody(_):
    return False


def test_labels_tell_an_agent_and_nothing_else_does():
    assert Agent.told_by(ME.labels()) == dataclasses.replace(ME, started=round(ME.started, 2))
    assert Agent.told_by({}) is None
    assert Agent.told_by({**ME.labels(), "parzen.agent.pid": "x"}) is None
    assert (ME.pid, ME.host) == (os.getpid(), os.uname().nodename)


def test_one_that_lives_is_left_alone_whatever_directory_it_has():
    assert not gone(ME, ME, nobody)


def test_one_that_is_no_more_is_gone(dead):
    assert gone(dataclasses.replace(ME, pid=dead), ME, nobody)
    assert gone(dataclasses.replace(ME, started=ME.started - 100), ME, nobody)


@pytest.mark.parametrize("changes", [{"host": "other"}, {"space": "pid:[1]"}])
def test_of_another_machines_nothing_is_known(dead, changes):
    assert not gone(dataclasses.replace(ME, pid=dead, **changes), ME, nobody)


def test_one_that_lived_in_a_container_is_gone_with_it(dead):
    other = dataclasses.replace(ME, container="c1", host="c1", space="pid:[1]", pid=7)
    assert gone(other, ME, nobody)
    assert not gone(other, ME, lambda name: name == "c1")
    me = dataclasses.replace(ME, container="c1")
    assert gone(other, me, nobody)  # the same container, started anew
    assert not gone(me, me, nobody)
    assert gone(dataclasses.replace(me, pid=dead), me, nobody)
    assert not gone(ME, me, nobody)  # an agent outside, seen from a container
