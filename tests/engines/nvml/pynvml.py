"""Stands in for NVIDIA's library where no GPU is: GPUs that a file describes, which tests rewrite.

Its words are those of nvidia-ml-py, of which only what parzen asks for is here; the file named by
PARZEN_FAKE_NVML holds {"cards": [{…}]}, see ``engines.gpus``.
"""

# ruff: noqa: N801, N802 - the library's own names

import json
import os
from pathlib import Path
from types import SimpleNamespace

NVML_DEVICE_MIG_ENABLE = 1
NVML_MEMORY_ERROR_TYPE_UNCORRECTED = 1
NVML_VOLATILE_ECC = 0


class NVMLError(Exception):
    pass


class NVMLError_NotSupported(NVMLError):
    pass


class NVMLError_FunctionNotFound(NVMLError):
    pass


class NVMLError_NoPermission(NVMLError):
    pass


class NVMLError_NotFound(NVMLError):
    pass


class NVMLError_GpuIsLost(NVMLError):
    pass


class NVMLError_ResetRequired(NVMLError):
    pass


class NVMLError_LibraryNotFound(NVMLError):
    pass


class NVMLError_DriverNotLoaded(NVMLError):
    pass


def _cards():
    said = json.loads(Path(os.environ["PARZEN_FAKE_NVML"]).read_text())
    if said.get("fails"):
        raise NVMLError("the driver does not answer")
    return said["cards"]


def nvmlInit():
    if not Path(os.environ.get("PARZEN_FAKE_NVML") or "nowhere").is_file():
        raise NVMLError_LibraryNotFound("NVML Shared Library Not Found")
    _cards()


def nvmlDeviceGetCount():
    return len(_cards())


def _card(handle):
    card = _cards()[handle[0]]
    if card.get("lost"):
        raise NVMLError_GpuIsLost("GPU is lost")
    if card.get("reset"):
        raise NVMLError_ResetRequired("Reset Required")
    return card


def _told(handle):
    card = _card(handle)
    return card if len(handle) == 1 else card["mig"][handle[1]]


def nvmlDeviceGetHandleByIndex(place):
    _card((place,))
    return (place,)


def nvmlDeviceGetHandleByUUID(uuid):
    for place, card in enumerate(_cards()):
        if card["uuid"] == uuid:
            _card((place,))
            return (place,)
        for n, part in enumerate(card.get("mig", ())):
            if part and part["uuid"] == uuid:
                _card((place,))
                return (place, n)
    raise NVMLError_NotFound("Not Found")


def nvmlDeviceGetUUID(handle):
    return _told(handle)["uuid"]


def nvmlDeviceGetName(handle):
    return _told(handle)["name"]


def nvmlDeviceGetMemoryInfo(handle):
    told = _told(handle)
    total, used = told["total"], told.get("used", 0)
    return SimpleNamespace(total=total, used=used, free=total - used)


def nvmlDeviceGetUtilizationRates(handle):
    if len(handle) > 1:
        raise NVMLError_NotSupported("Not Supported")
    return SimpleNamespace(gpu=_told(handle).get("busy", 0), memory=0)


def nvmlDeviceGetComputeRunningProcesses(handle):
    running = _told(handle).get("processes", {})
    return [SimpleNamespace(pid=int(pid), usedGpuMemory=held) for pid, held in running.items()]


def nvmlDeviceGetTotalEccErrors(handle, kind, counter):
    assert (kind, counter) == (NVML_MEMORY_ERROR_TYPE_UNCORRECTED, NVML_VOLATILE_ECC)
    card = _card(handle)
    if "errors" not in card:
        raise NVMLError_NotSupported("Not Supported")
    return card["errors"]


def nvmlDeviceGetRemappedRows(handle):
    card = _card(handle)
    if "unmappable" not in card:
        raise NVMLError_NotSupported("Not Supported")
    return [0, 0, 0, card["unmappable"]]


def nvmlDeviceGetMigMode(handle):
    card = _card(handle)
    if "mig" not in card:
        raise NVMLError_NotSupported("Not Supported")
    return [NVML_DEVICE_MIG_ENABLE, NVML_DEVICE_MIG_ENABLE]


def nvmlDeviceGetMaxMigDeviceCount(handle):
    return len(_card(handle).get("mig", ()))


def nvmlDeviceGetMigDeviceHandleByIndex(handle, n):
    if not _card(handle)["mig"][n]:
        raise NVMLError_NotFound("Not Found")
    return (handle[0], n)


def nvmlDeviceGetCpuAffinity(handle, words):
    near = _card(handle).get("cpus")
    if near is None:
        raise NVMLError_NotSupported("Not Supported")
    found = [0] * words
    for cpu in near:
        found[cpu // 64] |= 1 << cpu % 64
    return found
