"""AMD's driver as parzen asks it, on a stand-in: no machine of ours has one."""

from types import SimpleNamespace

import pytest

from parzen.worker.gpus.amd import AmdSmi
from parzen.worker.gpus.driver import DriverError


class SmiError(Exception):
    pass


class LibraryError(SmiError):
    pass


def api(**changes):
    def no_count(handle):
        raise LibraryError("not supported")

    words = {
        "AmdSmiException": SmiError,
        "AmdSmiLibraryException": LibraryError,
        "amdsmi_init": lambda: None,
        "amdsmi_get_processor_handles": lambda: ["h0", "h1"],
        "amdsmi_get_gpu_enumeration_info": lambda handle: {"hip_uuid": f"GPU-{handle}"},
        "amdsmi_get_gpu_asic_info": lambda handle: {"market_name": "MI300X"},
        "amdsmi_get_gpu_vram_usage": lambda handle: {"vram_total": 1000, "vram_used": 250},
        "amdsmi_get_gpu_activity": lambda handle: {"gfx_activity": 40},
        "amdsmi_get_gpu_process_list": lambda handle: [
            {"pid": 7, "memory_usage": {"vram_mem": 10**9}}
        ],
        "amdsmi_get_gpu_total_ecc_count": no_count,
    }
    return SimpleNamespace(**{**words, **changes})


def test_each_gpu_is_told_and_read():
    driver = AmdSmi(api())
    found = driver.devices()
    assert [(one.uuid, one.name, one.index) for one in found] == [
        ("GPU-h0", "MI300X", "0"),
        ("GPU-h1", "MI300X", "1"),
    ]
    assert found[0].memory_gb == pytest.approx(1.048576)
    reading = driver.read("GPU-h1")
    assert (reading.used_gb, reading.free_gb) == pytest.approx((0.262144, 0.786432))
    assert (reading.utilisation, reading.processes, reading.trouble) == (0.4, {7: 1.0}, None)


def test_uncorrectable_errors_are_its_trouble():
    counted = {"amdsmi_get_gpu_total_ecc_count": lambda handle: {"uncorrectable_count": 3}}
    driver = AmdSmi(api(**counted))
    driver.devices()
    assert "3 uncorrectable errors" in driver.read("GPU-h0").trouble


def test_a_process_sees_some_or_none():
    driver = AmdSmi(api())
    assert driver.visible(["GPU-h1", "GPU-h0"]) == {
        "ROCR_VISIBLE_DEVICES": "GPU-h1,GPU-h0",
        "HIP_VISIBLE_DEVICES": "0,1",
        "CUDA_VISIBLE_DEVICES": "0,1",
    }
    assert set(driver.hidden.values()) == {"-1"}


def test_one_that_does_not_answer_says_so():
    def fails():
        raise SmiError("no driver")

    with pytest.raises(DriverError, match="no driver"):
        AmdSmi(api(amdsmi_init=fails))
