"""How parzen takes up a study with a long history: seconds to serve it again, and to answer.

    python benchmarks/long_history.py                 # 10,000 finished trials of 10 parameters
    python benchmarks/long_history.py --trials 100000

An embedded MongoDB in a temporary folder holds the study; every figure is that of a fresh process,
from its start to the effect. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import numpy as np

from parzen.coordinator.unit import UnitCube
from parzen.shared import codec
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.mongo import MongoStore, connect
from parzen.shared.mongo.embedded import Embedded
from parzen.shared.records import Limits, SamplerSpec, Study, Trial, Uid

PARZEN = [sys.executable, "-m", "parzen.client.cli"]
BATCH = 5_000
DIMENSIONS = (
    *(Dimension(name=f"x{n}", kind=Kind.FLOAT, low=1e-3, high=1.0, log=True) for n in range(7)),
    Dimension(name="layers", kind=Kind.INT, low=1, high=16),
    Dimension(name="width", kind=Kind.INT, low=8, high=512, log=True),
    Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "adam", "lion")),
)


def main() -> None:
    """Measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="parzen-bench-") as folder:
        home = Path(folder)
        server = Embedded(home)
        uri = server.up().uri
        try:
            with connect(uri, prepare=True) as store:
                _fill(store, options.trials)
                figures = _measure(store, home, options.trials)
        finally:
            server.down()
    for name, value in figures.items():
        print(f"{name:<28} {value}")
    print(json.dumps({"benchmark": "long_history", "trials": options.trials, **figures}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=10_000, help="finished trials (10000)")
    return parser.parse_args()


def _fill(store: MongoStore, trials: int) -> None:
    study = Study(
        name="long",
        uid=Uid(uuid.uuid4().hex),
        dimensions=DIMENSIONS,
        sampler=SamplerSpec(name="tpe", seed=1),
        limits=Limits(max_trials=trials + 1_000),
    )
    study = store.catalog.create(study, b"")
    cube, rng = UnitCube(DIMENSIONS), np.random.default_rng(0)
    for start in range(0, trials, BATCH):
        numbers = range(start, min(start + BATCH, trials))
        store.db.jobs.insert_many(
            [_document(study, n, cube, rng) for n in numbers], ordered=False
        )  # fmt: skip


def _document(
    study: Study, number: int, cube: UnitCube, rng: np.random.Generator
) -> dict[str, object]:
    loss = float(rng.random())
    params = cube.params(cube.from_uniform(rng.random((1, cube.width)))[0])
    return codec.trial_document(
        Trial(
            study=study.name,
            uid=study.uid,
            number=number,
            params=params,
            state=TrialState.COMPLETE,
            loss=loss,
            value=loss,
        )
    )


def _measure(store: MongoStore, home: Path, trials: int) -> dict[str, float]:
    environ = {**os.environ, "PARZEN_HOME": str(home)}
    environ.pop("PARZEN_STORE", None)
    figures = {"coordinator_serves_again_s": _serves_again(store, environ, trials)}
    for command in (["best", "long", "-n", "10"], ["trials", "long", "--limit", "50"],
                    ["trials", "long"], ["status", "long"], ["studies"]):  # fmt: skip
        figures["_".join(word.strip("-") for word in command) + "_s"] = _takes(command, environ)
    return figures


def _serves_again(store: MongoStore, environ: dict[str, str], trials: int) -> float:
    """From the start of a coordinator to the first new trial in the database."""
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [*PARZEN, "coordinator", "--log-level", "warning"], env=environ
    ) as coordinator:
        while store.db.jobs.count_documents({"state": "waiting"}, limit=1) == 0:
            if coordinator.poll() is not None or time.perf_counter() - began > 60 + trials / 1_000:
                raise SystemExit("the coordinator proposed nothing")
            time.sleep(0.01)
        seconds = time.perf_counter() - began
        coordinator.terminate()
    return round(seconds, 2)


def _takes(command: list[str], environ: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own interpreter and our own words
        [*PARZEN, *command], env=environ, check=True, stdout=subprocess.DEVNULL
    )
    return round(time.perf_counter() - began, 2)


if __name__ == "__main__":
    main()
