from datetime import datetime

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from parzen.client.importing import from_optuna
from parzen.client.importing.fitting import fitted
from parzen.client.importing.gathering import Choices, gather
from parzen.client.optuna_storage import opened, storage
from parzen.shared.errors import InvalidInput, NotFound
from parzen.shared.lifecycle import TrialState

HELD = {
    "lr": FloatDistribution(1e-5, 1.0),
    "layers": IntDistribution(1, 9),
    "opt": CategoricalDistribution(("sgd", "adam", "lion")),
    "dropout": FloatDistribution(0, 1),
}
ADAM = {"lr": 0.01, "layers": 3, "opt": "adam", "dropout": 0.5}


@pytest.fixture
def journal(tmp_path):
    return storage(f"journal:{tmp_path / 'x.log'}")


@pytest.fixture
def theirs(journal):
    """Make a study of Optuna's, with a trial for each set of arguments."""

    def make(name, *trials, direction="minimize"):
        with opened(journal) as found:
            study = optuna.create_study(storage=found, study_name=name, direction=direction)
            for given in trials:
                params = given.pop("params", ADAM)
                held = {key: HELD[key] for key in params}
                study.add_trial(optuna.create_trial(params=params, distributions=held, **given))
            return study

    return make


def rows(study, journal, name=None):
    with from_optuna.source(study, journal, name) as source:
        return list(source.rows)


def test_each_trial_is_a_row_without_foreign_parameters(study, journal, theirs):
    theirs("one", {"value": 0.5, "user_attrs": {"f1": 0.9, "parzen:note": "look"}})
    [row] = rows(study, journal)
    assert row.params == {"lr": 0.01, "layers": 3, "opt": "adam"}
    assert (row.value, row.result, row.note) == (0.5, {"f1": 0.9}, "look")
    assert (row.place, row.state) == ("trial 0", TrialState.COMPLETE)
    assert abs(row.finished_at - datetime.now().astimezone()).total_seconds() < 600


def test_states_are_parzens(study, journal, theirs):
    states = optuna.trial.TrialState
    theirs("one", {"state": states.FAIL}, {"state": states.PRUNED, "value": 1.0},
           {"state": states.RUNNING}, {"state": states.WAITING, "params": {}})  # fmt: skip
    assert [row.state.value for row in rows(study, journal)] == [
        *("failed", "pruned", "running", "waiting")
    ]


def test_what_does_not_lie_in_the_space_is_refused_by_its_trial(study, journal, theirs):
    theirs("one", {"value": 0.5}, {"value": 0.4, "params": {**ADAM, "opt": "lion"}})
    with from_optuna.source(study, journal) as source:
        found = gather(study, source, [], Choices(skip_invalid=True))
    assert [d.params["lr"] for d in found.drafts] == [0.01]
    assert str(found.refused[0]) == (
        "trial 1: the parameter 'opt' is 'lion'; it must be one of 'sgd', 'adam'"
    )


def test_options_are_found_by_their_labels(a_study, journal):
    from parzen.shared.dimensions import Dimension, Kind  # noqa: PLC0415 - this test's alone

    study = a_study(
        dimensions=(Dimension(name="c", kind=Kind.CHOICE, choices=((1, 2), True, None, "x")),)
    )
    held = {"c": CategoricalDistribution(("[1, 2]", True, None, "x"))}
    with opened(journal) as found:
        made = optuna.create_study(storage=found, study_name="one")
        for option in held["c"].choices:
            made.add_trial(optuna.create_trial(params={"c": option}, distributions=held, value=1.0))
    with from_optuna.source(study, journal) as source:
        drafts = [fitted(study, row, source.read, "x") for row in source.rows]
    assert [draft.params["c"] for draft in drafts] == [(1, 2), True, None, "x"]


def test_the_study_that_is_meant_is_the_only_one_or_named(study, journal, theirs):
    theirs("one", {"value": 0.5})
    theirs("two", {"value": 0.5}, {"value": 0.6})
    with pytest.raises(InvalidInput, match="holds 2 studies: say which with --name"):
        rows(study, journal)
    assert len(rows(study, journal, "two")) == 2
    with pytest.raises(NotFound, match="no study 'three': it holds 'one', 'two'"):
        rows(study, journal, "three")


def test_a_study_of_another_direction_is_refused(study, journal, theirs):
    theirs("up", {"value": 0.5}, direction="maximize")
    with pytest.raises(InvalidInput, match="is to maximize, and the study 's' to minimize"):
        rows(study, journal)


def test_an_empty_storage_is_told(study, journal):
    with opened(journal):
        pass
    with pytest.raises(InvalidInput, match="holds no study"):
        rows(study, journal)
