"""AMD's GPUs, by AMD SMI: the module ``amdsmi``, which comes with ROCm."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from parzen.shared.placement import GB
from parzen.worker.gpus.driver import DriverError, Found, Reading, Silent

MIB = 1 << 20
"""The unit in which AMD SMI gives memory."""

HIDDEN = {"ROCR_VISIBLE_DEVICES": "-1", "HIP_VISIBLE_DEVICES": "-1", "CUDA_VISIBLE_DEVICES": "-1"}


class AmdSmi:
    """See :class:`parzen.worker.gpus.driver.Driver`. ``api`` is the module.

    Raises:
        DriverError: there is no driver, or none that works.
    """

    maker = "AMD"
    hidden: Mapping[str, str] = HIDDEN
    bounds: Sequence[str] = ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES")

    def __init__(self, api: ModuleType) -> None:
        self._api: Any = api
        self._lock = threading.Lock()
        self._handles: dict[str, Any] = {}
        self.silent: Sequence[Silent] = ()
        self._ask(api.amdsmi_init)

    def devices(self) -> Sequence[Found]:
        """Each GPU, in the driver's order."""
        found = []
        for place, handle in enumerate(self._ask(self._api.amdsmi_get_processor_handles)):
            uuid = str(self._ask(self._api.amdsmi_get_gpu_enumeration_info, handle)["hip_uuid"])
            about = self._ask(self._api.amdsmi_get_gpu_asic_info, handle)
            memory = self._ask(self._api.amdsmi_get_gpu_vram_usage, handle)
            self._handles[uuid] = handle
            found.append(
                Found(
                    uuid=uuid,
                    name=str(about["market_name"]),
                    index=f"{place}",
                    memory_gb=memory["vram_total"] * MIB / GB,
                )
            )
        return found

    def read(self, uuid: str) -> Reading:
        """See the protocol."""
        handle, api = self._handles[uuid], self._api
        with self._lock:
            memory = self._ask(api.amdsmi_get_gpu_vram_usage, handle)
            busy = self._ask(api.amdsmi_get_gpu_activity, handle)["gfx_activity"]
            running = self._maybe(api.amdsmi_get_gpu_process_list, handle) or ()
            errors = self._maybe(api.amdsmi_get_gpu_total_ecc_count, handle) or {}
        count = errors.get("uncorrectable_count", 0)
        return Reading(
            used_gb=memory["vram_used"] * MIB / GB,
            free_gb=(memory["vram_total"] - memory["vram_used"]) * MIB / GB,
            utilisation=busy / 100 if isinstance(busy, (int, float)) else None,
            processes={p["pid"]: p["memory_usage"]["vram_mem"] / GB for p in running},
            trouble=f"its memory had {count} uncorrectable errors: see to it" if count else None,
        )

    def _ask(self, ask: Callable[..., Any], *words: Any) -> Any:
        try:
            return ask(*words)
        except self._api.AmdSmiException as error:
            raise DriverError(f"AMD SMI: {error}") from error

    def _maybe(self, ask: Callable[..., Any], *words: Any) -> Any:
        """What it says, None where this GPU cannot tell."""
        try:
            return ask(*words)
        except self._api.AmdSmiLibraryException:
            return None

    def visible(self, uuids: Sequence[str]) -> Mapping[str, str]:
        """By their ids; what HIP reads beside counts among those that ROCr leaves, from 0."""
        among = ",".join(str(n) for n in range(len(uuids)))
        return {
            "ROCR_VISIBLE_DEVICES": ",".join(uuids),
            "HIP_VISIBLE_DEVICES": among,
            "CUDA_VISIBLE_DEVICES": among,
        }
