"""The tools that tell of GPUs: found or not, which is no fault of a machine without any."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from parzen.client.health.findings import Finding, Findings, Group, Verdict
from parzen.client.health.packages import installed
from parzen.client.wording import counted
from parzen.worker.gpus import bounds
from parzen.worker.gpus.driver import Driver, DriverError
from parzen.worker.gpus.drivers import drivers

gpu = Findings(Group.GPU)

TOOL_S = 10.0
"""How long a tool may take; the first call after a start loads the driver."""

ASK = ("--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")

Run = Callable[[str], "subprocess.CompletedProcess[str]"]


def check(environ: Mapping[str, str]) -> Iterator[Finding]:
    """All of it, on this machine."""
    found = nvidia(shutil.which("nvidia-smi"), _ask)
    yield found
    if found.verdict is Verdict.OK or "CUDA_VISIBLE_DEVICES" in environ:
        yield visible(environ)
    yield library(found, installed("nvidia-ml-py"))
    try:
        known = list(drivers())
    except DriverError as error:
        yield _broken(f"workers do not start here but with --gpus none: {error}")
        known = []
    yield from handed_out(known, environ)
    rocm = shutil.which("rocm-smi") or shutil.which("amd-smi")
    yield (
        gpu.ok("AMD", f"{rocm} is there") if rocm else gpu.skipped("AMD", "no rocm-smi on the PATH")
    )


def nvidia(program: str | None, run: Run) -> Finding:
    """The GPUs that NVIDIA's tool lists; ``run`` calls it."""
    if program is None:
        return gpu.skipped("NVIDIA", "no nvidia-smi on the PATH")
    try:
        done = run(program)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _broken(f"{program} does not answer ({error})")
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if done.returncode != 0 or not lines:
        words = (done.stdout or done.stderr).strip().splitlines()
        said = f" and said {words[0]!r}" if words else ""
        return _broken(f"{program} ended with status {done.returncode}{said}")
    kinds = Counter(", ".join(line.split(", ")[:2]) for line in lines)
    driver = lines[0].split(", ")[-1]
    listed = "; ".join(f"{n} x {kind}" for kind, n in kinds.items())
    return gpu.ok("NVIDIA", f"{counted(len(lines), 'GPU')}: {listed}; driver {driver}")


def library(cards: Finding, version: str | None) -> Finding:
    """The library by which a worker asks NVIDIA's driver."""
    if version is not None:
        return gpu.ok("nvidia-ml-py", version)
    if cards.verdict is not Verdict.OK:
        return gpu.skipped("nvidia-ml-py", "not installed, and no GPU to ask about")
    return gpu.warning(
        "nvidia-ml-py",
        "not installed, so that workers cannot give each trial a GPU of its own",
        "pip install 'parzen[gpu]'",
    )


def handed_out(found: Sequence[Driver], environ: Mapping[str, str]) -> Iterator[Finding]:
    """What a worker that is started from here would hand out."""
    for driver in found:
        try:
            cards = driver.devices()
        except DriverError as error:
            yield _broken(f"the driver does not list its GPUs ({error})")
            continue
        left, why = bounds.allowed(cards, driver.bounds, environ, driver.silent)
        said = ", ".join(f"{one.index} {one.name}" for one in left) or "none"
        bound = f", by {why}" if why and len(left) < len(cards) else ""
        yield gpu.ok(f"{driver.maker} for trials", f"{said}{bound}")
        for card in driver.silent:
            yield _broken(f"GPU {card.index} does not answer, and is left out ({card.said})")
        for one in left:
            if trouble := _trouble(driver, one.uuid):
                yield gpu.warning(
                    f"{driver.maker} {one.index}",
                    f"{one.uuid} is left out of service: {trouble}",
                    "see to it, or name the others with `parzen worker --gpus`",
                )


def _trouble(driver: Driver, uuid: str) -> str | None:
    try:
        return driver.read(uuid).trouble
    except DriverError as error:
        return str(error)


def visible(environ: Mapping[str, str]) -> Finding:
    """Which GPUs the environment leaves to what is started from here."""
    value = environ.get("CUDA_VISIBLE_DEVICES")
    if value is None:
        return gpu.ok("CUDA_VISIBLE_DEVICES", "not set: workers may hand out every GPU")
    if value.strip() in ("", "-1", "NoDevFiles"):
        return gpu.ok("CUDA_VISIBLE_DEVICES", f"{value!r}: workers started from here hand out none")
    return gpu.ok(
        "CUDA_VISIBLE_DEVICES", f"{value!r}: workers started from here hand out these alone"
    )


def _broken(said: str) -> Finding:
    return gpu.warning(
        "NVIDIA", said, "see that the driver is loaded and of the tool's version; a restart may do"
    )


def _ask(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the tool on the user's PATH
        [program, *ASK], capture_output=True, text=True, timeout=TOOL_S, check=False
    )
