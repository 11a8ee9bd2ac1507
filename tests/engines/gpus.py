"""GPUs that are not there, as NVIDIA's library would show them."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "nvml"
"""The folder of a module ``pynvml`` that may stand first on the path of a process."""

GB = 10**9


def a_card(place, **fields):
    """A card of 80 GB; ``fields`` are those that ``nvml/pynvml.py`` reads."""
    return {"uuid": f"GPU-{place:08x}", "name": "NVIDIA Test 80GB", "total": 80 * GB, **fields}


def a_part(name, **fields):
    """A MIG instance."""
    return {"uuid": f"MIG-{name}", "name": "NVIDIA Test MIG 1g.10gb", "total": 10 * GB, **fields}


class Cards:
    """What a file says that the library shows, for this process and for those it starts."""

    def __init__(self, file, cards):
        self.file = file
        self.say(cards)

    def say(self, cards, **more):
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps({"cards": cards, **more}))
        draft.replace(self.file)
        self.cards = cards

    def change(self, place, **fields):
        """Let one of them be otherwise."""
        self.say([{**c, **fields} if n == place else c for n, c in enumerate(self.cards)])

    @property
    def environ(self):
        """What a process needs to see them."""
        paths = [str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"PYTHONPATH": os.pathsep.join(paths), "PARZEN_FAKE_NVML": str(self.file)}


def library():
    """The library's stand-in, as a module."""
    spec = importlib.util.spec_from_file_location("pynvml", FOLDER / "pynvml.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def install(monkeypatch, folder, cards):
    """Let this process see ``cards``; what bounds them is as if nothing had been set."""
    for name in ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    shown = Cards(folder / "gpus.json", cards)
    monkeypatch.setenv("PARZEN_FAKE_NVML", str(shown.file))
    monkeypatch.setitem(sys.modules, "pynvml", library())
    return shown
