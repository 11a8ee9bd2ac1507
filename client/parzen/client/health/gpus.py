"""The tools that tell of GPUs: found or not, which is no fault of a machine without any."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from parzen.client.health.findings import Finding, Findings, Group, Verdict
from parzen.client.health.packages import installed
from parzen.client.wording import counted

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
    version = installed("nvidia-ml-py")
    if version is not None:
        yield gpu.ok("nvidia-ml-py", version)
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


def visible(environ: Mapping[str, str]) -> Finding:
    """Which GPUs the environment leaves to what is started from here."""
    value = environ.get("CUDA_VISIBLE_DEVICES")
    if value is None:
        return gpu.ok("CUDA_VISIBLE_DEVICES", "not set: trials see every GPU")
    if value.strip() in ("", "-1", "NoDevFiles"):
        return gpu.ok("CUDA_VISIBLE_DEVICES", f"{value!r}: trials started from here see no GPU")
    return gpu.ok("CUDA_VISIBLE_DEVICES", f"{value!r}: trials started from here see these alone")


def _broken(said: str) -> Finding:
    return gpu.warning(
        "NVIDIA", said, "see that the driver is loaded and of the tool's version; a restart may do"
    )


def _ask(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the tool on the user's PATH
        [program, *ASK], capture_output=True, text=True, timeout=TOOL_S, check=False
    )
