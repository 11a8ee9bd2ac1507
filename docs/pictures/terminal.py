"""A picture of a terminal, ``terminal.svg``, from what a real study shows there.

``python docs/pictures/terminal.py`` runs ``parzen demo`` with a home of its own and looks on with
``parzen status demo --watch``; the picture is the look at which enough trials are done.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
PARZEN = str(Path(sys.executable).parent / "parzen")
WORDS = ("status", "demo", "--watch")
COLUMNS, LINES = 92, 24
ENOUGH = 44
"""How many trials of the demo's 64 are done in the picture."""

REDRAW = re.compile(r"(?:\r?(?:\x1b\[\d*A|\x1b\[2K|\x1b\[\?25[lh]))+")
"""What stands between one look and the next."""

FONTS = re.compile(r"\s*@font-face \{.*?\n\s*\}", flags=re.DOTALL)
"""What would be fetched from elsewhere by whoever looks at the picture."""


@contextmanager
def demo(environ: Mapping[str, str]) -> Iterator[None]:
    """Run ``parzen demo`` beside the block, and stop it with its server after that."""
    with subprocess.Popen([PARZEN, "demo"], env=environ, stderr=subprocess.DEVNULL) as process:
        try:
            look = [PARZEN, "status", "demo", "--json"]
            while subprocess.run(look, env=environ, capture_output=True, check=False).returncode:
                time.sleep(0.5)
            yield
        finally:
            process.terminate()
            process.wait()
            subprocess.run([PARZEN, "down"], env=environ, capture_output=True, check=True)


def looks(environ: Mapping[str, str]) -> Iterator[str]:
    """What ``parzen status demo --watch`` shows on a terminal, one look after the other."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(PARZEN, [PARZEN, *WORDS], dict(environ))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    shown = b""
    with suppress(OSError):  # as a terminal says that nobody holds it any more
        while piece := os.read(terminal, 1 << 16):
            shown += piece
            *whole, rest = REDRAW.split(shown.decode("utf-8", "ignore"))
            if whole:
                yield from whole
                shown = rest.encode()
    os.close(terminal)
    os.waitpid(pid, 0)


def svg(look: str) -> str:
    """The picture of a terminal that shows ``look``, with nothing to fetch."""
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text.from_ansi(look.replace("\r", "").rstrip()))
    drawn = console.export_svg(title=f"parzen {' '.join(WORDS)}", unique_id="terminal")
    return FONTS.sub("", drawn)


def main() -> None:
    """Run the demo and write the picture."""
    with tempfile.TemporaryDirectory() as home:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PARZEN_", "XDG_"))}
        environ = {**kept, "HOME": home, "TERM": "xterm-256color"}
        subprocess.run([PARZEN, "up"], env=environ, check=True)
        with demo(environ):
            for look in looks(environ):
                done = re.search(r"(\d+)/64 done", look)
                if done and int(done[1]) >= ENOUGH:
                    (HERE / "terminal.svg").write_text(svg(look), "utf-8")
                    return


if __name__ == "__main__":
    main()
