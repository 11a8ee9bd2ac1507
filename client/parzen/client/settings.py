"""What may be set of a study that stands: one table, with a check for each, and how it is typed.

Limits go by a wish, which the study's leader carries out; the rest is nobody's but the owner's.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from parzen.client import presence, terms
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import Retries
from parzen.shared.plain import shown
from parzen.shared.records import Image, Limits, Requires, Study

LIMITS = ("max_trials", "timeout_s", "target", "patience", "max_consecutive_failures")
"""In the units in which an owner gives them: ``target`` is a value of the objective."""

NOTE_CHARS = 10_000
"""How long a note may be."""


@dataclass(frozen=True)
class Changes:
    """What is to be set: new limits, or None for those that stand, and fields of the document."""

    limits: Limits | None
    fields: Mapping[str, Any]
    said: tuple[str, ...]
    """``name is now …, it was …``, one for each that changes."""


def changes(study: Study, wanted: Mapping[str, Any]) -> Changes:
    """What setting ``wanted`` changes of ``study``; what stands so already is left out.

    Raises:
        InvalidStudy: there is no such setting, or it cannot have that value.
    """
    for name in wanted:
        if name not in LIMITS and name not in FIELDS:
            raise _unknown(name)
    old = {**terms.given(presence.in_force(study), study.direction), **_fields(study)}
    limits = {name: wanted[name] for name in LIMITS if name in wanted}
    terms_now = {name: old[name] for name in LIMITS} | limits
    new_limits = terms.limits(way=study.direction, **terms_now)
    fields = {n: FIELDS[n](study, value) for n, value in wanted.items() if n in FIELDS}
    new = {**terms.given(new_limits, study.direction), **fields}
    changed = {name: value for name, value in new.items() if value != old[name]}
    return Changes(
        limits=new_limits if any(name in changed for name in LIMITS) else None,
        fields={name: value for name, value in fields.items() if name in changed},
        said=tuple(said for n, v in changed.items() for said in _told(n, old[n], v)),
    )


def _told(name: str, before: Any, now: Any) -> Iterator[str]:
    """``name is now …, it was …``; of a setting with parts, for each part that changes."""
    if not dataclasses.is_dataclass(before) or not dataclasses.is_dataclass(now):
        yield f"{name} is now {_text(now)}, it was {_text(before)}"
        return
    parts = _flat(before)
    for part, value in _flat(now).items():
        if value != parts[part]:
            yield f"{name}.{part} is now {_text(value)}, it was {_text(parts[part])}"


def applied(study: Study, wanted: Mapping[str, Any]) -> Study:
    """``study``, which nobody leads yet, with ``wanted`` set; raises as :func:`changes`."""
    found = changes(study, wanted)
    return dataclasses.replace(study, limits=found.limits or study.limits, **found.fields)


def typed(study: Study, words: Mapping[str, str]) -> dict[str, Any]:
    """Settings as somebody types them, ``{"max_trials": "400", "retries.lost": "none"}``.

    Raises:
        InvalidStudy: there is no such setting.
    """
    found: dict[str, Any] = {}
    for key, word in words.items():
        name, dot, part = key.partition(".")
        if dot and name in PARTS:
            before = found.get(name, getattr(study, name))
            found[name] = _with_part(name, before, part, _value(word, text=key in TEXTS))
        elif name in LISTS:
            found[key] = [] if _is_none(word) else [tag.strip() for tag in word.split(",")]
        else:
            found[key] = _value(word, text=name in TEXTS)
    return found


PARTS = ("retries", "requires", "image")
"""Settings with parts of their own, written ``retries.lost=5``."""
LISTS = ("tags",)
TEXTS = ("owner", "note", "image", "image.name", "image.network")


def note(value: Any) -> str | None:
    """A note: a text that is not empty, or None.

    Raises:
        InvalidStudy: it is something else, or too long.
    """
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > NOTE_CHARS:
        raise InvalidStudy(
            f"note={shown(value)} is not usable: give a text of up to {NOTE_CHARS:,} characters, "
            "or None"
        )
    return value


def _owner(_: Study, value: Any) -> str | None:
    return None if value is None else terms.words("owner", [value])[0]


def _retries(study: Study, value: Any) -> Any:
    given = value if not isinstance(value, Mapping) else {**_flat(study.retries), **value}
    return terms.retries(given)


def _requires(study: Study, value: Any) -> Any:
    given = value if not isinstance(value, Mapping) else {**_flat(study.requires), **value}
    return terms.requires(given)


def _image(study: Study, value: Any) -> Any:
    given = {"name": value} if isinstance(value, str) else value
    if isinstance(given, Mapping) and study.image is not None:
        given = {**_flat(study.image), **given}
    return terms.image(given)


FIELDS: Mapping[str, Callable[[Study, Any], Any]] = {
    "priority": lambda _, value: terms.whole("priority", value),
    "max_running": lambda _, value: terms.whole("max_running", value, least=1, none=True),
    "trial_timeout_s": lambda _, value: terms.seconds("trial_timeout_s", value),
    "retries": _retries,
    "requires": _requires,
    "image": _image,
    "tags": lambda _, value: terms.words("tags", value),
    "owner": _owner,
    "note": lambda _, value: note(value),
}
"""{field of the study: what checks a value for it}."""


def _fields(study: Study) -> dict[str, Any]:
    return {name: getattr(study, name) for name in FIELDS}


def _flat(record: Any) -> dict[str, Any]:
    return {f.name: getattr(record, f.name) for f in dataclasses.fields(record)}


def _with_part(name: str, before: Any, part: str, value: Any) -> dict[str, Any]:
    known = {"image": Image, "requires": Requires, "retries": Retries}[name]
    if part not in {field.name for field in dataclasses.fields(known)}:
        raise _unknown(f"{name}.{part}")
    if isinstance(before, str):
        before = {"name": before}
    parts = before if isinstance(before, dict) else {} if before is None else _flat(before)
    return {**parts, part: [value] if part == "labels" else value}


def _is_none(word: str) -> bool:
    return word.strip().lower() in ("", "none", "null")


def _value(word: str, *, text: bool) -> Any:
    """A number where it is one; ``none`` and nothing at all are None."""
    if _is_none(word):
        return None
    if text:
        return word
    try:
        return json.loads(word)
    except (ValueError, RecursionError):
        return word  # which the setting's own check refuses, by name


def _text(value: Any) -> str:
    if dataclasses.is_dataclass(value):
        return ", ".join(f"{name}={_text(part)}" for name, part in _flat(value).items())
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, Enum):
        return str(value.value)
    return "none" if value is None else shown(value) if isinstance(value, str) else f"{value}"


def _unknown(name: str) -> InvalidStudy:
    known = [*LIMITS, *(f for f in FIELDS if f not in PARTS)]
    known += ["retries.KIND", *(f"requires.{part.name}" for part in dataclasses.fields(Requires))]
    known += ["image", *(f"image.{part.name}" for part in dataclasses.fields(Image))]
    near = difflib.get_close_matches(name, known, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"expected one of {', '.join(known)}"
    return InvalidStudy(f"a study has no setting {shown(name)}: {hint}")
