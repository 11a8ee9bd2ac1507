from dataclasses import replace

import pytest

pytest.importorskip("matplotlib")

from benchmarks.scaling.test_tables import FIGURES
from scaling import picture


def test_it_writes_a_picture_of_the_cells_at_full_load(tmp_path):
    cells = [replace(FIGURES.cell, history=history, load=None) for history in (10, 1000)]
    figures = [replace(FIGURES, cell=cell) for cell in cells]
    picture.draw(figures, 600.0, tmp_path / "a" / "scale.png")
    picture.draw([FIGURES], None, tmp_path / "empty.png")
    assert (tmp_path / "a" / "scale.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "empty.png").exists()
