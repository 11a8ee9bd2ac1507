"""Trials that somebody pickled, as plain documents: unpickled in a process of its own.

Unpickling runs whatever code the pickle names. So it happens only for who says that he trusts the
file, and the process that does it, ``python -m parzen.hyperopt.unpickling FILE``, answers in frames
of plain values (:mod:`parzen.worker.executor.messages`), which are not unpickled again.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO

from parzen.hyperopt.keeping import kept
from parzen.shared.errors import InvalidInput, NotFound
from parzen.shared.plain import cut, shown
from parzen.shared.redaction import without_secrets
from parzen.worker.executor.messages import Garbled, Message, Reader, encode

THEIRS = "hyperopt"
"""The package of whose classes a file holds objects: only what these hold is of interest."""

FIELDS = ("tid", "state", "exp_key", "owner", "book_time", "refresh_time", "error")
"""What is taken of a trial's document, beside ``result`` and ``misc``."""

ATTACHED = "ATTACH::"
"""How the key of a trial's attachment begins: ATTACH::tid::name."""

NEWER = b"\x80"
"""The first byte of a pickle of protocol 2 or later."""

STOP = b"."
"""The last byte of every pickle."""

TAIL = 1 << 14
"""How many bytes of what the process said are looked at, the last ones."""

PIECE = 1 << 20
"""How many bytes of its answer are read at once."""


@dataclass(slots=True)
class Unpickled:
    """What a file held.

    ``documents`` are dicts, or text that shows what stands in the place of one. ``attachments`` are
    {tid as text: {name: bytes}}, None for what is neither bytes nor text; ``lost`` are the keys of
    results that no document holds, one for each trial.
    """

    documents: list[Mapping[str, Any] | str] = field(default_factory=list)
    attachments: dict[str, dict[str, bytes | None]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def unpickled(path: Path, *, trusted: bool) -> Unpickled:
    """The trials in the file ``path``, unpickled in a process of its own.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it is no pickle, is not ``trusted``, cannot be unpickled, or holds no trials.
    """
    _require_pickle(path)
    if not trusted:
        raise InvalidInput(
            f"{str(path)!r} is a pickle, and to read it is to run whatever code it names: if you "
            "made it yourself, or trust who did, say --trust-pickle (in Python trust_pickle=True)"
        )
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as errors:
        code = _run(path, answer, errors)
        said = _last_words(code, errors)
        if code:
            raise _unreadable(path, said)
        found = _told(path, answer)
    if found is None:
        raise _unreadable(path, f"its process ended before it had told all: {said}")
    return found


def _run(path: Path, answer: IO[bytes], errors: IO[bytes]) -> int:
    """Unpickle ``path`` in a process that writes to these files; how it ended.

    Files, for a pipe is open as long as anybody who inherited it lives: only the process is waited
    for. Whom it started, and did not send away, ends with it.
    """
    process = subprocess.Popen(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", "parzen.hyperopt.unpickling", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=answer,
        stderr=errors,
        env=without_secrets(os.environ),
        start_new_session=True,
    )
    try:
        if hasattr(os, "waitid"):  # leaves it a zombie, so that its number stays taken
            with contextlib.suppress(ChildProcessError):  # whoever called collects all children
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        else:
            process.wait()
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
    return code


def _require_pickle(path: Path) -> None:
    try:
        with path.open("rb") as file:
            first = file.read(1)
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 1))
            last = file.read(1)
    except FileNotFoundError:
        raise NotFound(
            f"there is no file {str(path)!r}: name one with pickled Trials, or a database as "
            "mongo://host:port/db/jobs"
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"{str(path)!r} cannot be read ({error.strerror or type(error).__name__}): choose "
            "another file"
        ) from error
    # what protocols 0 and 1 write begins with one of these: an object, a name, a mark
    if last != STOP or (first != NEWER and first not in (b"(", b"c", b"]", b"}", b"i")):
        raise InvalidInput(
            f"{str(path)!r} is no pickle: expected a file with pickled Trials of Hyperopt's, or "
            "the address of its database as mongo://host:port/db/jobs"
        )


def _unreadable(path: Path, why: str) -> InvalidInput:
    return InvalidInput(
        f"{str(path)!r} cannot be unpickled ({why}): name a file with pickled Trials of "
        "Hyperopt's, in the environment that it was made in"
    )


def _last_words(code: int, errors: IO[bytes]) -> str:
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - TAIL))
    lines = errors.read(TAIL).decode("utf-8", "replace").strip().splitlines()
    said = cut(lines[-1].strip()) if lines else "without a word"
    if code >= 0:
        return said
    name = next((s.name for s in signal.Signals if s == -code), -code)
    return f"its process was ended by {name}: {said}"


