import io
import subprocess
import sys

from parzen.client.cli.streams import endure


def test_what_an_encoding_lacks_is_written_as_something_else(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    endure()
    sys.stdout.write("a · b, über lon…")
    sys.stdout.flush()
    assert written.getvalue() == rb"a - b, \xfcber lon~"


def test_a_stream_of_another_kind_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    endure()
    sys.stdout.write("ü")
    assert sys.stdout.getvalue() == "ü"


def test_a_process_leaves_with_all_it_wrote_and_waits_for_no_thread():
    code = (
        "import atexit; from parzen.client.cli.streams import leave; "
        "atexit.register(print, 'waited'); print('written'); leave(3)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "written\n", "")


def test_who_reads_no_further_has_made_no_error():
    code = "from parzen.client import cli; cli.main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert (process.wait(), process.stderr.read()) == (0, b"")
