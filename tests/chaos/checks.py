"""What must hold at the end, from the documents, the journal and the agents' logs.

Each check yields sentences about what does not hold. Two kinds are counted by themselves: what was
lost, and what was counted twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

FINISHED = ("complete", "pruned", "failed", "cancelled")

ATTEMPTS_KEPT = 20
"""A document remembers so many attempts."""


@dataclass
class Findings:
    """What does not hold."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def all(self):
        return [*self.lost, *self.duplicated, *self.other]


def check(evidence):
    """Everything that documents and journal must agree on."""
    findings = Findings()
    for name, study in evidence.studies.items():
        trials = evidence.trials[name]
        findings.lost += _numbers(name, study, trials)
        findings.other += _study(name, study, trials, evidence)
        for trial in trials:
            findings.duplicated += _ends_once(name, trial)
            findings.other += _attempts(name, study, trial)
            findings.other += _failures(name, study, trial)
            findings.other += _accepted(name, trial, evidence.runs)
            findings.lost += _kept(name, trial, evidence)
    findings.lost += _reports(evidence)
    findings.duplicated += _ran_once(evidence)
    findings.other += _known_to_the_store(evidence)
    return findings


def _numbers(name, study, trials):
    """Every number from 0 exists, and ends."""
    found = [trial["number"] for trial in trials]
    missing = sorted(set(range(max(found, default=-1) + 1)) - set(found))
    if missing:
        yield f"{name}: the numbers {missing[:10]} do not exist"
    for trial in trials:
        if trial["state"] not in FINISHED:
            yield f"{name}: trial {trial['number']} is still {trial['state']}"


def _study(name, study, trials, evidence):
    """Its limits were met exactly, and what it says of its trials is so."""
    status, limit, made = study["status"], study["limits"]["max_trials"], len(trials)
    if status not in ("complete", "failed", "cancelled"):
        yield f"{name}: it is {status} at the end"
    if made > limit and name not in evidence.lowered:
        yield f"{name}: it has {made} trials, more than max_trials = {limit}"
    if status == "complete" and made < limit:
        yield f"{name}: it is complete with {made} of {limit} trials"
    if status == "cancelled" and name not in evidence.cancelled:
        yield f"{name}: it is cancelled, and nobody cancelled it"
    if status == "failed" and study["limits"].get("max_consecutive_failures") is None:
        yield f"{name}: it failed: {study.get('status_reason')}"
    hopeless = study["limits"].get("max_consecutive_failures") is not None
    if status == "complete" and hopeless and name not in evidence.lowered:
        yield f"{name}: it is complete though every trial of it fails"
    counts = Counter(trial["state"] for trial in trials)
    kept = {state: n for state, n in (study.get("counts") or {}).items() if n}
    if kept != counts:
        yield f"{name}: its counts say {kept}, its trials {dict(counts)}"
    best = min(
        (t for t in trials if t["state"] == "complete"), key=lambda t: t["loss"], default=None
    )
    if best is not None and study.get("best_number") != best["number"]:
        yield f"{name}: the best is said to be {study.get('best_number')}, is {best['number']}"


def _ends_once(name, trial):
    """One accepted attempt where there is a loss, the last one; none elsewhere."""
    what = f"{name}: trial {trial['number']} is {trial['state']}"
    outcomes = [attempt.get("outcome") for attempt in trial.get("attempts") or []]
    complete = outcomes.count("complete")
    if complete != (trial["state"] == "complete"):
        yield f"{what} with {complete} complete attempts"
    elif complete and outcomes[-1] != "complete":
        yield f"{what} by an attempt that was given up: the last one is {outcomes[-1]}"


def _attempts(name, study, trial):
    """They are numbered in their order, ended, and nobody holds a finished trial."""
    what = f"{name}: trial {trial['number']}"
    attempts = trial.get("attempts") or []
    turns = [a["n"] for a in attempts]
    last = trial.get("attempt", 0)
    # one that had not begun is taken out by the next claim, and leaves a gap
    if turns != sorted(set(turns)) or (turns[-1] if turns else 0) != last:
        yield f"{what}: it counts {last} attempts and has those numbered {turns}"
    if trial.get("claim") and trial["state"] in FINISHED:
        yield f"{what}: it is {trial['state']} and somebody holds it"
    if trial["state"] in FINISHED and not trial.get("finished_at"):
        yield f"{what}: it is {trial['state']} without a time"
    for attempt in attempts:
        if not attempt.get("outcome") or not attempt.get("ended_at"):
            yield f"{what}: attempt {attempt['n']} has no end"


