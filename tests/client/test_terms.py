import dataclasses

import numpy as np
import pytest

from parzen.client import terms
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import Retries
from parzen.shared.records import Direction, Image, Limits, Pull, Requires, SamplerSpec

NONE = {
    "max_trials": None,
    "timeout_s": None,
    "target": None,
    "patience": None,
    "max_consecutive_failures": None,
}


@pytest.mark.parametrize("name", ["a", "resnet-cifar", "v1.2_x", "A" * 100, "7", "_x"])
def test_names_that_are_taken(name):
    assert terms.name(name) == name


@pytest.mark.parametrize("name", ["", ".a", "-a", "a b", "a/b", "A" * 101, "ü", "a\n", None, 3])
def test_names_that_are_refused_by_name(name):
    with pytest.raises(InvalidStudy, match="cannot be a study's name: use 1 to 100 letters") as e:
        terms.name(name)
    assert repr(name) in str(e.value)


def test_a_direction_is_one_of_two():
    assert terms.direction("maximize") is Direction.MAXIMIZE
    with pytest.raises(InvalidStudy, match="direction='up' is unknown: write 'minimize' or"):
        terms.direction("up")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_trials", 0),
        ("max_trials", 1.5),
        ("max_trials", True),
        ("max_trials", "10"),
        ("timeout_s", -1),
        ("timeout_s", float("nan")),
        ("timeout_s", float("inf")),
        ("target", float("nan")),
        ("target", "low"),
        ("patience", 0),
        ("max_consecutive_failures", 0),
    ],
)
def test_a_wrong_limit_is_refused_by_name_and_value(key, value):
    with pytest.raises(InvalidStudy, match="is not usable: give") as error:
        terms.limits(way=Direction.MINIMIZE, **{**NONE, key: value})
    assert f"{key}={value!r}" in str(error.value)


def test_a_target_is_given_in_the_directions_own_units():
    found = terms.limits(way=Direction.MAXIMIZE, **{**NONE, "target": 0.99, "max_trials": 5})
    assert found == Limits(max_trials=5, target_loss=-0.99, max_consecutive_failures=None)


def test_numpys_numbers_become_pythons():
    found = terms.limits(
        way=Direction.MINIMIZE, **{**NONE, "max_trials": np.int64(5), "timeout_s": np.float32(2)}
    )
    assert (type(found.max_trials), type(found.timeout_s)) == (int, float)


def test_a_study_without_a_limit_is_endless():
    assert terms.endless(Limits())
    assert not terms.endless(Limits(patience=3))


def test_retries_from_a_dict():
    assert terms.retries({"exception": 2, "lost": None}) == Retries(exception=2, lost=None)
    assert terms.retries(None) == Retries()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"exceptions": 1}, "retries has no 'exceptions': it knows lost, preempted, exception"),
        ({"lost": -1}, "retries['lost']=-1 is not usable"),
        (3, "retries=3 is not usable: give a dict with lost"),
    ],
)
def test_wrong_retries_are_refused(value, said):
    with pytest.raises(InvalidStudy) as error:
        terms.retries(value)
    assert said in str(error.value)


def test_an_image_by_its_name_or_with_limits():
    assert terms.image(None) is None
    pinned = f"registry:5000/a/b@sha256:{'0f' * 32}"
    assert terms.image(pinned) == Image(name=pinned)
    least = Image(name="a", memory_gb=0.0063, cpus=0.01, shm_gb=0.0001)
    assert terms.image(least) == least
    wanted = {"name": "torch:2", "memory_gb": 8, "network": "bridge", "pull": "always"}
    image = Image(name="torch:2", memory_gb=8.0, network="bridge", pull=Pull.ALWAYS)
    assert terms.image(wanted) == terms.image(image) == image


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"cpus": 1}, "image has no name"),
        (5, "image=5 is not usable: give a dict with name, memory_gb"),
        ("", "image='' names no image"),
        ("-it", "image='-it' names no image"),
        (
            {"name": "Base:1"},
            "image='Base:1' names no image: write it in lower case, but for its host and its tag",
        ),
        ("http://base:1", "image='http://base:1' names no image: leave 'http://' out"),
        ("base:1:2", "image='base:1:2' names no image: write it as `docker pull` takes it"),
        (
            {"name": "a", "memory_gb": 1e12},
            "image['memory_gb']=1000000000000.0 is not usable: give a number from 0.0063",
        ),
        (
            {"name": "a", "memory_gb": 0.005},
            "image['memory_gb']=0.005 is not usable: give a number from 0.0063 to",
        ),
        (
            {"name": "a", "cpus": 0.001},
            "image['cpus']=0.001 is not usable: give a number from 0.01",
        ),
        ({"name": "a", "shm_gb": 1e-9}, "image['shm_gb']=1e-09 is not usable: give a number from"),
        ({"name": "a", "gpus": 1}, "image has no 'gpus'"),
        ({"name": "a", "memory_gb": 0}, "image['memory_gb']=0 is not usable: give a positive"),
        ({"name": "a", "memory_gb": 1, "shm_gb": 2}, "give shm_gb no more than memory_gb"),
        ({"name": "a", "cpus": True}, "image['cpus']=True is not usable: give a finite number"),
        ({"name": "a", "network": "none"}, "image['network']='none' is not usable"),
        ({"name": "a", "network": "container:b"}, "image['network']='container:b' is not usable"),
        ({"name": "a", "pull": "often"}, "image['pull']='often' is unknown: write 'missing'"),
    ],
)
def test_wrong_images_are_refused(value, said):
    with pytest.raises(InvalidStudy) as error:
        terms.image(value)
    assert said in str(error.value)


def test_requirements_from_a_dict():
    wanted = {"gpus": 1, "gpu_memory_gb": 20, "labels": ["a100"]}
    assert terms.requires(wanted) == Requires(gpus=1, gpu_memory_gb=20.0, labels=("a100",))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"gpus": -1}, "requires['gpus']=-1 is not usable"),
        ({"labels": "a100"}, "requires['labels']='a100' is not usable: give a list of texts"),
        ({"labels": [""]}, "requires['labels'] holds ''"),
        ({"gpu": 1}, "requires has no 'gpu'"),
    ],
)
def test_wrong_requirements_are_refused(value, said):
    with pytest.raises(InvalidStudy) as error:
        terms.requires(value)
    assert said in str(error.value)


def test_a_sampler_is_a_name_or_a_spec():
    assert terms.sampler("random", 7) == SamplerSpec(name="random", seed=7)
    spec = SamplerSpec(name="tpe", options={"n_startup_trials": 4})
    assert terms.sampler(spec, 0) == spec
    assert terms.sampler(spec, 7) == dataclasses.replace(spec, seed=7)
    assert terms.sampler(dataclasses.replace(spec, seed=7), 0).seed == 7
    with pytest.raises(InvalidStudy, match="seed=7 and the sampler's seed=8 differ: give one"):
        terms.sampler(dataclasses.replace(spec, seed=8), 7)
    with pytest.raises(InvalidStudy, match="seed='x' is not usable: give an integer"):
        terms.sampler("tpe", "x")
    with pytest.raises(InvalidStudy, match="sampler=None is not usable: give a sampler's name"):
        terms.sampler(None, 0)
