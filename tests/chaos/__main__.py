"""``python -m chaos --seconds 300 --seed 1``: break everything at random; see that nothing is lost.

The last line on standard output is JSON with the figures; the exit code is 0 only where nothing was
lost, nothing was counted twice, and every check holds.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys
import time
from collections import Counter

from chaos import checks, remains
from chaos.evidence import gather
from chaos.run import Run
from chaos.scene import Scene
from chaos.schedule import draw

FINISH_S = 90.0
"""How long studies may take to end once the faults are over."""

PATIENCE_SHARE = 0.1
"""After this share of the run's seconds those that are left are cancelled."""

QUIT_S = 60.0
"""How long programs may take to end after SIGTERM."""


def main(arguments=None):
    """Run as the command line says; the exit code."""
    options = _options(arguments)
    schedule = draw(options.seed, options.seconds, options.pace)
    if options.dry_run:
        for fault in schedule:
            _say(f"{fault.at:8.2f} s  {fault.kind} for {fault.length_s:.2f} s, index {fault.index}")
        return 0
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # objectives crash by the hundred
    scene = Scene(seed=options.seed, agents=options.agents, slots=options.slots, size=options.size)
    logging.basicConfig(
        filename=scene.logs / "chaos.log",
        level=logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s  %(message)s",
    )
    return _run(scene, schedule, options)


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="how long faults go on")
    parser.add_argument("--seed", type=int, default=1, help="which faults: the same, the same")
    parser.add_argument("--pace", type=float, default=1.0, help="2 is twice as many faults")
    parser.add_argument("--agents", type=int, default=4)
    parser.add_argument("--slots", type=int, default=4, help="of each agent")
    parser.add_argument("--size", type=int, default=200, help="trials of the smallest study")
    parser.add_argument("--dry-run", action="store_true", help="only say which faults it would be")
    parser.add_argument("--keep", action="store_true", help="keep the logs when all is well, too")
    return parser.parse_args(arguments)


def _run(scene, schedule, options):
    began = time.monotonic()
    violations, figures, fine, stopped = [], {}, False, False
    try:
        with scene:
            _say(f"logs are in {scene.logs}")
            run = Run(scene, schedule, options.seconds, _say)
            run.run()
            violations += _end(scene, run)
            evidence = gather(scene.database, scene.journal, scene.logs, scene.owner.changes)
            findings = checks.check(evidence)
            violations += [
                *findings.all,
                *remains.processes(scene.run_id, evidence.runs),
                *remains.folders(scene.population),
                *remains.alarms(scene.population),
            ]
            figures = _figures(run, evidence, findings, violations)
            fine = not violations
    except KeyboardInterrupt:
        stopped = True
        return 130
    finally:
        if (fine or stopped) and not options.keep:
            scene.forget()
        else:
            _say(f"logs and journal are kept in {scene.folder}")
    for violation in violations:
        _say(f"VIOLATION: {violation}")
    figures |= {"seed": options.seed, "seconds": round(time.monotonic() - began, 1)}
    _say(json.dumps(figures))
    return 0 if fine else 1


def _end(scene, run):
    """Heal, let the studies end, stop everybody; what went wrong with that."""
    _say(f"{run.elapsed:5.0f} s  the faults are over; healing")
    scene.heal()
    scene.owner.stop()

    def pause(seconds):
        time.sleep(seconds)
        scene.population.look()

    patience_s = PATIENCE_SHARE * run.seconds
    left = scene.owner.finish(patience_s, FINISH_S, time.monotonic, pause)
    _say(f"{run.elapsed:5.0f} s  the studies have ended; stopping everybody")
    stuck = scene.population.end_all(QUIT_S)
    return [
        *(f"{name} did not end within {FINISH_S:g} s" for name in left),
        *stuck,
        *run.surprises,
        *scene.owner.surprises,
        *scene.population.surprises,
    ]


def _figures(run, evidence, findings, violations):
    trials = [trial for found in evidence.trials.values() for trial in found]
    states = Counter(trial["state"] for trial in trials)
    return {
        "faults": dict(sorted(run.faults.items())),
        "studies": len(evidence.studies),
        "trials": len(trials),
        **{state: states[state] for state in ("complete", "failed", "cancelled")},
        "attempts": sum(trial.get("attempt", 0) for trial in trials),
        "acknowledged": len(evidence.acknowledged),
        "fenced": evidence.fenced,
        "lost": len(findings.lost),
        "duplicated": len(findings.duplicated),
        "violations": len(violations),
    }


def _say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
