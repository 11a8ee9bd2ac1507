import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.shared.errors import InvalidStudy
from parzen.shared.records import SamplerSpec
from parzen.shared.space import Float, Space

SPACE = Space({"x": Float(0, 1)})


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN.keys() - {"enqueued"}))
def test_every_built_in_sampler_proposes(name):
    sampler = registry.make(SamplerSpec(name=name), SPACE.dimensions)
    (params,) = sampler.propose(History(SPACE.dimensions), [0], 0)
    SPACE.check(params)


def test_an_unknown_sampler_is_refused_with_the_known_ones():
    with pytest.raises(InvalidStudy, match=r"'tep'.*random, sobol, tpe"):
        registry.make(SamplerSpec(name="tep"), SPACE.dimensions)


def test_an_unknown_option_is_refused_with_the_known_ones():
    with pytest.raises(InvalidStudy, match=r"'good_share'.*n_ei_candidates"):
        registry.make(SamplerSpec(name="tpe", options={"good_share": 1}), SPACE.dimensions)
    with pytest.raises(InvalidStudy, match="expected none"):
        registry.make(SamplerSpec(name="random", options={"good_share": 1}), SPACE.dimensions)
    with pytest.raises(InvalidStudy, match="expected one of cooling, mean_rank"):
        registry.make(SamplerSpec(name="anneal", options={"good_share": 1}), SPACE.dimensions)


class Halves:
    """A third party's sampler."""

    def __init__(self, dimensions, *, value=0.5):
        self.value = value

    def propose(self, history, numbers, seed):
        return [{"x": self.value} for _ in numbers]


class Entry:
    name = "halves"

    def load(self):
        return Halves


def test_an_installed_sampler_is_found_by_its_entry_point(monkeypatch):
    def entry_points(*, group, name="halves"):
        return [Entry()] if (group, name) == ("parzen.samplers", "halves") else []

    monkeypatch.setattr(registry.metadata, "entry_points", entry_points)
    spec = SamplerSpec(name="halves", options={"value": 0.25})
    assert registry.make(spec, SPACE.dimensions).propose(None, [0], 0) == [{"x": 0.25}]
    assert "halves" in registry.names()
