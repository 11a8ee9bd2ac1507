from dataclasses import replace

import optuna
import pytest

from parzen.client.export import as_optuna
from parzen.client.optuna_storage import opened, storage
from parzen.shared.errors import InvalidInput
from parzen.shared.records import Uid


@pytest.fixture
def journal(tmp_path):
    return storage(f"journal:{tmp_path / 'study.log'}")


def written(source, where, name="s", *, force=False):
    return as_optuna.write(source, where, name=name, force=force)


def test_optunas_own_tools_open_it(source, tmp_path):
    address = f"sqlite:///{tmp_path / 'study.db'}"
    count, _ = written(source, storage(address))
    with opened(storage(address)) as there:
        found = optuna.load_study(study_name="s", storage=there)
        assert count == len(found.trials) == 6
        assert found.direction is optuna.study.StudyDirection.MAXIMIZE
        assert found.best_trial.params["lr"] == 0.1 / 3
        assert found.best_value == 1 / 3
        table = found.trials_dataframe()
        assert found.user_attrs["parzen:note"] == "a trial run"
    assert list(table["state"]) == ["COMPLETE", "FAIL", "PRUNED", "FAIL", "RUNNING", "WAITING"]
    assert list(tmp_path.iterdir()) == [tmp_path / "study.db"]


def test_it_says_what_each_parameter_is_worth(source, a_trial, journal):
    complete = [
        a_trial(
            n, value=n / 10 + n % 2,
            params={"lr": (n + 1) / 100, "layers": 1 + 2 * (n % 5), "opt": "=adam", "shape": 1,
                    "init": 0.1 * n},
        )
        for n in range(8)
    ]  # fmt: skip
    written(replace(source, trials=lambda: iter(complete)), journal)
    with opened(journal) as found:
        study = optuna.load_study(study_name="s", storage=found)
        evaluator = optuna.importance.MeanDecreaseImpurityImportanceEvaluator(seed=0)
        shares = optuna.importance.get_param_importances(study, evaluator=evaluator)
        assert set(shares) == {"lr", "layers", "opt", "shape", "init"}
        if optuna.visualization.is_available():
            assert optuna.visualization.plot_optimization_history(study).data


def test_what_optuna_has_no_place_for_is_said(source, journal):
    _, notes = written(source, journal)
    weights, normal = notes
    assert weights == "the weights of 'opt' are left out: Optuna's options weigh alike"
    assert normal.startswith("the parameter 'init' is normal, for which Optuna has no distr")
    assert normal.endswith("there it ranges from -8 to 8")


def test_a_trial_that_came_meanwhile_is_left_for_the_next_export(source, a_trial, journal):
    before = [a_trial(params={"init": 0.0})]
    after = [*before, a_trial(1, params={"init": 99.0})]  # of which the range knows nothing
    meanwhile = replace(source, slim=lambda: iter(before), trials=lambda: iter(after))
    assert written(meanwhile, journal)[0] == 1


def test_a_storage_takes_several_studies(source, journal):
    written(source, journal)
    written(source, journal, "other")
    with opened(journal) as found:
        assert sorted(optuna.get_all_study_names(found)) == ["other", "s"]


def test_an_earlier_export_is_replaced_only_by_force(source, journal):
    written(source, journal)
    with pytest.raises(InvalidInput, match="holds an earlier export as 's': choose another name"):
        written(source, journal)
    fewer = replace(source, trials=lambda: iter(list(source.trials())[:2]))
    assert written(fewer, journal, force=True)[0] == 2
    with opened(journal) as found:
        assert len(optuna.load_study(study_name="s", storage=found).trials) == 2


def test_a_study_that_is_no_export_of_this_one_is_never_deleted(source, journal):
    written(source, journal)
    other = replace(source, study=replace(source.study, uid=Uid("u2")))
    with pytest.raises(InvalidInput, match="that is no export of this one"):
        written(other, journal, force=True)


def test_nothing_is_left_of_an_export_that_failed(source, journal, tmp_path):
    def broken():
        yield from list(source.trials())[:2]
        raise KeyboardInterrupt

    failing = replace(source, trials=broken)
    with pytest.raises(KeyboardInterrupt):
        written(failing, journal)
    assert list(tmp_path.iterdir()) == []
    written(source, journal)
    with pytest.raises(KeyboardInterrupt):
        written(failing, journal, "other")
    with opened(journal) as found:
        assert optuna.get_all_study_names(found) == ["s"]


def test_a_file_of_another_kind_is_told_in_a_sentence(source, tmp_path):
    path = tmp_path / "x.db"
    path.write_text("no database at all, " * 10)
    with pytest.raises(InvalidInput, match="not a database"):
        written(source, storage(f"sqlite:///{path}"))
