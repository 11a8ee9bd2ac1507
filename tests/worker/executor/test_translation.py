import pytest

from parzen.shared.entries import Importable
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Completed, Direction, Failed, Failure, Pruned, Released
from parzen.worker.executor.messages import Garbled
from parzen.worker.executor.protocol import Job
from parzen.worker.executor.translation import job_fields, job_from, outcome_fields, outcome_from


def test_a_job_arrives_as_it_was_sent(tmp_path):
    job = Job(
        bundle=tmp_path / "b.zip",
        digest="d",
        only=Importable(("mylab",)),
        direction=Direction.MAXIMIZE,
        params={"x": 0.5, "opt": "sgd"},
        number=3,
        attempt=2,
        workdir=tmp_path / "w",
        log=tmp_path / "w.log",
        previous_workdir=tmp_path / "v",
        user={"note": "n"},
    )
    assert job_from(job_fields(job)) == job


@pytest.mark.parametrize(
    "outcome",
    [
        Completed(value=0.5, result={"a": [1]}),
        Pruned(),
        Failed(
            error=Failure(
                kind=FailureKind.EXCEPTION, type="E", message="m", traceback="t", exit_code=3
            )
        ),
    ],
)
def test_an_outcome_arrives_as_it_was_sent(outcome):
    assert outcome_from(outcome_fields(outcome)) == outcome


def test_a_child_cannot_give_its_trial_back():
    with pytest.raises(TypeError):
        outcome_fields(Released())


@pytest.mark.parametrize(
    "fields",
    [{}, {"outcome": "released"}, {"outcome": "completed"}, {"outcome": "failed", "kind": "x"}],
)
def test_what_no_child_of_ours_says_is_refused(fields):
    with pytest.raises(Garbled):
        outcome_from(fields)
