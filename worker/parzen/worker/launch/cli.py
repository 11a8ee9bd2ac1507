"""The group of commands ``parzen launch``: one for each kind of place where agents can run."""

from __future__ import annotations

import click

from parzen.worker.launch.docker.cli import docker
from parzen.worker.launch.kubernetes.cli import kubernetes
from parzen.worker.launch.local.cli import local
from parzen.worker.launch.slurm.cli import slurm

COMMANDS: tuple[click.Command, ...] = (local, docker, slurm, kubernetes)


@click.group()
def launch() -> None:
    """Start agents (processes of `parzen worker`) where the GPUs are.

    Each kind shows with --dry-run what it would do.
    """


for command in COMMANDS:
    launch.add_command(command)
