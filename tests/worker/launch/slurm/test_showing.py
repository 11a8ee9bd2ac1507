from parzen.shared.records import Worker
from parzen.worker.launch.slurm.commands import Task
from parzen.worker.launch.slurm.showing import joined


def task(name, **fields):
    given = {"job": "7", "state": "RUNNING", "node": "n1", "reason": "", "time_left": "1:00",
             "name": "parzen"}  # fmt: skip
    return Task(task=name, **{**given, **fields})


def test_a_task_is_shown_with_the_worker_that_is_called_by_it():
    live = [
        Worker(id="slurm-70_1:4711:abcdef", host="n1.cluster", pid=4711, slots=8, busy=3),
        Worker(id="n1:4712:abcdef", host="n1", pid=4712, slots=8, busy=8),
    ]
    waiting, running = joined([task("70_11", state="PENDING", node=""), task("70_1")], live)
    assert (running.worker, running.host, running.busy) == (live[0].id, "n1.cluster", "3/8")
    assert (waiting.worker, waiting.busy, waiting.state) == (None, None, "PENDING")
