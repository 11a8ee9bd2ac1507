"""The names that whoever writes a sampler imports."""

import subprocess
import sys

import pytest

import parzen.coordinator.samplers


@pytest.mark.parametrize("name", parzen.coordinator.samplers.__all__)
def test_every_public_name_can_be_had(name):
    assert getattr(parzen.coordinator.samplers, name).__name__ == name
    assert name in dir(parzen.coordinator.samplers)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Samplr'"):
        _ = parzen.coordinator.samplers.Samplr


def test_importing_them_imports_none_of_their_parts():
    code = "import sys, parzen.coordinator.samplers; print('numpy' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
