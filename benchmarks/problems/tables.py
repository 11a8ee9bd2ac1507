"""Tabulate the cross-validated losses of scikit-learn's models, once, for the benchmarks.

    python benchmarks/problems/tables.py                    # what is missing in problems/data
    python benchmarks/problems/tables.py --again wine-svm   # this one anew

Needs scikit-learn 1.8 or newer, and minutes on a few cores. Interrupted, it takes up again where it
stopped: each table is written when it is complete, and what is done of an incomplete one lies
beside it until then.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from rich.progress import track

DATA = Path(__file__).with_name("data")
SAVED_EVERY = 25
"""After so many cells an incomplete table is saved."""


def main() -> None:
    """Tabulate what was asked for."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # the processes are enough
    from problems.models import TABLES  # noqa: PLC0415  # after the threads were limited

    options = _options([*TABLES])
    DATA.mkdir(exist_ok=True)
    for name in options.again:
        (DATA / f"{name}.npz").unlink(missing_ok=True)
    wanted = [name for name in TABLES if not (DATA / f"{name}.npz").exists()]
    with ProcessPoolExecutor(
        options.processes, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        for name in wanted:
            _tabulate(name, pool)


def _options(known: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Tabulate scikit-learn's losses.")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at once")
    parser.add_argument(
        "--again", nargs="*", default=[], choices=known, metavar="TABLE", help=", ".join(known)
    )
    return parser.parse_args()


def _tabulate(name: str, pool: ProcessPoolExecutor) -> None:
    done, partly = {}, DATA / f".{name}.json"
    cells = [*cells_of(name)]
    if partly.exists():
        done = {int(index): losses for index, losses in json.loads(partly.read_text()).items()}
    left = [index for index in range(len(cells)) if index not in done]
    results = pool.map(_cell, [name] * len(left), [cells[index] for index in left])
    for index, losses in track(
        zip(left, results, strict=True), description=f"{name:<18}", total=len(left)
    ):
        done[index] = losses
        if len(done) % SAVED_EVERY == 0:
            partly.write_text(json.dumps(done))
    _write(name, [done[index] for index in range(len(cells))])
    partly.unlink(missing_ok=True)


def cells_of(name: str) -> Iterator[dict[str, Any]]:
    """All settings of the axes of a table, the last axis fastest; a staged axis is left out."""
    from problems.models import TABLES  # noqa: PLC0415

    family = TABLES[name][1]
    axes = family.axes[:-1] if family.staged else family.axes
    for levels in itertools.product(*(axis.levels for axis in axes)):
        yield dict(zip([axis.name for axis in axes], levels, strict=True))


def _cell(name: str, settings: dict[str, Any]) -> list[float]:
    from problems.models import losses  # noqa: PLC0415

    return losses(name, settings)


def _write(name: str, losses: list[list[float]]) -> None:
    import numpy as np  # noqa: PLC0415  # after the threads were limited
    import sklearn  # noqa: PLC0415
    from problems.models import SEED, TABLES  # noqa: PLC0415
    from problems.tabulated import Table, write  # noqa: PLC0415

    data, family = TABLES[name]
    shape = [len(axis.levels) for axis in family.axes]
    versions = {"numpy": np.__version__, "scikit-learn": sklearn.__version__}
    about = {"data": data, "seed": SEED, **versions}
    write(DATA / f"{name}.npz", Table(family.axes, np.reshape(losses, shape), about))


if __name__ == "__main__":
    # A script has its own folder on the path; the modules are imported from the one above.
    sys.path[0] = str(Path(__file__).resolve().parents[1])
    main()
