"""The terms of a study: its name, its limits, its sampler, what it requires."""

from __future__ import annotations

import math  # noqa: F401 - these imports are for the rows' code
from decimal import Decimal  # noqa: F401

import numpy as np  # noqa: F401
from mistakes.rows import Row

from parzen.client import Float, Optimizer, minimize  # noqa: F401
from parzen.client.study import Study as Declared
from parzen.shared.records import SamplerSpec  # noqa: F401


def objective(params):
    """Something to minimise."""
    return params["x"]


def Study(name="s", **terms):  # noqa: N802 - the rows show what a user writes
    """A study whose space and objective are in order."""
    Declared(name, **{"space": {"x": Float(0, 1)}, "objective": objective, **terms})


def optimizer():
    """An optimizer that was asked for one trial."""
    made = Optimizer({"x": Float(0, 1)})
    made.ask(1)
    return made


ROWS: tuple[Row, ...] = (
    Row(
        'Study("")',
        "InvalidStudy",
        (
            "'' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        "Study(None)",
        "InvalidStudy",
        (
            "None cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        "Study(5)",
        "InvalidStudy",
        (
            "5 cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study(b"s")',
        "InvalidStudy",
        (
            "b's' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("my study")',
        "InvalidStudy",
        (
            "'my study' cannot be a study's name: use 1 to 100 letters, digits, dots, "
            "dashes or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("größe")',
        "InvalidStudy",
        (
            "'größe' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes "
            "or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("🎉")',
        "InvalidStudy",
        (
            "'🎉' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row('Study("x" * 100)', "works", "None"),
    Row(
        'Study("x" * 101)',
        "InvalidStudy",
        (
            "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxx' cannot be a study's name: use 1 to 100 letters, "
            "digits, dots, dashes or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study(".")',
        "InvalidStudy",
        (
            "'.' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("..")',
        "InvalidStudy",
        (
            "'..' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study(".hidden")',
        "InvalidStudy",
        (
            "'.hidden' cannot be a study's name: use 1 to 100 letters, digits, dots, "
            "dashes or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("-rf")',
        "InvalidStudy",
        (
            "'-rf' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("--help")',
        "InvalidStudy",
        (
            "'--help' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes "
            "or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("a/b")',
        "InvalidStudy",
        (
            "'a/b' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("a\\\\b")',
        "InvalidStudy",
        (
            "'a\\\\b' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes "
            "or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("$where")',
        "InvalidStudy",
        (
            "'$where' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes "
            "or underscores, not starting with a dot or a dash"
        ),
    ),
    Row('Study("a.b-c_1")', "works", "None"),
    Row(
        'Study("s\\n")',
        "InvalidStudy",
        (
            "'s\\n' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes or "
            "underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("a\\0")',
        "InvalidStudy",
        (
            "'a\\x00' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes "
            "or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("\\ud800")',
        "InvalidStudy",
        (
            "'\\ud800' cannot be a study's name: use 1 to 100 letters, digits, dots, dashes "
            "or underscores, not starting with a dot or a dash"
        ),
    ),
    Row(
        'Study("../../etc")',
        "InvalidStudy",
        (
            "'../../etc' cannot be a study's name: use 1 to 100 letters, digits, dots, "
            "dashes or underscores, not starting with a dot or a dash"
        ),
    ),
    Row('Study("system.indexes")', "works", "None"),
    Row('Study("NUL")', "works", "None"),
    Row(
        "Study(max_trials=0)",
        "InvalidStudy",
        "max_trials=0 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_trials=-1)",
        "InvalidStudy",
        "max_trials=-1 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_trials=1.5)",
        "InvalidStudy",
        "max_trials=1.5 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_trials=10.0)",
        "InvalidStudy",
        "max_trials=10.0 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_trials=True)",
        "InvalidStudy",
        "max_trials=True is not usable: give an integer of at least 1, or None",
    ),
    Row(
        'Study(max_trials="10")',
        "InvalidStudy",
        "max_trials='10' is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_trials=math.inf)",
        "InvalidStudy",
        "max_trials=inf is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_trials=math.nan)",
        "InvalidStudy",
        "max_trials=nan is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_trials=1e9)",
        "InvalidStudy",
        ("max_trials=1000000000.0 is not usable: give an integer of at least 1, or None"),
    ),
    Row("Study(max_trials=10**9)", "works", "None"),
    Row(
        "Study(max_trials=2**63)",
        "InvalidStudy",
        ("max_trials=9223372036854775808 is not usable: give an integer of at least 1, or None"),
    ),
    Row("Study(max_trials=np.int64(10))", "works", "None"),
    Row("Study(max_trials=None)", "works", "None"),
    Row(
        "Study(max_trials=[10])",
        "InvalidStudy",
        "max_trials=[10] is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(timeout_s=0)",
        "InvalidStudy",
        ("timeout_s=0 is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        "Study(timeout_s=-1)",
        "InvalidStudy",
        ("timeout_s=-1 is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        "Study(timeout_s=math.nan)",
        "InvalidStudy",
        ("timeout_s=nan is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        "Study(timeout_s=math.inf)",
        "InvalidStudy",
        ("timeout_s=inf is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        'Study(timeout_s="60")',
        "InvalidStudy",
        ("timeout_s='60' is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        "Study(timeout_s=True)",
        "InvalidStudy",
        ("timeout_s=True is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        "Study(timeout_s=10**400)",
        "InvalidStudy",
        (
            "timeout_s=<an int of 1329 bits> is not usable: give a positive number up to "
            "3,153,600,000, or None"
        ),
    ),
    Row(
        "Study(timeout_s=Decimal(60))",
        "InvalidStudy",
        (
            "timeout_s=Decimal('60') is not usable: give a positive number up to "
            "3,153,600,000, or None"
        ),
    ),
    Row(
        "Study(timeout_s=1e18)",
        "InvalidStudy",
        ("timeout_s=1e+18 is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        "Study(target=math.nan)",
        "InvalidStudy",
        "target=nan is not usable: give a finite number, or None",
    ),
    Row(
        "Study(target=-math.inf)",
        "InvalidStudy",
        "target=-inf is not usable: give a finite number, or None",
    ),
    Row(
        'Study(target="0.1")',
        "InvalidStudy",
        "target='0.1' is not usable: give a finite number, or None",
    ),
    Row("Study(target=np.float32(0.1))", "works", "None"),
    Row(
        'Study(target=1e400, direction="maximize")',
        "InvalidStudy",
        "target=inf is not usable: give a finite number, or None",
    ),
    Row(
        "Study(patience=0)",
        "InvalidStudy",
        "patience=0 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(patience=-1)",
        "InvalidStudy",
        "patience=-1 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(patience=2.5)",
        "InvalidStudy",
        "patience=2.5 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_consecutive_failures=0)",
        "InvalidStudy",
        ("max_consecutive_failures=0 is not usable: give an integer of at least 1, or None"),
    ),
    Row("Study(max_consecutive_failures=None)", "works", "None"),
    Row(
        "Study(trial_timeout_s=0)",
        "InvalidStudy",
        ("trial_timeout_s=0 is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        "Study(trial_timeout_s=-5)",
        "InvalidStudy",
        ("trial_timeout_s=-5 is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        'Study(trial_timeout_s="1h")',
        "InvalidStudy",
        ("trial_timeout_s='1h' is not usable: give a positive number up to 3,153,600,000, or None"),
    ),
    Row(
        'Study(retries={"lost": -1})',
        "InvalidStudy",
        ("retries['lost']=-1 is not usable: give an integer of at least 0, or None"),
    ),
    Row(
        'Study(retries={"lost": 1.5})',
        "InvalidStudy",
        ("retries['lost']=1.5 is not usable: give an integer of at least 0, or None"),
    ),
    Row(
        'Study(retries={"lost": "3"})',
        "InvalidStudy",
        ("retries['lost']='3' is not usable: give an integer of at least 0, or None"),
    ),
    Row(
        'Study(retries={"lost": True})',
        "InvalidStudy",
        ("retries['lost']=True is not usable: give an integer of at least 0, or None"),
    ),
    Row(
        'Study(retries={"lots": 3})',
        "InvalidStudy",
        ("retries has no 'lots': it knows lost, preempted, exception, timeout, out_of_memory"),
    ),
    Row(
        "Study(retries={1: 3})",
        "InvalidStudy",
        ("retries has no 1: it knows lost, preempted, exception, timeout, out_of_memory"),
    ),
    Row(
        "Study(retries=3)",
        "InvalidStudy",
        (
            "retries=3 is not usable: give a dict with lost, preempted, exception, "
            "timeout, out_of_memory"
        ),
    ),
    Row(
        'Study(retries=[("lost", 3)])',
        "InvalidStudy",
        (
            "retries=[('lost', 3)] is not usable: give a dict with lost, preempted, "
            "exception, timeout, out_of_memory"
        ),
    ),
    Row(
        'Study(retries={"killed": 3})',
        "InvalidStudy",
        ("retries has no 'killed': it knows lost, preempted, exception, timeout, out_of_memory"),
    ),
    Row(
        'Study(image="")',
        "InvalidStudy",
        (
            "image='' names no image: write it as `docker pull` takes it, such as "
            "'registry/name:tag'"
        ),
    ),
    Row(
        'Study(image="Base:1")',
        "InvalidStudy",
        ("image='Base:1' names no image: write it in lower case, but for its host and its tag"),
    ),
    Row(
        'Study(image="http://base:1")',
        "InvalidStudy",
        "image='http://base:1' names no image: leave 'http://' out",
    ),
    Row(
        'Study(image={"memory_gb": 8})',
        "InvalidStudy",
        ("image has no name: give the image as 'registry/name:tag', or as {'name': …} with limits"),
    ),
    Row(
        'Study(image={"name": "torch:2", "gpus": 1})',
        "InvalidStudy",
        "image has no 'gpus': it knows name, memory_gb, cpus, network, shm_gb, pull",
    ),
    Row(
        'Study(image={"name": "torch:2", "memory_gb": 0})',
        "InvalidStudy",
        "image['memory_gb']=0 is not usable: give a positive number, or None",
    ),
    Row(
        'Study(image={"name": "torch:2", "cpus": 0.001})',
        "InvalidStudy",
        "image['cpus']=0.001 is not usable: give a number from 0.01 to 9.2e+09, or None",
    ),
    Row(
        'Study(image={"name": "torch:2", "network": "container:db"})',
        "InvalidStudy",
        (
            "image['network']='container:db' is not usable: give the name of one of the engine's "
            "networks, such as 'bridge', or None for no network"
        ),
    ),
    Row(
        'Study(image={"name": "torch:2", "pull": "often"})',
        "InvalidStudy",
        "image['pull']='often' is unknown: write 'missing', 'always' or 'never'",
    ),
    Row(
        'Study(requires={"gpu": 1})',
        "InvalidStudy",
        "requires has no 'gpu': it knows gpus, gpu_memory_gb, labels, time_s",
    ),
    Row(
        'Study(requires={"gpus": -1})',
        "InvalidStudy",
        "requires['gpus']=-1 is not usable: give an integer of at least 0",
    ),
    Row(
        'Study(requires={"gpus": 0.5})',
        "InvalidStudy",
        "requires['gpus']=0.5 is not usable: give an integer of at least 0",
    ),
    Row(
        'Study(requires={"gpus": "1"})',
        "InvalidStudy",
        "requires['gpus']='1' is not usable: give an integer of at least 0",
    ),
    Row(
        'Study(requires={"gpu_memory_gb": 0})',
        "InvalidStudy",
        ("requires['gpu_memory_gb']=0 is not usable: give a positive number, or None"),
    ),
    Row(
        'Study(requires={"gpu_memory_gb": 20})',
        "InvalidStudy",
        "requires['gpu_memory_gb']=20.0 without a GPU: give requires['gpus'], too",
    ),
    Row(
        'Study(requires={"time_s": -1})',
        "InvalidStudy",
        (
            "requires['time_s']=-1 is not usable: give a positive number up to 3,153,600,000, or "
            "None"
        ),
    ),
    Row(
        'Study(requires={"labels": "a100"})',
        "InvalidStudy",
        "requires['labels']='a100' is not usable: give a list of texts",
    ),
    Row(
        'Study(requires={"labels": ["a100", ""]})',
        "InvalidStudy",
        "requires['labels'] holds '': give texts that are not empty",
    ),
    Row(
        'Study(requires={"labels": [5]})',
        "InvalidStudy",
        "requires['labels'] holds 5: give texts that are not empty",
    ),
    Row(
        'Study(requires={"labels": ["a\\nb"]})',
        "InvalidStudy",
        (
            "requires['labels'] holds 'a\\nb': give printable texts of at most 255 "
            "characters, without commas"
        ),
    ),
    Row(
        'Study(requires={"labels": ["a,b"]})',
        "InvalidStudy",
        (
            "requires['labels'] holds 'a,b': give printable texts of at most 255 "
            "characters, without commas"
        ),
    ),
    Row(
        'Study(requires="gpu")',
        "InvalidStudy",
        ("requires='gpu' is not usable: give a dict with gpus, gpu_memory_gb, labels, time_s"),
    ),
    Row(
        "Study(priority=1.5)",
        "InvalidStudy",
        "priority=1.5 is not usable: give an integer of 64 bits",
    ),
    Row(
        'Study(priority="high")',
        "InvalidStudy",
        "priority='high' is not usable: give an integer of 64 bits",
    ),
    Row(
        "Study(priority=True)",
        "InvalidStudy",
        "priority=True is not usable: give an integer of 64 bits",
    ),
    Row(
        "Study(priority=None)",
        "InvalidStudy",
        "priority=None is not usable: give an integer of 64 bits",
    ),
    Row(
        "Study(priority=2**70)",
        "InvalidStudy",
        ("priority=1180591620717411303424 is not usable: give an integer of 64 bits"),
    ),
    Row("Study(priority=-5)", "works", "None"),
    Row(
        "Study(max_running=0)",
        "InvalidStudy",
        "max_running=0 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_running=-1)",
        "InvalidStudy",
        "max_running=-1 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        "Study(max_running=2.0)",
        "InvalidStudy",
        "max_running=2.0 is not usable: give an integer of at least 1, or None",
    ),
    Row(
        'Study(max_running="2")',
        "InvalidStudy",
        "max_running='2' is not usable: give an integer of at least 1, or None",
    ),
    Row('Study(tags="abc")', "InvalidStudy", "tags='abc' is not usable: give a list of texts"),
    Row('Study(tags=["a", ""])', "InvalidStudy", "tags holds '': give texts that are not empty"),
    Row('Study(tags=["a", 5])', "InvalidStudy", "tags holds 5: give texts that are not empty"),
    Row(
        'Study(tags=["\\ud800"])',
        "InvalidStudy",
        ("tags holds '\\ud800': give printable texts of at most 255 characters, without commas"),
    ),
    Row(
        'Study(tags=["a\\nb"])',
        "InvalidStudy",
        ("tags holds 'a\\nb': give printable texts of at most 255 characters, without commas"),
    ),
    Row("Study(tags=5)", "InvalidStudy", "tags=5 is not usable: give a list of texts"),
    Row('Study(tags={"a"})', "works", "None"),
    Row(
        'Study(tags=["x" * 20_000_000])',
        "InvalidStudy",
        (
            "tags holds "
            "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
            "…xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx': give printable "
            "texts of at most 255 characters, without commas"
        ),
    ),
    Row(
        'Study(direction="min")',
        "InvalidStudy",
        "direction='min' is unknown: write 'minimize' or 'maximize'",
    ),
    Row(
        "Study(direction=None)",
        "InvalidStudy",
        "direction=None is unknown: write 'minimize' or 'maximize'",
    ),
    Row(
        'Study(direction="MAXIMIZE")',
        "InvalidStudy",
        "direction='MAXIMIZE' is unknown: write 'minimize' or 'maximize'",
    ),
    Row(
        "Study(direction=1)",
        "InvalidStudy",
        "direction=1 is unknown: write 'minimize' or 'maximize'",
    ),
    Row(
        'Study(direction=["minimize"])',
        "InvalidStudy",
        "direction=['minimize'] is unknown: write 'minimize' or 'maximize'",
    ),
    Row(
        'Study(sampler="tpo")',
        "InvalidStudy",
        "there is no sampler 'tpo': did you mean tpe or pso? `parzen samplers` lists them",
    ),
    Row(
        'Study(sampler="")',
        "InvalidStudy",
        "sampler='' is not usable: give a sampler's name, such as 'auto', or a "
        "function choose(seen, rng)",
    ),
    Row(
        'Study(sampler="TPE")',
        "InvalidStudy",
        "there is no sampler 'TPE': did you mean tpe? `parzen samplers` lists them",
    ),
    Row(
        "Study(sampler=None)",
        "InvalidStudy",
        "sampler=None is not usable: give a sampler's name, such as 'auto', or a "
        "function choose(seen, rng)",
    ),
    Row(
        "Study(sampler=5)",
        "InvalidStudy",
        "sampler=5 is not usable: give a sampler's name, such as 'auto', or a "
        "function choose(seen, rng)",
    ),
    Row(
        'Study(sampler="callable")',
        "InvalidStudy",
        "a sampler cannot be named 'callable': give the function itself, sampler=choose, which "
        "takes (seen, rng)",
    ),
    Row(
        "Study(sampler=lambda seen: {})",
        "InvalidStudy",
        "the sampler '<lambda>' has the signature (seen); it must take (seen, rng), and a default "
        "for whatever else it takes",
    ),
    Row(
        'Study(sampler=SamplerSpec(name="tpe", options={"n_startup": 5}))',
        "InvalidStudy",
        "sampler 'tpe' has no option 'n_startup': expected one of gamma, n_ei_candidates, "
        "n_startup_trials, prior_weight",
    ),
    Row(
        'Study(sampler=SamplerSpec(name="tpe", options={"n_startup_trials": -1}))',
        "InvalidStudy",
        ("sampler 'tpe': option n_startup_trials is -1: expected a whole number, at least 0"),
    ),
    Row(
        'Study(sampler=SamplerSpec(name="tpe", options={"n_startup_trials": "ten"}))',
        "InvalidStudy",
        ("sampler 'tpe': option n_startup_trials is 'ten': expected a whole number, at least 0"),
    ),
    Row(
        'Study(sampler=SamplerSpec(name="tpe", options=5))',
        "InvalidStudy",
        "the sampler's options=5 are not usable: give a dict {name: value}",
    ),
    Row(
        'Study(sampler=SamplerSpec(name="tpe", seed="a"))',
        "InvalidStudy",
        "seed='a' is not usable: give an integer of 64 bits",
    ),
    Row(
        "Study(sampler=SamplerSpec(name=5))",
        "InvalidStudy",
        "sampler=5 is not usable: give a sampler's name, such as 'auto', or a "
        "function choose(seen, rng)",
    ),
    Row(
        'Study(sampler=SamplerSpec(name="sobol", options={"n_startup_trials": 1}))',
        "InvalidStudy",
        "sampler 'sobol' has no option 'n_startup_trials': expected none",
    ),
    Row("Study(seed=-1)", "works", "None"),
    Row(
        "Study(seed=2**63)",
        "InvalidStudy",
        "seed=9223372036854775808 is not usable: give an integer of 64 bits",
    ),
    Row(
        "Study(seed=10**5000)",
        "InvalidStudy",
        "seed=<an int of 16610 bits> is not usable: give an integer of 64 bits",
    ),
    Row("Study(seed=1.5)", "InvalidStudy", "seed=1.5 is not usable: give an integer of 64 bits"),
    Row('Study(seed="42")', "InvalidStudy", "seed='42' is not usable: give an integer of 64 bits"),
    Row("Study(seed=None)", "InvalidStudy", "seed=None is not usable: give an integer of 64 bits"),
    Row("Study(seed=True)", "InvalidStudy", "seed=True is not usable: give an integer of 64 bits"),
    Row(
        'Study(space={"x": 1})',
        "InvalidSpace",
        ("the space {'x': 1} has no parameter; put a Float, Int, Normal or Choice into it"),
    ),
    Row(
        "Study(space=None)",
        "InvalidSpace",
        "a search space is a dict, a list, a tuple or one parameter, not None",
    ),
    Row(
        "Study(objective=None)",
        "InvalidObjective",
        "the objective None cannot be called; give a function",
    ),
    Row(
        "Study(objectiv=objective)",
        "TypeError",
        "Study.__init__() got an unexpected keyword argument 'objectiv'",
    ),
    Row(
        "Study(max_trails=10)",
        "TypeError",
        "Study.__init__() got an unexpected keyword argument 'max_trails'",
    ),
    Row(
        'Declared("s", {"x": Float(0, 1)}, objective)',
        "TypeError",
        "Study.__init__() takes 2 positional arguments but 4 were given",
    ),
    Row(
        'Optimizer({"x": Float(0, 1)}, sampler="tpo")',
        "InvalidStudy",
        "there is no sampler 'tpo': did you mean tpe or pso? `parzen samplers` lists them",
    ),
    Row(
        'Optimizer({"x": Float(0, 1)}, seed="a")',
        "InvalidStudy",
        "seed='a' is not usable: give an integer of 64 bits",
    ),
    Row(
        'Optimizer({"x": Float(0, 1)}, sampler=lambda seen, rng: {}, startups=5)',
        "InvalidStudy",
        "the sampler '….<lambda>' is given with the options ['startups']: a function takes none; "
        "bind them with functools.partial",
    ),
    Row(
        'Optimizer({"x": Float(0, 1)}, sampler=lambda seen, rng: {"x": 2}).ask()',
        "InvalidProposal",
        "what the sampler '….<lambda>' returned for trial 0 does not lie in the space: the "
        "parameter 'x' is 2; it must be a number from 0.0 to 1.0",
    ),
    Row(
        'Optimizer({"x": Float(0, 1)}, startups=5)',
        "InvalidStudy",
        "sampler 'auto' has no option 'startups': expected one of gamma, n_ei_candidates, "
        "n_startup_trials, prior_weight",
    ),
    Row(
        'Optimizer({"x": Float(0, 1)}, direction="up")',
        "InvalidStudy",
        "direction='up' is unknown: write 'minimize' or 'maximize'",
    ),
    Row("optimizer().ask(-1)", "InvalidStudy", "n=-1 is not usable: give an integer of at least 0"),
    Row(
        "optimizer().ask(1.5)", "InvalidStudy", "n=1.5 is not usable: give an integer of at least 0"
    ),
    Row(
        'optimizer().ask("3")', "InvalidStudy", "n='3' is not usable: give an integer of at least 0"
    ),
    Row(
        "optimizer().tell(5, 0.1)",
        "NotFound",
        ("there is no trial 5: expected one that was asked for (0 to 0); ask() first"),
    ),
    Row(
        'optimizer().tell("0", 0.1)',
        "InvalidInput",
        "number is '0': expected a trial's number, as asked",
    ),
    Row(
        "optimizer().tell(0, None)",
        "InvalidResult",
        (
            "trial 0 cannot be told this: the objective's return value is None, expected a "
            "finite real number, or a dict with 'loss': did the objective forget to return?"
        ),
    ),
    Row(
        "optimizer().tell(0, math.nan)",
        "InvalidResult",
        (
            "trial 0 cannot be told this: the objective's return value is nan, expected a "
            "finite real number, or a dict with 'loss': return a large penalty, or raise, "
            "where it diverges"
        ),
    ),
    Row(
        'optimizer().tell(0, 0.1, state="failed")',
        "InvalidInput",
        (
            "trial 0 is told 'failed' with the loss 0.1: expected no loss; leave it out, "
            "or leave out the state"
        ),
    ),
    Row(
        'optimizer().tell(0, 0.1, state="done")',
        "InvalidInput",
        "state is 'done': expected one of complete, pruned, failed, cancelled",
    ),
    Row(
        "optimizer().tell(0, 0.1, state=None)",
        "InvalidInput",
        "state is None: expected one of complete, pruned, failed, cancelled",
    ),
    Row(
        "optimizer().tell(-1, 0.1)",
        "NotFound",
        ("there is no trial -1: expected one that was asked for (0 to 0); ask() first"),
    ),
    Row(
        "optimizer().tell(True, 0.1)",
        "InvalidInput",
        "number is True: expected a trial's number, as asked",
    ),
    Row(
        'minimize(objective, {"x": Float(0, 1)}, -1)',
        "InvalidStudy",
        "max_trials=-1 is not usable: give an integer of at least 0",
    ),
    Row(
        'minimize(objective, {"x": Float(0, 1)}, "10")',
        "InvalidStudy",
        "max_trials='10' is not usable: give an integer of at least 0",
    ),
    Row(
        'minimize(objective, {"x": Float(0, 1)}, 1.5)',
        "InvalidStudy",
        "max_trials=1.5 is not usable: give an integer of at least 0",
    ),
    Row('minimize(objective, {"x": Float(0, 1)}, 0).trials', "works", "()"),
    Row(
        'minimize(5, {"x": Float(0, 1)}, 1)',
        "InvalidObjective",
        "the objective 5 cannot be called; give a function",
    ),
    Row(
        'minimize("pkg:objective", {"x": Float(0, 1)}, 1)',
        "InvalidObjective",
        "the objective 'pkg:objective' cannot be called; give a function",
    ),
    Row(
        'minimize(lambda p: None, {"x": Float(0, 1)}, 1)',
        "InvalidResult",
        (
            "trial 0 cannot be told this: the objective's return value is None, expected a "
            "finite real number, or a dict with 'loss': did the objective forget to return?"
        ),
    ),
    Row(
        'minimize(lambda: 1, {"x": Float(0, 1)}, 1)',
        "InvalidObjective",
        (
            "the objective '<lambda>' has the signature (); it must take (params) or "
            "(params, trial), and a default for whatever else it takes"
        ),
    ),
    Row(
        ('minimize(lambda p: 1 / 0, {"x": Float(0, 1)}, 1, catch=(ZeroDivisionError,)).best'),
        "works",
        "None",
    ),
    Row(
        "Study(trial_timeout_s=1e18)",
        "InvalidStudy",
        (
            "trial_timeout_s=1e+18 is not usable: give a positive number up to "
            "3,153,600,000, or None"
        ),
    ),
    Row(
        'Study(warm_start="old")',
        "InvalidStudy",
        ("warm_start='old' is not usable: give a list of studies, each by its name or its handle"),
    ),
    Row(
        "Study(warm_start=[3])",
        "InvalidStudy",
        "warm_start=[3] is not usable: give a list of studies, each by its name or its handle",
    ),
    Row(
        'Study(sampler=lambda seen, rng: {"x": 0.5}, warm_start=["old"])',
        "InvalidStudy",
        (
            "the sampler '….<lambda>' is a function, which warm_start does not reach: let it "
            "read earlier trials itself, or name a sampler"
        ),
    ),
    Row(
        'Optimizer({"x": Float(0, 1)}, warm_start=[3])',
        "InvalidStudy",
        (
            "warm_start=[3] is not usable: give an Optimizer, or trials such as those of "
            "handle.trials()"
        ),
    ),
)
