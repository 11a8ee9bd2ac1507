import subprocess
import sys

from parzen.client.interrupts import interrupted

SCRIPT = """
from parzen.client.interrupts import interrupted
raise interrupted("the study stays") from None
"""


def test_a_script_ends_as_one_that_was_interrupted_and_says_why_last():
    out = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert out.returncode == -2  # by SIGINT, as its shell expects
    assert out.stderr.splitlines()[-1] == "KeyboardInterrupt: the study stays"


def test_ipython_is_told_to_draw_one_line():
    error = interrupted("the study stays")
    assert type(error) is KeyboardInterrupt
    assert error._render_traceback_() == ["KeyboardInterrupt: the study stays"]