def _failures(name, study, trial):
    """What is counted against the budgets is what the attempts say, and ends where they end."""
    what = f"{name}: trial {trial['number']}"
    attempts = trial.get("attempts") or []
    counted = {kind: n for kind, n in (trial.get("failures") or {}).items() if n}
    told = Counter(kind for kind in map(_kind, attempts) if kind)
    if trial.get("attempt", 0) <= ATTEMPTS_KEPT and counted != told:
        yield f"{what}: it counts the failures {counted}, its attempts tell of {dict(told)}"
    spent = [kind for kind, n in counted.items() if n > _budget(study, kind)]
    if trial["state"] == "failed" and not spent:
        yield f"{what}: it failed with budget left: {counted}"
    if trial["state"] != "failed" and spent and trial["state"] != "cancelled":
        yield f"{what}: it is {trial['state']} though {spent} was over its budget: {counted}"
    over = [kind for kind, n in counted.items() if n > _budget(study, kind) + 1]
    if over:
        yield f"{what}: it was tried after {over} was over its budget: {counted}"


def _kind(attempt):
    if attempt.get("outcome") == "released":
        return "preempted"
    if attempt.get("outcome") in ("failed", "lost"):
        return (attempt.get("error") or {}).get("kind")
    return None


FORGIVEN = float("inf")


def _budget(study, kind):
    if kind in ("incompatible", "untrusted"):
        return FORGIVEN
    if kind == "invalid_result":
        return 0
    budget = study["retries"]["exception" if kind == "killed" else kind]
    return FORGIVEN if budget is None else budget


def _accepted(name, trial, runs):
    """The stored value is what that very attempt was about to return."""
    if trial["state"] != "complete":
        return
    what = f"{name}: trial {trial['number']}"
    tokens = [a["token"] for a in trial["attempts"] if a.get("outcome") == "complete"]
    if len(tokens) != 1:
        return  # said elsewhere
    run = runs.get(tokens[0])
    if run is None or run.values != [trial["value"]]:
        yield (
            f"{what}: its value is {trial['value']!r}, its accepted attempt wrote "
            f"{run and run.values} in the journal"
        )
    elif (run.study, run.number) != (name, trial["number"]):
        yield f"{what}: the accepted attempt was one of trial {run.number} of {run.study}"
    if trial.get("result", {}).get("token") != tokens[0]:
        yield f"{what}: its result is that of another attempt"


def _kept(name, trial, evidence):
    """What a complete attempt measured and attached is there, and is its own."""
    result, key = trial.get("result") or {}, (trial["uid"], trial["number"])
    what = f"{name}: trial {trial['number']}"
    wrong = [
        step
        for step in range(result.get("steps", 0))
        if evidence.measured.get((*key, step)) != trial["attempt"]
    ]
    if wrong:
        yield f"{what}: the measurements of the steps {wrong} are missing, or of another attempt"
    if "weights" in result and evidence.attached.get(key) != result["weights"]:
        yield f"{what}: its attachment is {evidence.attached.get(key)}, not {result['weights']}"


def _reports(evidence):
    """Every finished evaluation whose report was acknowledged is there, with that very value."""
    stored = {
        (name, trial["number"]): trial
        for name, trials in evidence.trials.items()
        for trial in trials
    }
    for study, number, value in evidence.acknowledged:
        trial = stored.get((study, number))
        if trial is None:
            yield f"{study}: trial {number} was acknowledged as {value} and does not exist"
        elif trial["state"] != "complete" or f"{trial['value']:.6g}" != value:
            yield (
                f"{study}: trial {number} was acknowledged as {value} and is {trial['state']} "
                f"with the value {trial.get('value')!r}"
            )


def _ran_once(evidence):
    """No attempt ran twice, and no trial was acknowledged twice."""
    for run in evidence.runs.values():
        if run.begun != 1 or len(run.values) > 1:
            yield (
                f"{run.study}: attempt {run.attempt} of trial {run.number} began {run.begun} times "
                f"and ended {len(run.values)} times"
            )
    told = Counter((study, number) for study, number, _ in evidence.acknowledged)
    for (study, number), times in told.items():
        if times > 1:
            yield f"{study}: trial {number} was acknowledged as complete {times} times"


def _known_to_the_store(evidence):
    """Whatever ran had been claimed, in that turn."""
    attempts = {
        attempt["token"]: (name, trial["number"], attempt["n"])
        for name, trials in evidence.trials.items()
        for trial in trials
        for attempt in trial.get("attempts") or []
    }
    long = {
        (name, trial["number"])
        for name, trials in evidence.trials.items()
        for trial in trials
        if trial.get("attempt", 0) > ATTEMPTS_KEPT
    }
    for run in evidence.runs.values():
        ran = (run.study, run.number, run.attempt)
        if attempts.get(run.token) != ran and ran[:2] not in long:
            yield (
                f"{run.study}: an attempt {run.attempt} of trial {run.number} ran that the store "
                f"knows as {attempts.get(run.token)}"
            )
