"""What a run must not leave behind: processes, temporary folders, words of alarm in the logs."""

from __future__ import annotations

import re
from pathlib import Path

from chaos.population import marked

ALARMS = re.compile(
    r"^(Traceback \(most recent call last\)|.*cannot be killed.*|Fatal .*)", re.MULTILINE
)
"""What neither an agent nor a coordinator ever says, whatever happens to it."""


def processes(run_id, runs):
    """What still runs: by the run's mark, and by the journal, which knows what was left behind."""
    for process in marked(run_id):
        yield f"the process {process.pid} is left: {' '.join(process.cmdline())[:120]}"
    for run in runs.values():
        for pid, created in run.started:
            if _lives(pid, created):
                yield (
                    f"the process {pid} is left, which attempt {run.attempt} of trial {run.number} "
                    f"of {run.study} started"
                )


def _lives(pid, created):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", errors="replace")
    except OSError:
        return False
    words = stat.rpartition(")")[2].split()
    return words[0] != "Z" and int(words[19]) == created


def folders(population):
    """Drafts, children's folders and temporary files of machines whose agents have quit."""
    for program in population.programs:
        node = Path(program.environment["PARZEN_HOME"])
        left = [*node.glob("tmp/*"), *node.glob("work/.children/*"), *node.glob("bundles/.draft-*")]
        for path in left:
            yield f"{program.name} left {path.relative_to(node)}"


def alarms(population):
    """Faults of parzen's own that its programs had to say something about."""
    for program in population.programs:
        said = program.log.read_text("utf-8", errors="replace")
        for found in ALARMS.finditer(said):
            around = said[max(0, found.start() - 300) : found.start() + 1500]
            yield f"{program.name} raised an alarm:\n{around}"
            break
