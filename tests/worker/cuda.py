"""CUDA by its driver's library alone: what an objective needs to compute on a GPU, and no more."""

from __future__ import annotations

import ctypes
import uuid

OK = 0


class Cuda:
    """The GPUs that this process sees. Raises OSError where there is no driver."""

    def __init__(self):
        self._api = ctypes.CDLL("libcuda.so.1")
        self._do("cuInit", 0)

    def _do(self, name, *words):
        code = getattr(self._api, name)(*words)
        if code != OK:
            raise OSError(f"{name} returned {code}")

    @property
    def count(self):
        found = ctypes.c_int()
        self._do("cuDeviceGetCount", ctypes.byref(found))
        return found.value

    def uuid(self, place):
        """The id as NVML gives it; an instance's begins with MIG."""
        device, found = ctypes.c_int(), (ctypes.c_ubyte * 16)()
        self._do("cuDeviceGet", ctypes.byref(device), place)
        self._do("cuDeviceGetUuid_v2", ctypes.byref(found), device)
        return str(uuid.UUID(bytes=bytes(found)))

    def filled(self, place, size, value):
        """Fill ``size`` bytes of a GPU with ``value``, and read one of them back."""
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self._do("cuDeviceGet", ctypes.byref(device), place)
        self._do("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self._do("cuCtxSetCurrent", context)
        memory, back = ctypes.c_uint64(), ctypes.c_ubyte()
        self._do("cuMemAlloc_v2", ctypes.byref(memory), ctypes.c_size_t(size))
        self._do("cuMemsetD8_v2", memory, ctypes.c_ubyte(value), ctypes.c_size_t(size))
        last = ctypes.c_uint64(memory.value + size - 1)
        self._do("cuMemcpyDtoH_v2", ctypes.byref(back), last, ctypes.c_size_t(1))
        return back.value
