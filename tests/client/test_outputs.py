import os
import socket

import pytest

from parzen.client.outputs import CHUNK, FileSource, StoreSource, source_of
from parzen.shared.records import Attempt, Piece, Study, Uid
from parzen.worker.outputs import Output

STUDY = Study(name="s", uid=Uid("u"), dimensions=())


def an_attempt(**changes):
    return Attempt(**{"n": 1, "token": "t", "worker": "w", "host": "node", **changes})


class Catalog:
    """Holds pieces of one output."""

    def __init__(self, *pieces):
        self.pieces = [
            Piece(uid=Uid("u"), number=7, attempt=1, token="t", offset=offset, data=data)
            for offset, data in pieces
        ]
        self.read = 0

    def output(self, study, number, token, start=0, *, backwards=False):
        assert (study, number, token) == (STUDY, 7, "t")
        for piece in self.pieces[:: -1 if backwards else 1]:
            if piece.offset >= start:
                self.read += 1
                yield piece


def of_store(*pieces, **attempt):
    return StoreSource(Catalog(*pieces), STUDY, 7, an_attempt(**attempt), None)


def data(chunks):
    return b"".join(chunk.data for chunk in chunks)


def everything(source):
    return data(source.read()) + data(source.rest())


@pytest.fixture
def file(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def of_file(file):
    file.touch()
    source = FileSource(os.open(file, os.O_RDONLY), an_attempt())
    yield source
    source.close()


def test_a_file_is_read_on_from_where_it_was_read(of_file, file):
    assert (data(of_file.read()), of_file.empty) == (b"", True)
    file.write_bytes(b"one\n")
    assert (data(of_file.read()), of_file.empty) == (b"one\n", False)
    with file.open("ab") as sink:
        sink.write(b"x" * (2 * CHUNK + 5))
    chunks = list(of_file.read())
    assert (chunks[0].offset, data(chunks)) == (4, b"x" * (2 * CHUNK + 5))
    assert list(of_file.read()) == []


def test_a_hole_that_grew_ahead_of_the_reader_is_told(of_file, file):
    output = Output(file, 1 << 20)
    file.write_bytes(b"x" * (600 << 10))  # the reader is behind the head, which is told of
    found = data(of_file.read())
    with file.open("ab") as sink:
        sink.write(b"y" * (5 << 20) + b"\nend\n")
    output.trim()
    found += data(of_file.read())
    output.finish()
    assert found.startswith(b"x" * (600 << 10))
    assert found.endswith(b"y\nend\n")
    assert found.count(b"bytes of output were left out here") == 1


@pytest.mark.parametrize("begin", [b"begin\n", b"begin\n" * 35])  # a chunk ends in the hole, too
def test_the_hole_of_a_long_output_is_passed_over_while_it_is_written(of_file, file, begin):
    output = Output(file, 1 << 20)
    file.write_bytes(begin)
    found = data(of_file.read())
    with file.open("ab") as sink:
        sink.write(b"x" * (5 << 20) + b"\nend\n")
    output.trim()
    found += data(of_file.read())
    with file.open("ab") as sink:
        sink.write(b"and more\n")
    found += data(of_file.read())
    output.finish()
    assert found.startswith(begin + b"x")
    assert found.endswith(b"x\nend\nand more\n")
    assert b"\0" not in found
    assert found.count(b"bytes of output were left out here") == 1
    assert len(found) <= 1 << 20


@pytest.mark.parametrize("zeros", [1, 4096, 10_000, CHUNK - 1, 3 * CHUNK])
def test_zeros_that_were_printed_are_printed(of_file, file, zeros):
    whole = b"a" + bytes(zeros) + b"b" * CHUNK + bytes(5)
    file.write_bytes(whole)
    assert data(of_file.read()) == whole


def test_a_file_that_was_cut_is_read_from_its_new_end(of_file, file):
    file.write_bytes(b"0123456789")
    list(of_file.read())
    file.write_bytes(b"012")
    list(of_file.read())
    with file.open("ab") as sink:
        sink.write(b"new")
    assert data(of_file.read()) == b"new"


LINES = b"".join(b"line %d\n" % n for n in range(20_000))


@pytest.mark.parametrize("end", [b"", b"no end"])
@pytest.mark.parametrize("lines", [0, 1, 2, 15_000, 10**6])
def test_the_last_lines_of_a_file(of_file, file, lines, end):
    file.write_bytes(LINES + end)
    of_file.last(lines)
    wanted = (LINES + end).splitlines(keepends=True)[-lines:] if lines else []
    assert data(of_file.read()) == b"".join(wanted)
    with file.open("ab") as sink:
        sink.write(b"more")
    assert data(of_file.read()) == b"more"


@pytest.mark.parametrize("lines", [0, 1, 2, 4, 5, 6, 7, 99])
@pytest.mark.parametrize("total", [None, 28, 4097])
def test_the_last_lines_of_what_the_store_has(lines, total):
    pieces = [(0, b"one\ntw"), (6, b"o\n"), (8, b"three\nfour\nfi")]
    whole = b"one\ntwo\nthree\nfour\nfi"
    source = of_store(*pieces)
    if total is not None:
        tail = b"ve\nsix\n"
        whole += tail if total < 4097 else b"|ve\nsix\n"
        text = (whole if total < 4097 else tail).decode()
        source = of_store(*pieces, log_bytes=total, log_tail=text)
    source.last(lines)
    wanted = b"".join(whole.splitlines(keepends=True)[-lines:]) if lines else b""
    found = everything(source)
    if total == 4097:
        found = found.replace(b"\n[parzen: 4069 bytes of output were left out here]\n", b"|")
    assert found == wanted


def test_the_last_lines_are_found_without_reading_all():
    source = of_store(*((n * 10, b"line %03d.\n" % n) for n in range(100)))
    source.last(3)
    assert source._catalog.read <= 4  # white box: an output may have thousands of pieces


def test_pieces_are_read_on_from_where_they_were_read():
    source = of_store((0, b"one\n"))
    assert data(source.read()) == b"one\n"
    source._catalog.pieces += Catalog((4, b"two\n")).pieces
    assert [(chunk.offset, chunk.data) for chunk in source.read()] == [(4, b"two\n")]


def test_what_was_left_out_is_told_in_its_place():
    source = of_store((0, b"begin"), (100, b"end"), log_bytes=103)
    told = b"\n[parzen: 95 bytes of output were left out here]\n"
    assert everything(source) == b"begin" + told + b"end"
    assert (source.left_out, source.missing) == (95, 0)


@pytest.mark.parametrize(
    ("attempt", "missing", "found"),
    [
        ({}, None, b""),
        ({"log_tail": "old"}, None, b"old"),
        ({"log_bytes": 0}, 0, b""),
        ({"log_bytes": 5, "log_tail": "short"}, 0, b"short"),
        ({"log_bytes": 3, "log_tail": "\ufffd\ufffd\n"}, 0, "\ufffd\ufffd\n".encode()),
        ({"log_bytes": 5000, "log_tail": "end"}, 4997,
         b"\n[parzen: 4997 bytes of output were left out here]\nend"),
    ],
)  # fmt: skip
def test_without_pieces_the_documents_end_is_all(attempt, missing, found):
    source = of_store(**attempt)
    assert (source.missing, everything(source)) == (missing, found)


def test_what_only_the_document_holds_follows_the_pieces():
    pieces = [(0, b"x" * 4990)]
    source = of_store(*pieces, log_bytes=5003, log_tail="x\nabc\nxyz\nend")
    assert data(source.read()) == b"x" * 4990
    assert source.missing == 0
    assert data(source.rest()) == b"x\nabc\nxyz\nend"[-13:]
    source = of_store(*pieces, log_bytes=4995, log_tail="x\nabc\nxyz\nend")
    list(source.read())
    assert data(source.rest()) == b"z\nend"
    source = of_store(*pieces, log_bytes=4990, log_tail="x\nabc\nxyz\nend")
    list(source.read())
    assert data(source.rest()) == b""


@pytest.fixture
def lying(a_trial, tmp_path):
    """A trial whose attempt's document says that it ran in ``folder`` on this machine."""

    def make(*folder):
        workdir = tmp_path.joinpath(*folder, "t")
        workdir.parent.mkdir(parents=True)
        attempt = an_attempt(host=socket.gethostname(), workdir=str(workdir))
        return a_trial(7, attempts=(attempt,)), attempt, workdir.with_name("t.log")

    return make


def test_a_file_that_lies_here_is_the_source(lying):
    trial, attempt, file = lying("s", "7")
    assert not source_of(Catalog(), STUDY, trial, attempt).here
    file.write_bytes(b"whole")
    source = source_of(Catalog(), STUDY, trial, attempt)
    assert (source.here, data(source.read())) == (True, b"whole")
    source.close()


def test_no_document_makes_it_read_other_files(lying):
    trial, attempt, file = lying("s", "8")
    file.write_bytes(b"another trial's")
    assert not source_of(Catalog(), STUDY, trial, attempt).here


@pytest.mark.parametrize("put", [os.mkdir, os.mkfifo, lambda file: file.symlink_to("/etc/passwd")])
def test_whatever_lies_in_its_place_is_not_read_and_told(lying, put):
    trial, attempt, file = lying("s", "7")
    put(file)
    source = source_of(Catalog(), STUDY, trial, attempt)
    assert not source.here
    assert source.where.startswith("cannot be read (")
    assert source.where.endswith(f"{file})")
