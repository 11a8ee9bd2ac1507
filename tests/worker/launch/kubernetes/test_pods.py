import os
from tempfile import gettempdir

import pytest

from parzen.shared.errors import InvalidInput
from parzen.shared.private import read_private
from parzen.worker.launch.kubernetes.pods import SECRET_MODE, USER, secret_volume


@pytest.fixture
def as_the_images_user(tmp_path):
    """Be the user of the image for a while, with its group alone."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(gettempdir()):
            folder.chmod(folder.stat().st_mode | 0o011)
    groups = os.getgroups()

    def be(act):
        os.setgroups([])
        os.setegid(USER)
        os.seteuid(USER)
        try:
            return act()
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(groups)

    return be


def test_a_secret_that_the_kubelet_mounted_is_read(tmp_path, as_the_images_user):
    # with fsGroup the kubelet makes it root's, gives it to the group and lets that read it
    file = tmp_path / "worker.uri"
    file.write_text("mongodb://u:p@h")
    os.chown(file, 0, USER)
    file.chmod(SECRET_MODE)
    assert as_the_images_user(lambda: read_private(file, "the store")) == "mongodb://u:p@h"
    file.chmod(SECRET_MODE | 0o004)
    with pytest.raises(InvalidInput, match="open to others"):
        as_the_images_user(lambda: read_private(file, "the store"))


def test_a_volume_holds_the_keys_that_were_asked_for():
    made = secret_volume("store", "lab", ["worker.uri"])
    assert made["secret"]["items"] == [{"key": "worker.uri", "path": "worker.uri"}]
    assert made["secret"]["defaultMode"] == 0o440
