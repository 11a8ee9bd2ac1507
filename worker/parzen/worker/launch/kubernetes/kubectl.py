"""The one edge where a cluster is spoken to: ``kubectl``, with whatever context it has."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence

from parzen.shared.errors import InvalidInput, ParzenError
from parzen.shared.redaction import redacted

KINDS = "deployments,statefulsets,jobs,pods,persistentvolumeclaims"
"""What --list shows."""

DELETED = (
    "deployments,statefulsets,jobs,services,poddisruptionbudgets,networkpolicies,serviceaccounts"
)
"""What --delete takes away: neither volumes nor Secrets, which belong to the data in them."""

PATIENCE_S = 600.0

LOGGED = re.compile(r"[EWI]\d{4} \d\d:\d\d:\d\d")
"""A line of its log, which says what its last words say once more."""


class Refused(ParzenError):
    """What the cluster, or kubectl itself, does not do."""


def kubectl(namespace: str, words: Sequence[str], given: str | None = None) -> str:
    """What ``kubectl`` said to ``words``, with ``given`` on its standard input.

    Raises:
        InvalidInput: it is not installed.
        Refused: it failed, with its words.
    """
    program = shutil.which("kubectl")
    if program is None:
        raise InvalidInput(
            "kubectl is not installed here: install it, or print the manifests with --dry-run and "
            "apply them elsewhere with `kubectl apply -f -`"
        )
    command = [program, "--namespace", namespace, *words]
    try:
        done = subprocess.run(  # noqa: S603 - our words, no shell
            command, input=given, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(
            f"kubectl did not answer within {PATIENCE_S:g} s: see `kubectl cluster-info`"
        ) from error
    if done.returncode != 0:
        raise Refused(_why(namespace, done.stderr, done.returncode))
    return done.stdout


def _why(namespace: str, said: str, code: int) -> str:
    told = [line for line in said.splitlines() if not LOGGED.match(line)]
    words = redacted(" ".join(" ".join(told).split())) or f"it ended with {code}"
    hint = ""
    if f'namespaces "{namespace}" not found' in said:
        hint = ": make it with --create-namespace"
    elif "immutable" in said:
        hint = ": a Job that stands cannot be changed; take it away with --delete, or choose --name"
    return f"kubectl refused ({words}){hint}"
