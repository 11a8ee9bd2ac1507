import subprocess
import sys

import pytest

ASK = """
import resource, sys
from parzen.shared.errors import InvalidInput
from parzen.worker import descriptors
try:
    descriptors.require(int(sys.argv[1]))
except InvalidInput as error:
    print(error)
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def ask(slots, limits):
    """What it says where the shell has set ``limits``, and the soft limit afterwards."""
    command = f'{limits}; exec "$0" -c "$1" {slots}'
    words = ["sh", "-c", command, sys.executable, ASK]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("slots", "limits", "left"),
    [(1, "ulimit -n 256", 256), (100, "ulimit -Hn 2000; ulimit -Sn 256", 1264)],
)
def test_the_soft_limit_is_raised_as_far_as_the_slots_need(slots, limits, left):
    assert ask(slots, limits) == [str(left)]


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (256, "enough for 16 slots: raise the limit with `ulimit -n 2824`, or give --slots 16"),
        (50, "enough for 0 slots: raise the limit with `ulimit -n 2824`"),
    ],
)
def test_slots_beyond_the_hard_limit_are_refused(limit, said):
    (sentence, left) = ask(230, f"ulimit -n {limit}")
    assert sentence.endswith(said)
    assert left == str(limit)
