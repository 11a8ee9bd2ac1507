"""``PYTHONPATH=tests python -m deploy.renew``: write the files of deploy/kubernetes anew."""

from __future__ import annotations

from pathlib import Path

from parzen.worker.launch.kubernetes.kustomization import files

FOLDER = Path(__file__).parents[2] / "deploy" / "kubernetes"

if __name__ == "__main__":
    for path, text in files().items():
        file = FOLDER / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