def _told(path: Path, answer: IO[bytes]) -> Unpickled | None:
    """What the process answered; None where its answer has no end."""
    found, reader = Unpickled(), Reader()
    answer.seek(0)
    try:
        for piece in iter(partial(answer.read, PIECE), b""):
            for message in reader.feed(piece):
                if message.kind == "end":
                    return found
                _take(message, found)
    except Garbled as error:
        raise InvalidInput(f"what unpickled {str(path)!r} cannot be understood: {error}") from error
    return None


def _take(message: Message, found: Unpickled) -> None:
    if message.kind == "trial":
        found.documents.append(message.fields["document"])
        found.lost += message.fields["lost"]
    else:
        tid, name, whole = (message.fields[key] for key in ("tid", "name", "whole"))
        found.attachments.setdefault(tid, {})[name] = message.payload if whole else None


class Inert:
    """Stands for an object of Hyperopt's: it has its attributes, and does nothing."""

    def __init__(self, *_args: Any, **_options: Any) -> None: ...

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)

    def __setitem__(self, key: Any, item: Any) -> None: ...

    def append(self, item: Any) -> None:
        """Take an item, if it is a kind of list."""

    def extend(self, items: Any) -> None:
        """Take items, if it is a kind of list."""


class Unpickler(pickle.Unpickler):
    """Needs no Hyperopt, and runs none of its code."""

    def find_class(self, module: str, name: str) -> Any:
        """The class or function of that name; :class:`Inert` for all of Hyperopt's."""
        ours = module.partition(".")[0] != THEIRS
        return super().find_class(module, name) if ours else Inert


def _messages(trials: Any) -> Iterator[Message]:
    for doc in trials._dynamic_trials:  # noqa: SLF001 - where Hyperopt keeps them all
        document, lost = _plain(doc) if isinstance(doc, Mapping) else (shown(doc), [])
        yield Message("trial", {"document": document, "lost": lost})
    for key, data in dict(getattr(trials, "attachments", None) or {}).items():
        tid, divided, name = str(key).removeprefix(ATTACHED).partition("::")
        if str(key).startswith(ATTACHED) and divided:
            whole = data.encode("utf-8", "replace") if isinstance(data, str) else data
            fields = {"tid": tid, "name": name, "whole": isinstance(whole, (bytes, bytearray))}
            yield Message("attachment", fields, bytes(whole) if fields["whole"] else b"")
    yield Message("end")


def _plain(doc: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    """What matters of a trial's document, in plain values, and the lost keys of its result."""
    found = _described({key: doc[key] for key in FIELDS if key in doc})
    if "misc" in doc:
        found["misc"] = _misc(doc["misc"])
    result = doc.get("result")
    if not isinstance(result, Mapping):
        return {**found, "result": None if result is None else shown(result)}, []
    plain, lost = kept(result)
    return {**found, "result": plain}, lost


def _misc(misc: Any) -> dict[str, Any] | None:
    """What matters of it; the values and the error apart, since one may be too large."""
    if not isinstance(misc, Mapping):
        return None
    found = _described({"error": misc["error"]} if "error" in misc else {})
    vals = misc.get("vals")
    return {**found, "vals": _described(vals)} if isinstance(vals, Mapping) else found


def _described(found: Mapping[Any, Any]) -> dict[str, Any]:
    """``found`` in plain values; what has none is shown, so that who reads it can name it."""
    good, lost = kept(found)
    if lost:
        texts = {str(key): found[key] for key in found}
        good |= {key: _shown(texts[key]) for key in texts if key not in good}
    return good


def _shown(value: Any) -> Any:
    """The text that shows ``value``; of a list of one value, such as a label's, a list with it."""
    single = isinstance(value, (list, tuple)) and len(value) == 1
    return [shown(value[0])] if single else shown(value)


def _answer(path: str, out: BinaryIO) -> None:
    with Path(path).open("rb") as file:
        trials = Unpickler(file).load()
    if not isinstance(getattr(trials, "_dynamic_trials", None), list):
        sys.exit(f"it holds a {type(trials).__name__}, expected Trials")
    out.writelines(map(encode, _messages(trials)))


def main() -> None:
    """Write to standard output what the file on the command line holds."""
    # what is imported may print: only the answer goes where the answer is read
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        _answer(sys.argv[1], out)


if __name__ == "__main__":
    main()
