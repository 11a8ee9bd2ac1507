"""The part of mongosh's language in which docs/queries.md asks, carried out by pymongo.

One statement: ``db.jobs.find({…}).sort({…})``, ``name = db.…`` or a literal. Keys may stand
without quotes; strings stand in double ones; a name stands for what it was given before.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*)
    |(?P<string>"(?:[^"\\\n]|\\.)*")
    |(?P<number>-?\d+(?:\.\d+)?(?:e-?\d+)?)
    |(?P<name>[A-Za-z_$][\w$]*)
    |(?P<mark>[][{}():,.=])""",
    re.VERBOSE,
)
CONSTANTS = {"true": True, "false": False, "null": None}
CONSTRUCTORS: Mapping[str, Callable[..., Any]] = {
    "ISODate": lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")),
    "ObjectId": ObjectId,
    "BinData": lambda _, text: base64.b64decode(text),
}
END = ("end", "")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of ``db``: a path of names, in which some are called."""

    steps: Sequence[tuple[str, tuple[Any, ...] | None]]

    @property
    def collection(self) -> str:
        """The names before the first call, but the method's own."""
        return ".".join(name for name, _ in self.steps[: self._first])

    @property
    def method(self) -> str:
        """What is called first."""
        return self.steps[self._first][0]

    @property
    def given(self) -> tuple[Any, ...]:
        """With what it is called."""
        return self.steps[self._first][1] or ()

    @property
    def then(self) -> Sequence[tuple[str, tuple[Any, ...] | None]]:
        """What is called, or looked up, after that."""
        return self.steps[self._first + 1 :]

    @property
    def _first(self) -> int:
        return next(i for i, (_, given) in enumerate(self.steps) if given is not None)

    def run(self, db: Any) -> Any:
        """The answer; a cursor's documents as a list."""
        if self.method == "createView":
            name, source, pipeline = self.given
            return db.create_collection(name, viewOn=source, pipeline=pipeline).name
        found = METHODS[self.method](db[self.collection], *self.given)
        for name, given in self.then:
            found = found[name] if given is None else getattr(found, name)(*given)
        return list(found) if self.method in ("find", "aggregate") else found


METHODS: Mapping[str, Callable[..., Any]] = {
    "find": lambda collection, *given: collection.find(*given),
    "findOne": lambda collection, *given: collection.find_one(*given),
    "aggregate": lambda collection, pipeline: collection.aggregate(pipeline),
    "updateOne": lambda collection, *given: collection.update_one(*given).modified_count,
    "createIndex": lambda collection, keys: collection.create_index(keys),
}
"""What the page calls; a method that is missing here is a KeyError in the test that meets it."""


class Reader:
    """Reads one statement; a SyntaxError names the line that it cannot read."""

    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        self._names = names
        self._tokens = list(_tokens(text))
        self._at = 0

    def statement(self) -> tuple[str | None, Any]:
        """The name that is given a value, if any, and what is asked, or the literal."""
        (kind, name), (_, sign) = self._tokens[self._at], self._peek(1)
        assigned = kind == "name" and sign == "="
        if assigned:
            self._at += 2
        value = self._value()
        if self._peek() != END:
            raise SyntaxError(f"one statement was expected, and then {self._peek()[1]!r} stands")
        return (name if assigned else None), value

    def _value(self) -> Any:
        kind, text = self._take()
        if kind == "string":
            return json.loads(text)
        if kind == "number":
            return json.loads(text)
        if kind == "name":
            return self._named(text)
        if text == "[":
            return self._several("]", self._value)
        if text == "{":
            return dict(self._several("}", self._pair))
        raise SyntaxError(f"a value was expected, not {text!r}")

    def _named(self, name: str) -> Any:
        if name == "db":
            return self._path()
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in CONSTRUCTORS:
            self._expect("(")
            return CONSTRUCTORS[name](*self._several(")", self._value))
        if name not in self._names:
            raise SyntaxError(f"nothing was called {name!r} before")
        return self._names[name]

    def _path(self) -> Asked:
        steps: list[tuple[str, tuple[Any, ...] | None]] = []
        while self._peek()[1] == ".":
            self._take()
            _, name = self._take()
            called = self._peek()[1] == "("
            if called:
                self._take()
            steps.append((name, tuple(self._several(")", self._value)) if called else None))
        return Asked(steps)

    def _pair(self) -> tuple[str, Any]:
        kind, text = self._take()
        if kind not in ("string", "name"):
            raise SyntaxError(f"a key was expected, not {text!r}")
        self._expect(":")
        return (json.loads(text) if kind == "string" else text), self._value()

    def _several(self, end: str, one: Callable[[], Any]) -> list[Any]:
        found: list[Any] = []
        while self._peek()[1] != end:
            found.append(one())
            if self._peek()[1] != end:
                self._expect(",")
        self._take()
        return found

    def _expect(self, mark: str) -> None:
        _, text = self._take()
        if text != mark:
            raise SyntaxError(f"{mark!r} was expected, not {text!r}")

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        return self._tokens[self._at + ahead] if self._at + ahead < len(self._tokens) else END

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        if token is END:
            raise SyntaxError("it ends too early")
        self._at += 1
        return token


def read(text: str, names: Mapping[str, Any] | None = None) -> tuple[str | None, Any]:
    """The statement that ``text`` is: the name it gives a value, if any, and what it asks."""
    return Reader(text, names or {}).statement()


def _tokens(text: str) -> Any:
    at = 0
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise SyntaxError(f"cannot read {text[at : at + 40]!r}")
        if found.lastgroup != "skip":
            yield found.lastgroup, found.group()
        at = found.end()
