"""NVIDIA's GPUs, by NVML: the package nvidia-ml-py, which is the module ``pynvml``."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from parzen.shared.placement import GB
from parzen.worker.gpus.driver import DriverError, Found, NoDriver, Reading, Silent

WORD = 64
"""NVML gives sets of CPUs as words of so many bits."""


class Nvml:
    """See :class:`parzen.worker.gpus.driver.Driver`. ``api`` is the module.

    Raises:
        DriverError: there is no driver, or none that works.
    """

    maker = "NVIDIA"
    hidden: Mapping[str, str] = {"CUDA_VISIBLE_DEVICES": ""}
    bounds: Sequence[str] = ("CUDA_VISIBLE_DEVICES",)

    def __init__(self, api: ModuleType) -> None:
        self._api: Any = api
        self._lock = threading.Lock()
        self.silent: Sequence[Silent] = ()
        try:
            self._api.nvmlInit()
        except (api.NVMLError_LibraryNotFound, api.NVMLError_DriverNotLoaded) as error:
            raise NoDriver(f"NVML: {error}") from error
        except api.NVMLError as error:
            raise DriverError(f"NVML: {error}") from error

    def devices(self) -> Sequence[Found]:
        """Each GPU in PCI order, or its MIG instances where it is divided into some.

        One that does not answer is left out, and ``silent``: what has fallen off the bus has no id.
        """
        try:
            count = self._api.nvmlDeviceGetCount()
        except self._api.NVMLError as error:
            raise DriverError(f"NVML: {error}") from error
        found: list[Found] = []
        silent: list[Silent] = []
        for place in range(count):
            try:
                found += self._at(place)
            except self._api.NVMLError as error:  # noqa: PERF203 - each card for itself
                silent.append(Silent(f"{place}", str(error)))
        self.silent = silent
        return found

    def _at(self, place: int) -> Sequence[Found]:
        card = self._api.nvmlDeviceGetHandleByIndex(place)
        if not self._divided(card):
            return [self._found(card, f"{place}")]
        parts = self._instances(card)
        return [self._found(part, f"{place}:{n}", mig=True) for n, part in parts]

    def _divided(self, card: Any) -> bool:
        mode = self._maybe(self._api.nvmlDeviceGetMigMode, card)
        return bool(mode and mode[0] == self._api.NVML_DEVICE_MIG_ENABLE)

    def _instances(self, card: Any) -> Iterator[tuple[int, Any]]:
        for n in range(self._api.nvmlDeviceGetMaxMigDeviceCount(card)):
            # places of instances that nobody made are not found
            with contextlib.suppress(self._api.NVMLError):
                yield n, self._api.nvmlDeviceGetMigDeviceHandleByIndex(card, n)

    def _found(self, handle: Any, index: str, *, mig: bool = False) -> Found:
        memory = self._maybe(self._api.nvmlDeviceGetMemoryInfo, handle)
        return Found(
            uuid=_text(self._api.nvmlDeviceGetUUID(handle)),
            name=_text(self._api.nvmlDeviceGetName(handle)),
            index=index,
            mig=mig,
            memory_gb=memory and memory.total / GB,
            cpus=self._near(handle),
        )

    def _near(self, handle: Any) -> frozenset[int]:
        """The CPUs of the part of the machine where it is plugged in."""
        words = -(-(os.cpu_count() or 1) // WORD)
        found = self._maybe(self._api.nvmlDeviceGetCpuAffinity, handle, words) or ()
        return frozenset(
            n * WORD + bit for n, word in enumerate(found) for bit in range(WORD) if word >> bit & 1
        )

    def read(self, uuid: str) -> Reading:
        """See the protocol; uncorrectable errors of memory count since the last reset."""
        api = self._api
        with self._lock:
            try:
                handle = api.nvmlDeviceGetHandleByUUID(uuid)
                memory = self._maybe(api.nvmlDeviceGetMemoryInfo, handle)
                busy = self._maybe(api.nvmlDeviceGetUtilizationRates, handle)
                running = self._maybe(api.nvmlDeviceGetComputeRunningProcesses, handle) or ()
                trouble = self._errors(handle)
            except (api.NVMLError_GpuIsLost, api.NVMLError_NotFound) as error:
                return Reading(trouble=f"it has fallen off the bus ({error}): restart the machine")
            except api.NVMLError_ResetRequired as error:
                return Reading(trouble=f"it must be reset ({error}): nvidia-smi --gpu-reset")
            except api.NVMLError as error:
                raise DriverError(f"NVML: {error}") from error
        return Reading(
            used_gb=memory and memory.used / GB,
            free_gb=memory and memory.free / GB,
            utilisation=busy and busy.gpu / 100,
            processes={p.pid: p.usedGpuMemory / GB for p in running if p.usedGpuMemory},
            trouble=trouble,
        )

    def _errors(self, handle: Any) -> str | None:
        api = self._api
        count = self._maybe(
            api.nvmlDeviceGetTotalEccErrors,
            handle,
            api.NVML_MEMORY_ERROR_TYPE_UNCORRECTED,
            api.NVML_VOLATILE_ECC,
        )
        if count:
            return (
                f"its memory had {count} uncorrectable errors: nvidia-smi --gpu-reset, or see to it"
            )
        rows = self._maybe(api.nvmlDeviceGetRemappedRows, handle)
        if rows and rows[3]:
            return "rows of its memory could not be remapped: it is to be replaced"
        return None

    def _maybe(self, ask: Callable[..., Any], *words: Any) -> Any:
        """What it says, None where this GPU, or this version of the driver, cannot tell."""
        api = self._api
        try:
            return ask(*words)
        except (api.NVMLError_NotSupported, api.NVMLError_FunctionNotFound):
            return None
        except api.NVMLError_NoPermission:  # as for processes, in a container
            return None

    def visible(self, uuids: Sequence[str]) -> Mapping[str, str]:
        """By their ids, which mean the same whatever the order in which CUDA counts."""
        return {"CUDA_VISIBLE_DEVICES": ",".join(uuids)}


def _text(said: str | bytes) -> str:
    return said.decode() if isinstance(said, bytes) else said
