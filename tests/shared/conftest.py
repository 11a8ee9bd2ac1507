from __future__ import annotations

import socket
import subprocess

import pytest

from parzen.shared.mongo.embedded.locate import find_mongod

# ends mongod when pytest closes the pipe, or is gone in whatever way
KEEPER = '"$0" "$@" & cat; kill $!; wait'


@pytest.fixture(scope="session")
def standalone_uri(tmp_path_factory):
    """The address of a real standalone server without authentication."""
    folder = tmp_path_factory.mktemp("standalone")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--dbpath", folder, "--port", port, "--logpath", folder / "log"]
    options += ["--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"]
    keeper = subprocess.Popen(
        ["sh", "-c", KEEPER, str(find_mongod()), *map(str, options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    with keeper:
        yield f"mongodb://127.0.0.1:{port}/"
