import subprocess
import sys

import pytest

import parzen.client

FACE = {
    "Choice",
    "Client",
    "Float",
    "Int",
    "LogNormal",
    "Normal",
    "Optimizer",
    "SamplerSpec",
    "Space",
    "Stage",
    "Study",
    "StudyHandle",
    "connect",
    "minimize",
}


def test_the_public_face_is_this_and_nothing_else():
    assert set(parzen.client.__all__) == FACE
    assert set(dir(parzen.client)) >= FACE


@pytest.mark.parametrize("name", sorted(FACE))
def test_every_public_name_can_be_had(name):
    assert getattr(parzen.client, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'Stduy'"):
        _ = parzen.client.Stduy


def test_importing_the_client_imports_none_of_its_parts():
    code = "import sys, parzen.client; print(sorted(m for m in sys.modules if 'parzen' in m))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "['parzen', 'parzen.client']"
