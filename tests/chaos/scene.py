"""Where a run takes place: three mongods, each behind a proxy, agents, coordinators and owners."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path

from chaos.owner import Owner, install_gift
from chaos.population import Population, marked
from engines.cluster import Cluster, free_ports
from engines.proxy import Proxy

DATABASE = "chaos"
COORDINATORS = 2


class Scene:
    """Everything that faults can hit. A context manager: it leaves nothing behind."""

    def __init__(self, *, seed, agents, slots, size, lease_s=4.0, lead_s=3.0):
        self.seed, self.lease_s = seed, lease_s
        self._agents, self._slots, self._size, self._lead_s = agents, slots, size, lead_s
        self.run_id = uuid.uuid4().hex
        self.folder = Path(tempfile.mkdtemp(prefix="parzen-chaos-"))
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.journal = self.folder / "journal"
        self.journal.touch()
        self._exits = ExitStack()

    def __enter__(self):
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _set_up(self):
        ports = free_ports(3)
        self.proxies = [self._exits.enter_context(Proxy("127.0.0.1", port)) for port in ports]
        hosts = [proxy.address for proxy in self.proxies]
        self.cluster = self._exits.enter_context(Cluster(ports=ports, hosts=hosts))
        self.uri = self.cluster.uri(DATABASE)
        install_gift(self.folder / "gift", self.journal, self.seed)
        self.population = Population(
            self.folder,
            self.uri,
            slots=self._slots,
            lease_s=self.lease_s,
            lead_s=self._lead_s,
            run_id=self.run_id,
        )
        self.owner = Owner(self.uri, self.journal, seed=self.seed, size=self._size)
        for _ in range(COORDINATORS):
            self.population.add_coordinator()
        self.owner.do(lambda catalog: catalog.all_studies())  # all three set the database up
        for _ in range(self._agents):
            self.population.add_agent()
        self.owner.start()

    def close(self):
        """Kill what still runs, and take the servers down; the folder stays for its reader."""
        for process in marked(self.run_id):
            process.kill()
        owner = getattr(self, "owner", None)
        if owner is not None:
            owner.close()
        self._exits.close()

    def forget(self):
        """Delete the folder: nobody needs the logs."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def database(self):
        """The run's database on the primary, past the proxies; None where there is no primary."""
        primary = self.cluster.primary()
        return None if primary is None else self.cluster.client(primary)[DATABASE]

    def heal(self):
        """Undo every fault of servers and networks; wait until the replica set is whole."""
        for proxy in self.proxies:
            proxy.heal()
        self.cluster.mend()
