"""A study's coordinator in a thread of this process, where its owner's own function proposes.

A coordinator elsewhere cannot have the function: it would have to unpickle it, which runs code.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, final

from parzen.client import presence
from parzen.client.interrupts import interrupted
from parzen.client.local import GRACE_S, ending_on_signals, logs_of
from parzen.client.watching import Attention, tell
from parzen.coordinator.history import History
from parzen.coordinator.samplers.own import OwnSampler
from parzen.coordinator.samplers.protocol import Sampler
from parzen.coordinator.service import Coordinator
from parzen.shared.commandline import LINE, Discreet
from parzen.shared.dimensions import Params
from parzen.shared.errors import InvalidProposal, InvalidStudy, ParzenError, StudyFailed
from parzen.shared.home import StoreAddress
from parzen.shared.plain import raised
from parzen.shared.records import Study
from parzen.shared.signatures import check_sampler, full_name

if TYPE_CHECKING:
    from parzen.client.handle import StudyHandle
    from parzen.shared.mongo import MongoStore

COORDINATOR = logging.getLogger("parzen.coordinator")
log = logging.getLogger(__name__)


class _Watched:
    """A sampler; what its function raises is kept, to be shown with its traceback."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self.raised: Exception | None = None

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        try:
            return self._sampler.propose(history, numbers, seed)
        except InvalidProposal:
            raise  # its sentence says all
        except Exception as error:
            self.raised = error
            raise


@final
class Conductor:
    """Leads one study with a function that proposes; as a context manager it ends with its block.

    Any number of them may serve one study, with the same function: one leads, the others wait.
    What the coordinator logs goes to the file in which `parzen coordinator` would write it, and to
    whatever handlers this process has.

    Args:
        study: the study.
        where: its store, to which it has a connection of its own.
        choose: the function.

    Raises:
        InvalidStudy: it is no such function, or the study's sampler is another one.
    """

    def __init__(self, study: Study, where: StoreAddress, choose: Callable[..., Any]) -> None:
        check_sampler(choose)
        if study.sampler.function is None:
            raise InvalidStudy(
                f"study {study.name!r} has the sampler {study.sampler.name!r}, for which any "
                "coordinator proposes: a function proposes only where the study was submitted "
                "with one, Study(..., sampler=choose)"
            )
        self._study, self._where = study, where
        self._name = full_name(choose)
        self._sampler = _Watched(OwnSampler(choose))
        self._running: tuple[Coordinator, threading.Thread, logging.Handler] | None = None
        self._fault: BaseException | None = None

    @property
    def raised(self) -> Exception | None:
        """What the function raised, by which the study has failed; None while it has not."""
        return self._sampler.raised

    def start(self) -> None:
        """Open the store, and begin to lead where nobody does."""
        from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

        study = self._study.name
        store = open_store(self._where)
        service = Coordinator(store, studies=[study], samplers={study: self._sampler})
        # the function may never return, and must not keep the process then
        thread = threading.Thread(
            target=self._run, args=(service, store), name=service.name, daemon=True
        )
        self._running = (service, thread, self._logged(service.name))
        thread.start()

    def _logged(self, thread: str) -> logging.Handler:
        folder = logs_of(self._where, self._study.name)
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(folder / "coordinator.log", encoding="utf-8")
        handler.setFormatter(Discreet(LINE, datefmt="%H:%M:%S"))
        handler.addFilter(lambda record: record.threadName == thread)
        COORDINATOR.addHandler(handler)
        return handler

    def _run(self, service: Coordinator, store: MongoStore) -> None:
        try:
            with store:
                service.run()
        except BaseException as error:  # noqa: BLE001 - whoever waits raises it
            self._fault = error

    def check(self) -> None:
        """See that it still leads, or waits to.

        Raises:
            ParzenError: it broke down.
        """
        if isinstance(self._fault, ParzenError):
            raise self._fault
        if self._fault is not None:
            raise ParzenError(
                f"the coordinator of study {self._study.name!r} broke down: {raised(self._fault)}"
            ) from self._fault

    def stop(self) -> None:
        """Give the lead up, so that another may take it at once."""
        if self._running is None:
            return
        service, thread, handler = self._running
        service.stop()
        thread.join(GRACE_S)
        COORDINATOR.removeHandler(handler)
        handler.close()
        if thread.is_alive():
            log.warning("%s has not returned in %g s and is left alone", self._name, GRACE_S)
        self._running = None

    def note_another(self, *, progress: bool) -> None:
        """Say so where another function proposes from now on than the one submitted."""
        submitted = self._study.sampler.function
        if submitted != self._name:
            tell(
                f"study {self._study.name!r} was submitted with the sampler {submitted}: "
                f"{self._name} proposes from now on",
                progress=progress,
            )

    def __enter__(self) -> Conductor:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def conduct(handle: StudyHandle, conductor: Conductor, *, progress: bool) -> StudyHandle:
    """Wait for the end of a study while its owner's function proposes for it here.

    Raises:
        StudyFailed: the study failed, or ended without one complete trial.
        ParzenError: the coordinator broke down.
        KeyboardInterrupt: Ctrl-C; the lead was given up.
    """
    if presence.ended(handle.study):
        return handle.wait(progress=False)
    conductor.note_another(progress=progress)
    attention = Attention(progress=progress, check=lambda _study, _live: conductor.check())
    try:
        with ending_on_signals(), conductor:
            return handle.attend(attention)
    except StudyFailed as error:
        raise error from conductor.raised
    except KeyboardInterrupt:
        raise interrupted(
            f"nobody proposes for study {handle.name!r} until the same call goes on with it"
        ) from None
