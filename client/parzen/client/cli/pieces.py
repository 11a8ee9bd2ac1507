"""Printing a trial's output piece by piece: to a person, byte by byte, or as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Protocol

import click

from parzen.client.logs import Decoder, Said, Text
from parzen.shared.printing import print_json
from parzen.shared.shape import document
from parzen.shared.visible import visible_output

UNFINISHED = re.compile(r"\x1b(\[[0-9;:]{0,64})?\Z")
"""What may become a colour with the next piece."""


class Printer(Protocol):
    """Prints an output in one form."""

    def say(self, said: Said) -> None:
        """Print some output."""

    def pause(self) -> None:
        """Something else is about to be told."""

    def end(self) -> None:
        """All is said."""


class Raw:
    """The bytes as they were written; an attempt begins on a line of its own."""

    def __init__(self) -> None:
        self._attempt = 0
        self._open = False

    def say(self, said: Said) -> None:
        """Print some output."""
        if said.attempt != self._attempt and self._open:
            click.echo()
        self._attempt = said.attempt
        click.echo(said.data, nl=False)
        if said.data:
            self._open = not said.data.endswith(b"\n")

    def pause(self) -> None:
        """What else is told goes elsewhere."""

    def end(self) -> None:
        """Nothing was held back."""


class ForPeople:
    """Text that commands no terminal; what else is told begins on a line of its own."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._attempt = 0
        self._held = ""
        self._open = False

    def say(self, said: Said) -> None:
        """Print some output, but for a colour that is cut."""
        self._print(self._decoder.feed(said))

    def _print(self, texts: Iterable[Text]) -> None:
        for text in texts:
            if text.attempt != self._attempt:
                self.pause()
            self._attempt = text.attempt
            whole = self._held + text.text
            cut = UNFINISHED.search(whole)
            whole, self._held = (whole[: cut.start()], cut[0]) if cut else (whole, "")
            self._echo(whole)

    def _echo(self, text: str) -> None:
        if text:
            click.echo(visible_output(text), nl=False, color=True)
            self._open = not text.endswith("\n")

    def pause(self) -> None:
        """End the line."""
        held, self._held = self._held, ""
        self._echo(held)
        if self._open:
            click.echo()
        self._open = False

    def end(self) -> None:
        """Print what was held back, and end the line."""
        self._print(self._decoder.end())
        self.pause()


class JsonLines:
    """An object of the documented shape on each line, with one item, as soon as it is there."""

    def __init__(self, number: int) -> None:
        self._decoder = Decoder()
        self._number = number

    def say(self, said: Said) -> None:
        """Print some output."""
        self._print(self._decoder.feed(said))

    def _print(self, texts: Iterable[Text]) -> None:
        for text in texts:
            print_json("output", [_item(self._number, text)])

    def pause(self) -> None:
        """What else is told goes elsewhere."""

    def end(self) -> None:
        """Print what was held back."""
        self._print(self._decoder.end())


class JsonDocument:
    """One object of the documented shape, printed item by item: an output may be long."""

    def __init__(self, number: int) -> None:
        self._decoder = Decoder()
        self._number = number
        self._before, self._after = json.dumps(document("output", [])).split("]")
        self._printed = 0

    def say(self, said: Said) -> None:
        """Print some output."""
        self._print(self._decoder.feed(said))

    def _print(self, texts: Iterable[Text]) -> None:
        for text in texts:
            before = ", " if self._printed else self._before
            self._printed += 1
            item = json.dumps(_item(self._number, text)).replace("\x7f", "\\u007f")
            click.echo(before + item, nl=False)

    def pause(self) -> None:
        """What else is told goes elsewhere."""

    def end(self) -> None:
        """Print what was held back, and close the object."""
        self._print(self._decoder.end())
        click.echo(f"{'' if self._printed else self._before}]{self._after}")


def _item(number: int, text: Text) -> dict[str, Any]:
    return {
        "number": number,
        "attempt": text.attempt,
        "offset": text.offset,
        "text": text.text,
    }
