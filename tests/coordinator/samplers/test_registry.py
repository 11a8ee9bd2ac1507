import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.shared.errors import InvalidProposal, InvalidStudy
from parzen.shared.records import SamplerSpec
from parzen.shared.space import Float, Space

SPACE = Space({"x": Float(0, 1)})


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN.keys() - {"enqueued"}))
def test_every_built_in_sampler_proposes(name):
    sampler = registry.make(SamplerSpec(name=name), SPACE.dimensions)
    (params,) = sampler.propose(History(SPACE.dimensions), [0], 0)
    SPACE.check(params)


def test_an_unknown_sampler_is_refused_with_names_like_it_and_where_all_are():
    with pytest.raises(
        InvalidStudy, match=r"'tep': did you mean tpe.*`parzen samplers` lists them"
    ):
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
    name, value = "halves", "theirs:Halves"

    def __init__(self, load):
        self.load = load


@pytest.fixture
def install(monkeypatch):
    """Install a sampler called halves, which ``load`` gives."""

    def installed(load):
        def entry_points(*, group, name="halves"):
            return [Entry(load)] if (group, name) == ("parzen.samplers", "halves") else []

        monkeypatch.setattr(registry.metadata, "entry_points", entry_points)

    return installed


def test_an_installed_sampler_is_found_by_its_entry_point(install):
    install(lambda: Halves)
    spec = SamplerSpec(name="halves", options={"value": 0.25})
    assert registry.make(spec, SPACE.dimensions).propose(None, [0], 0) == [{"x": 0.25}]
    assert "halves" in registry.names()
    assert registry.described("halves").options == {"value": 0.5}


def test_what_an_installed_sampler_proposes_is_checked(install):
    install(lambda: Halves)
    sampler = registry.make(SamplerSpec(name="halves", options={"value": 7}), SPACE.dimensions)
    with pytest.raises(InvalidProposal, match=r"'halves' proposed for trial 0 .* 'x' is 7"):
        sampler.propose(None, [0], 0)


def broken():
    raise ImportError("No module named\n'torch'")


def leaving():
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (broken, "it raised ImportError: No module named 'torch'"),
        (leaving, "it raised SystemExit: 3"),
        (lambda: "text", "it raised TypeError: 'text' is not a callable object"),
    ],
)
def test_an_entry_point_that_cannot_be_loaded_is_told_in_one_sentence(install, load, said):
    install(load)
    with pytest.raises(InvalidStudy) as error:
        registry.make(SamplerSpec(name="halves"), SPACE.dimensions)
    assert str(error.value) == (
        "sampler 'halves' cannot be loaded from 'theirs:Halves', which another package installed: "
        + said
    )
    assert registry.described("halves").about == str(error.value)


def test_an_entry_point_that_makes_no_sampler_is_told_in_one_sentence(install):
    install(lambda: lambda dimensions: None)
    with pytest.raises(InvalidStudy, match="sampler 'halves': it is None, expected an object with"):
        registry.make(SamplerSpec(name="halves"), SPACE.dimensions)


def test_a_function_cannot_be_named():
    spec = SamplerSpec(name="callable", options={"function": "tune.choose"})
    with pytest.raises(InvalidStudy, match=r"cannot be named 'callable': give the function itself"):
        registry.make(spec, SPACE.dimensions)
    assert "callable" not in registry.names()
