"""One composed system: a checkout of its own, its secrets, its containers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.engine import said
from deploy.images import ROOT
from engines.cluster import free_ports

from parzen.client import connect

FILES = ("pyproject.toml", "README.md", "LICENSE", "docker-compose.yml", ".dockerignore")
FOLDERS = ("shared", "coordinator", "worker", "client", "deploy")

OVERRIDE = """
services:
  worker:
    command: [worker, --lease, "8", --grace, "3"]
"""
"""What a user may put beside the compose file; a killed worker's trial is given up sooner."""


class Project:
    """``compose(...)`` runs Compose in it, ``parzen(...)`` the command line on this machine."""

    def __init__(self, engine, folder, *, base, mongo, wheels):
        self.engine, self.folder = engine, Path(folder)
        for name in FILES:
            shutil.copy(ROOT / name, self.folder / name)
        unwanted = shutil.ignore_patterns("__pycache__", "secrets", "wheels")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, self.folder / name, ignore=unwanted)
        shutil.copytree(wheels, self.folder / "deploy" / "wheels")
        (self.folder / "docker-compose.override.yml").write_text(OVERRIDE)
        self.name = f"parzentest{os.getpid()}"
        self.image = f"{self.name}:test"
        [self.port] = free_ports(1)
        self.secrets = self.folder / "deploy" / "secrets"
        self.environ = {
            **engine.environ,
            "COMPOSE_PROJECT_NAME": self.name,
            "PARZEN_BASE": base,
            "PARZEN_IMAGE": self.image,
            "PARZEN_MONGO_IMAGE": mongo,
            "PARZEN_MONGO_PORT": str(self.port),
            "PIP_NO_INDEX": "1",
        }

    def make_secrets(self):
        """Run the script that makes what is missing."""
        said([self.folder / "deploy" / "make-secrets.sh"], env=self.environ)

    def compose(self, *words):
        """What Compose said."""
        command = [*self.engine.compose, *words]
        return said(command, cwd=self.folder, env=self.environ, stdin=subprocess.DEVNULL)

    def shell(self, line):
        """Run a line of shell that calls ``docker compose``."""
        line = line.replace("docker compose", " ".join(self.engine.compose))
        return said(["sh", "-c", line], cwd=self.folder, env=self.environ)

    def up(self, workers=2):
        """Start whatever is not running."""
        self.compose("up", "-d", "--scale", f"worker={workers}")

    def down(self, *words):
        """Stop and delete the containers; the volumes stay."""
        self.compose("down", *words)

    def containers(self, service):
        """The ids of a service's running containers, in full."""
        labels = {"project": self.name, "service": service, "oneoff": "False"}
        wanted = [f"--filter=label=com.docker.compose.{k}={v}" for k, v in labels.items()]
        return self.engine.docker("ps", "--quiet", "--no-trunc", *wanted).split()

    def state(self, container, form):
        """What ``docker inspect`` says of it."""
        return self.engine.docker("inspect", "--format", form, container).strip()

    def sh(self, container, line):
        """What a line of shell says in a container."""
        return self.engine.docker("exec", container, "sh", "-c", line)

    def parzen(self, *words, who="client"):
        """What a command of parzen says on this machine, as the user who is meant."""
        file = self.secrets / f"{who}.uri"
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PARZEN_")}
        command = [sys.executable, "-m", "parzen.client.cli", *words, "--store-file", file]
        environ["PARZEN_HOME"] = str(self.folder / "home")
        return said(command, cwd=self.folder, env=environ)

    def address(self, user, password=None):
        """How a user of the system connects from this machine."""
        secret = password or (self.secrets / f"{user}_password").read_text()
        place = f"127.0.0.1:{self.port}/parzen?directConnection=true&authSource=parzen"
        return f"mongodb://{user}:{secret}@{place}"

    def connect(self, user="client", password=None):
        """A connection of parzen's, as that user, from this machine."""
        return connect(self.address(user, password))
