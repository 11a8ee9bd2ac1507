import psutil
import pytest
from dispatching.server import serving

from parzen.shared.mongo import connect


def gone(pid):
    """Whether a process has ended; whoever adopted it may not have asked for its status yet."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("standalone", [False, True], ids=["replica set", "standalone"])
def test_a_server_is_ready_and_gone_afterwards(standalone):
    with serving(standalone=standalone) as served:
        with connect(served.uri) as store:
            assert store.ledger.leadable() == []
            said = store.db.client.admin.command("hello")
        assert ("setName" in said) is not standalone
        assert psutil.Process(served.pid).name().startswith("mongod")
        assert served.cpu_s() > 0
        assert served.home.is_dir()
    assert not served.home.exists()
    assert gone(served.pid)
