"""One attempt's output on its way to the store: which piece is next, and which are let go of.

The store holds no more of it than a limit: its beginning, a quarter, and of the rest the latest.
While somebody follows the trial, older pieces of that rest are let go of as newer ones come.
"""

from __future__ import annotations

from collections import deque

from parzen.shared.records import Claim, Piece
from parzen.shared.store import PIECE_BYTES, TrialQueue
from parzen.worker.outputs import Output

PIECE_COSTS = 400
"""What a piece takes in the store beside its data, in bytes: while a trial is followed, many are
short."""


class Shipment:
    """The output of one attempt, of which ``limit`` bytes may be stored. One thread's at a time."""

    def __init__(self, claim: Claim, output: Output, limit: int) -> None:
        self.claim = claim
        self.output = output
        self.given_up = False
        """Whether the store or the file refused it: nothing more of it is shipped."""
        self._beginning = limit // 4
        self._room = limit - self._beginning
        self._longest = max(1, min(PIECE_BYTES, self._room // 4))
        self._next = 0
        self._pending: Piece | None = None
        self._latest: deque[tuple[int, int]] = deque()
        self._held = 0
        self._surplus: list[int] = []

    @property
    def begun(self) -> bool:
        """Whether something of it is in the store, or may be."""
        return self._next > 0 or self._pending is not None

    def send(self, queue: TrialQueue) -> int:
        """Store the next piece; how many bytes it had, 0 where there is none.

        A piece whose reply was lost is sent again as it was, whatever was printed since.

        Raises:
            StoreError: it could not be stored; the next call tries again.
            OSError: the output cannot be read.
        """
        self._let_go(queue)
        self._pending = self._pending or self._cut()
        if self._pending is None:
            return 0
        queue.keep_output(self._pending)
        piece, self._pending = self._pending, None
        self._next = piece.end
        self._count(piece)
        self._let_go(queue)
        return len(piece.data)

    def _cut(self) -> Piece | None:
        most = min(self._longest, self._beginning - PIECE_COSTS)
        if most <= 0:
            most = self._longest
            self._next = max(self._next, self.output.length() - self._reach())
        place, data = self.output.read(self._next, most)
        if not data:
            return None
        trial = self.claim.trial
        return Piece(
            uid=trial.uid,
            number=trial.number,
            attempt=trial.attempt,
            token=self.claim.token,
            offset=place,
            data=data,
        )

    def _reach(self) -> int:
        """How far back from the end there is room for what is not the beginning."""
        pieces = self._room // self._longest + 1
        return max(self._longest, self._room - pieces * PIECE_COSTS)

    def _count(self, piece: Piece) -> None:
        cost = len(piece.data) + PIECE_COSTS
        if self._beginning > PIECE_COSTS:
            self._beginning -= cost
            return
        self._latest.append((piece.offset, cost))
        self._held += cost
        while self._held > self._room and len(self._latest) > 1:
            offset, cost = self._latest.popleft()
            self._held -= cost
            self._surplus.append(offset)

    def _let_go(self, queue: TrialQueue) -> None:
        if self._surplus:
            queue.drop_output(self.claim.token, self._surplus)
            self._surplus = []
