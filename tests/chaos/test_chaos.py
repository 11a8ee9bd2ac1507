"""The short form of the chaos run; ``make chaos`` is the long one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from chaos.schedule import draw

SECONDS, SEED, PACE = 25, 1538, 1.8

FAMILIES = {
    "child_kill",
    "agent_kill",
    "agent_stop",
    "coordinator_kill",
    "coordinator_stop",
    "primary_kill",
    "primary_step_down",
    "net_cut",
    "reply_lost_claim",
    "reply_lost_report",
    "stream_broken",
    "study_cancel",
}


def test_the_seed_deals_a_fault_of_every_main_family():
    kinds = {fault.kind for fault in draw(SEED, SECONDS, PACE)}
    assert kinds >= FAMILIES
    assert any(kind.startswith("primary_stall") for kind in kinds)
    assert any(kind.startswith("net_slow") for kind in kinds)


@pytest.mark.timeout(240)
def test_nothing_is_lost_and_nothing_counts_twice_whatever_breaks():
    words = ["--seconds", str(SECONDS), "--seed", str(SEED), "--pace", str(PACE)]
    done = subprocess.run(
        [sys.executable, "-m", "chaos", *words, "--agents", "2", "--size", "60"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert (figures["lost"], figures["duplicated"]) == (0, 0), done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert figures["violations"] == 0
    assert figures["complete"] >= 10
    assert figures["acknowledged"] <= figures["complete"]
    assert sum(figures["faults"].values()) >= 20
