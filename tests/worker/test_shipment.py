import pytest

from parzen.shared.errors import StoreUnreachable
from parzen.shared.records import Claim, Study, Trial, Uid
from parzen.shared.store import PIECE_BYTES
from parzen.worker.outputs import Output
from parzen.worker.shipment import PIECE_COSTS, Shipment

LIMIT = 1 << 20


class Store:
    """Keeps pieces; may be away, before or after it has kept one."""

    def __init__(self):
        self.pieces, self.most = {}, 0
        self.before = self.after = None

    def keep_output(self, piece):
        if self.before:
            raise self.before
        self.pieces.setdefault(piece.offset, piece)
        self.most = max(self.most, self.takes)
        if self.after:
            raise self.after

    def drop_output(self, token, offsets):
        assert token == "t"
        for offset in offsets:
            del self.pieces[offset]

    @property
    def takes(self):
        return sum(len(piece.data) + PIECE_COSTS for piece in self.pieces.values())

    @property
    def parts(self):
        """What it holds as (start, end), those that follow upon each other in one."""
        found = []
        for piece in sorted(self.pieces.values(), key=lambda piece: piece.offset):
            if found and found[-1][1] == piece.offset:
                found[-1] = (found[-1][0], piece.end)
            else:
                found.append((piece.offset, piece.end))
        return found

    @property
    def data(self):
        return b"".join(piece.data for _, piece in sorted(self.pieces.items()))


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def output(log):
    made = Output(log, 16 * LIMIT)
    yield made
    made.close()


def a_shipment(output, limit=LIMIT):
    trial = Trial(study="s", uid=Uid("u"), number=7, params={}, attempt=2)
    claim = Claim(Study(name="s", uid=Uid("u"), dimensions=()), trial, "t", 60.0)
    return Shipment(claim, output, limit)


def add(log, data):
    with log.open("ab") as sink:
        sink.write(data)


def send_all(shipment, store):
    while shipment.send(store):
        pass


def test_what_fits_is_shipped_whole_in_pieces_that_say_whose_they_are(store, log, output):
    data = bytes(range(256)) * 2500
    add(log, data)
    send_all(a_shipment(output), store)
    assert store.data == data
    assert max(len(piece.data) for piece in store.pieces.values()) <= PIECE_BYTES
    piece = store.pieces[0]
    assert (piece.uid, piece.number, piece.attempt, piece.token) == ("u", 7, 2, "t")


def test_of_too_much_the_beginning_and_the_end_are_shipped(store, log, output):
    add(log, bytes(5 * LIMIT))
    send_all(a_shipment(output), store)
    (first, gap), (goes_on, last) = store.parts
    assert (first, last) == (0, 5 * LIMIT)
    assert LIMIT * 0.2 < gap <= LIMIT // 4
    assert last - goes_on > 0.7 * LIMIT
    assert store.most <= LIMIT


def test_while_it_grows_what_is_older_makes_room_for_what_is_new(store, log, output):
    shipment = a_shipment(output)
    for n in range(400):
        add(log, b"%09d\n" % n * 1000)
        shipment.send(store)
    send_all(shipment, store)
    (first, gap), (goes_on, last) = store.parts
    assert (first, last) == (0, 4_000_000)
    assert gap < goes_on
    assert store.data.endswith(b"%09d\n" % 399)
    assert store.most <= LIMIT + PIECE_BYTES


def test_many_short_pieces_are_counted_with_what_they_take(store, log, output):
    limit = 40 * PIECE_COSTS
    shipment = a_shipment(output, limit)
    for _ in range(200):
        add(log, b"x")
        shipment.send(store)
    assert len(store.pieces) <= 40
    assert store.takes <= limit
    assert store.parts[-1][1] == 200


def test_who_falls_far_behind_goes_on_with_what_is_new(store, log, output):
    shipment = a_shipment(output)
    add(log, bytes(LIMIT))
    shipment.send(store)
    add(log, bytes(10 * LIMIT))
    sent = 0
    while more := shipment.send(store):
        sent += more
    assert sent <= LIMIT
    assert store.parts[-1][1] == 11 * LIMIT


def test_a_piece_whose_reply_was_lost_is_sent_again_as_it_was(store, log, output):
    shipment = a_shipment(output)
    add(log, b"first ")
    store.after = StoreUnreachable("no reply")
    with pytest.raises(StoreUnreachable):
        shipment.send(store)
    assert shipment.begun
    add(log, b"second")
    store.after = None
    send_all(shipment, store)
    assert store.data == b"first second"


def test_nothing_is_lost_while_the_store_is_away(store, log, output):
    shipment = a_shipment(output)
    store.before = StoreUnreachable("away")
    for _ in range(3):
        add(log, b"line\n")
        with pytest.raises(StoreUnreachable):
            shipment.send(store)
    store.before = None
    send_all(shipment, store)
    assert store.data == b"line\n" * 3


def test_nothing_printed_is_nothing_shipped(store, output):
    shipment = a_shipment(output)
    assert shipment.send(store) == 0
    assert not shipment.begun


@pytest.mark.parametrize("holes", [True, False])
def test_the_offsets_tell_what_the_file_left_out(store, log, tmp_path, monkeypatch, holes):
    if not holes:
        monkeypatch.setattr("parzen.worker.executor.kernel.punch_hole", lambda *_: False)
    output = Output(log, LIMIT)
    for part in range(20):
        add(log, b"%07d\n" % part * 20_000)
        output.trim()
    output.share()
    output.finish()
    assert output.total == 20 * 160_000
    send_all(a_shipment(output, 4 * LIMIT), store)
    output.close()
    first, *_, last = store.parts
    assert first == (0, LIMIT // 4)
    assert last[1] == output.total
    for piece in store.pieces.values():
        assert b"parzen" not in piece.data
        assert b"\0" not in piece.data
        assert piece.data[:8] == b"%07d\n" % (piece.offset // 160_000) or piece.offset % 8
