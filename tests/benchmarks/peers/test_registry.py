from __future__ import annotations

import sys

import pytest
from benchmarks.toys import TREE_SPACE
from peers import registry, sources

from parzen.shared.errors import InvalidStudy


def test_a_sampler_is_written_with_its_options():
    assert registry.parse("tpe") == ("tpe", {})
    assert registry.parse("tpe:gamma=0.15,n_ei_candidates=32") == (
        "tpe",
        {"gamma": 0.15, "n_ei_candidates": 32},
    )
    assert registry.parse("x:flag=True,none=None,word=scott") == (
        "x",
        {"flag": True, "none": None, "word": "scott"},
    )


def test_options_may_have_a_structure():
    assert registry.parse("mix:samplers={'tpe':2,'pso':1},of=[('a',(1,2)),3],word=scott") == (
        "mix",
        {"samplers": {"tpe": 2, "pso": 1}, "of": [("a", (1, 2)), 3], "word": "scott"},
    )


def test_constants_behind_it_are_none_of_its_options():
    assert registry.parse("tpe@rounds.BAD_FACTOR=1.0") == ("tpe", {})
    text = "tpe:gamma=0.15@search.NEAR_SD=(0.3,0.1);rounds.BAD_FACTOR=1.0"
    assert registry.parse(text) == ("tpe", {"gamma": 0.15})


@pytest.mark.parametrize("text", ["tpe:n_ei_candidates", "tpe:=3", "tpe:n_ei_candidates="])
def test_an_option_without_a_value_is_said(text):
    with pytest.raises(ValueError, match="expected name=value, as in tpe:n_ei_candidates=32"):
        registry.parse(text)


def test_options_reach_parzens_samplers():
    with pytest.raises(InvalidStudy, match="sampler 'tpe': option n_ei_candidates is 0"):
        registry.make("tpe", TREE_SPACE, 0, {"n_ei_candidates": 0})
    with pytest.raises(InvalidStudy, match="there is no sampler 'tpee'"):
        registry.make("tpee", TREE_SPACE, 0)


def test_a_version_is_that_of_the_source_or_of_the_package(monkeypatch):
    assert registry.version("tpe") != registry.version("random")
    monkeypatch.setattr(registry.metadata, "version", {"hyperopt": "0.2", "optuna": "9"}.get)
    assert registry.version("hyperopt").endswith("hyperopt 0.2")
    assert registry.version("optuna-tpe").endswith("optuna 9")
    assert registry.version("optuna-tpe") == registry.version("optuna-group")


def test_a_version_counts_every_package_that_proposes(monkeypatch):
    monkeypatch.setattr(registry.metadata, "version", lambda package: f"of {package}")
    assert registry.version("optuna-gp").endswith("optuna of optuna torch of torch")
    assert registry.version("optuna-cmaes").endswith("optuna of optuna cmaes of cmaes")
    assert registry.version("cmaes-library").endswith("1 cmaes of cmaes")
    assert registry.version("nevergrad-pso") == registry.version("nevergrad-de")


def test_a_version_of_nothing_is_refused():
    with pytest.raises(
        InvalidStudy, match="there is no sampler 'optuna': expected one of anneal, auto"
    ):
        registry.version("optuna")


def test_preloading_takes_in_all_that_the_version_tells_of(monkeypatch):
    module = "parzen.coordinator.samplers.novelty"
    monkeypatch.delitem(sys.modules, module, raising=False)
    registry.preload("tpe")
    assert module in sys.modules


def test_parzens_hyperopt_goes_by_its_own_source_and_by_its_sampler():
    versions = [registry.version(name) for name in (*registry.AS_HYPEROPT, "tpe", "auto")]
    assert len(set(versions)) == 4
    assert versions[0].startswith(versions[2])
    assert versions[1].startswith(versions[3])
    reached = {m for root in registry.roots("parzen.hyperopt") for m in sources.modules(root)}
    assert {"parzen.hyperopt.proposing", "parzen.hyperopt.translation"} <= reached


def test_a_sampler_that_asks_others_by_name_goes_by_the_source_of_all(monkeypatch):
    monkeypatch.setitem(registry.own.BUILT_IN, "asking", f"{registry.own.__name__}:make")
    monkeypatch.setitem(registry.own.BUILT_IN, "another", "parzen.coordinator.memos:none")
    roots = registry.roots("asking")
    assert roots[0] == registry.own.__name__
    assert {"parzen.coordinator.samplers.tpe", "parzen.coordinator.memos"} <= set(roots)
    assert "parzen.coordinator.memos" not in registry.roots("tpe")


@pytest.mark.parametrize("name", registry.AS_HYPEROPT)
def test_parzens_hyperopt_is_made_by_name(name):
    searcher = registry.make(name, TREE_SPACE, 0, {})
    assert searcher.ask(0)["fixed"] == 4


def test_random_search_is_nobodys_own_sampler_but_parzens_are():
    assert all(registry.is_own(name) for name in ("tpe", *registry.AS_HYPEROPT))
    assert not any(registry.is_own(name) for name in registry.PEERS)


@pytest.mark.parametrize("name", registry.PEERS)
def test_every_peer_is_made_by_name(name):
    for package in registry.PEERS[name].distributions:
        pytest.importorskip(package)
    assert registry.make(name, TREE_SPACE, 0, workers=3).ask(0)["fixed"] == 4
