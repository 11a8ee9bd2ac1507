import numpy as np
import pytest

from parzen.client import Choice, Float, Study
from parzen.shared.errors import InvalidObjective, InvalidParams, InvalidSpace, InvalidStudy
from parzen.shared.lifecycle import Retries
from parzen.shared.records import Direction, Limits, Requires, SamplerSpec


def square(params):
    return params["x"] ** 2


def with_trial(params, trial):
    return params["x"]


GIVEN = {"space": {"x": Float(0, 1)}, "objective": square, "max_trials": 5}


def test_everything_that_is_said_stands_in_the_record():
    study = Study(
        "full",
        space={"x": Float(0, 1), "opt": Choice({"sgd": {"m": Float(0, 1)}, "adam": {}})},
        objective=with_trial,
        setup=dict,
        max_trials=np.int64(7),
        direction="maximize",
        sampler="random",
        seed=3,
        timeout_s=60,
        target=0.9,
        patience=4,
        trial_timeout_s=5,
        retries={"exception": 1},
        requires={"gpus": 1},
        priority=-2,
        max_running=3,
        tags=["a", "b"],
        max_consecutive_failures=None,
    ).record
    assert study.name == "full"
    assert [d.name for d in study.dimensions] == ["x", "opt", "opt/sgd/m"]
    assert study.direction is Direction.MAXIMIZE
    assert study.sampler == SamplerSpec(name="random", seed=3)
    assert study.limits == Limits(
        max_trials=7, timeout_s=60.0, target_loss=-0.9, patience=4, max_consecutive_failures=None
    )
    assert study.retries == Retries(exception=1)
    assert study.requires == Requires(gpus=1)
    assert (study.trial_timeout_s, study.priority, study.max_running) == (5.0, -2, 3)
    assert study.tags == ("a", "b")
    assert "@" in study.owner


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"points": {"x": 1}}, InvalidStudy, "points={'x': 1} is not usable: give a list of dicts"),
        ({"points": [{"x": 2}]}, InvalidParams, "'x' is 2; it must be a number from 0"),
        ({"points": [{}] * 6}, InvalidStudy, "6 points cannot be tried with max_trials=5"),
        ({"max_trials": 0}, InvalidStudy, "max_trials=0"),
        ({"direction": "up"}, InvalidStudy, "direction='up'"),
        ({"sampler": "tpee"}, InvalidStudy, "there is no sampler 'tpee'"),
        ({"sampler": SamplerSpec(options={"startups": 1})}, InvalidStudy, "'startups'"),
        ({"sampler": square}, InvalidStudy, "it must take (seen, rng), and a default"),
        ({"sampler": "callable"}, InvalidStudy, "cannot be named 'callable'"),
        ({"seed": 2**64}, InvalidStudy, "seed=18446744073709551616"),
        ({"priority": 1.5}, InvalidStudy, "priority=1.5"),
        ({"max_running": 0}, InvalidStudy, "max_running=0"),
        ({"trial_timeout_s": 0}, InvalidStudy, "trial_timeout_s=0"),
        ({"tags": "one"}, InvalidStudy, "tags='one'"),
        ({"space": {"x": 3}}, InvalidSpace, ""),
        ({"objective": 3}, InvalidObjective, "3"),
        ({"objective": "no entry"}, InvalidObjective, "'no entry'"),
        ({"objective": lambda: 1}, InvalidObjective, "(params)"),
        ({"setup": square, "objective": with_trial}, InvalidObjective, "setup"),
        ({"setup": dict}, InvalidObjective, "trial.shared"),
    ],
)
def test_what_is_wrong_is_refused_when_it_is_declared(changes, kind, said):
    with pytest.raises(kind) as error:
        Study("s", **{**GIVEN, **changes})
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_wrong_name_is_refused():
    with pytest.raises(InvalidStudy, match="'a b' cannot be a study's name"):
        Study("a b", **GIVEN)


def test_an_objective_may_be_a_name():
    assert Study("s", **{**GIVEN, "objective": "package.module:function"}).objective


def test_another_name_or_limit_leaves_the_study_itself_alone():
    study = Study("s", **GIVEN)
    other = study.renamed("t").limited(max_trials=9)
    assert (other.name, other.record.limits.max_trials) == ("t", 9)
    assert (study.name, study.record.limits.max_trials) == ("s", 5)
    assert other.record.uid != study.record.uid
    with pytest.raises(InvalidStudy):
        study.renamed("-")


def test_a_study_in_ones_hand_says_what_it_is():
    assert repr(Study("s", **GIVEN)) == "<Study 's': 1 parameter, minimize, max_trials=5>"
    other = {"max_trials": None, "direction": "maximize", "target": 0.9, "tags": ["hidden"]}
    assert (
        repr(Study("s", **{**GIVEN, **other})) == "<Study 's': 1 parameter, maximize, target=0.9>"
    )


def test_a_notebook_shows_what_it_searches():
    shown = Study("s", **{**GIVEN, "objective": "lab.models:train"})._repr_html_()
    for said in ("<strong>s</strong>", "minimize lab.models:train", "0 to 1", "max_trials=5"):
        assert said in shown
    assert "&#x27;square&#x27;" in Study("s", **GIVEN)._repr_html_()


def test_run_says_what_was_remarkable_about_submitting_it(store_uri, monkeypatch, capsys, caplog):
    monkeypatch.setattr("parzen.client.study.run_here", lambda handle, *_, **__: handle)
    Study("s", **GIVEN).run().close()
    assert capsys.readouterr().err == ""
    other = Study("s", **{**GIVEN, "max_trials": 4, "objective": lambda params: 1.0})
    other.run().close()
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(
        "note: study 's' exists: going on with it and with the objective given now"
    )
    assert second == "note: max_trials is now 4, it was 5"
    other.run(progress=False).close()
    assert capsys.readouterr().err == ""
    assert "study 's' exists" in caplog.text


def test_an_interrupted_run_says_how_to_go_on_and_shows_no_frames_of_its_own(
    store_uri, monkeypatch, capsys
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("parzen.client.study.run_here", interrupted)
    with pytest.raises(KeyboardInterrupt, match="'s' stays, and the same call goes on") as error:
        Study("s", **GIVEN).run()
    assert capsys.readouterr().err == ""
    assert type(error.value) is KeyboardInterrupt
    assert error.value.__suppress_context__
    assert [frame.name for frame in error.traceback][1:] == ["run"]


def test_run_needs_a_worker():
    with pytest.raises(InvalidStudy, match="workers=0 is not usable"):
        Study("s", **GIVEN).run(workers=0)
