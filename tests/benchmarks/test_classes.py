from __future__ import annotations

from pathlib import Path

import classes
import pytest
from peers import registry
from problems import suite

from parzen.coordinator.samplers import registry as own

DOCS = Path(__file__).parents[2] / "docs" / "samplers.md"
HEAD = "### What each sampler is for"


def rows():
    """{sampler: the cells behind it} of the table below ``HEAD`` in the documentation."""
    lines = DOCS.read_text(encoding="utf-8").partition(HEAD)[2].splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return {cells[0].strip("`"): cells[1:] for cells in table[2:]}


def test_who_is_compared_is_a_sampler_of_parzen():
    assert set(classes.METHODS) <= set(own.BUILT_IN) - classes.APART - {classes.BASE}


def test_the_documentation_says_what_each_is_for():
    told = rows()
    assert set(told) == set(classes.METHODS)
    for name, method in classes.METHODS.items():
        its_classes, its_peers = told[name][:2]
        assert [c.strip() for c in its_classes.split(",")] == (
            ["all"] if method.classes == classes.CLASSES else list(method.classes) or ["none"]
        ), name
        named = [p.strip("` ") for p in its_peers.split(",")]
        assert named == (list(method.peers) or ["none"]), name


def test_classes_and_peers_are_ones_that_there_are():
    assert {c for m in classes.METHODS.values() for c in m.classes} <= set(classes.CLASSES)
    assert {p for m in classes.METHODS.values() for p in m.peers} <= set(registry.PEERS)


def test_the_classes_are_the_families_of_the_problems():
    pytest.importorskip("cocoex")
    assert {suite.load(name).family for name in suite.names()} == set(classes.CLASSES)


def test_a_sampler_is_for_the_same_with_options_and_constants():
    assert classes.of("tpe:gamma=0.2@tpe.MOST_GOOD=5") is classes.METHODS["tpe"]
    assert classes.of("hyperopt") == classes.Method()


def test_a_group_is_random_search_the_methods_and_their_peers_once():
    assert classes.group(["de", "cmaes"]) == (
        "random", "de", "cmaes", "nevergrad-de", "cmaes-library", "optuna-cmaes",
    )  # fmt: skip
    assert set(classes.group([])) >= {"random", *classes.METHODS, "hyperopt", "optuna-gp"}
    with pytest.raises(ValueError, match="there is no method 'hyperopt': expected some of sobol"):
        classes.group(["hyperopt"])
