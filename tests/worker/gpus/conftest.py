import pytest
from engines import gpus


@pytest.fixture
def cards(monkeypatch, tmp_path):
    """Two cards, which a test may change."""
    return gpus.install(monkeypatch, tmp_path, [gpus.a_card(0), gpus.a_card(1)])
