"""docs/queries.md: its questions, its fields and its examples; and what of it is made by code.

People write a question for mongosh. Its form for pymongo and the example documents are written
into the page by ``PYTHONPATH=tests python -m queries``.
"""

from __future__ import annotations

import base64
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bson import ObjectId
from queries.shell import CONSTRUCTORS, TOKEN

PAGE = Path(__file__).parents[2] / "docs" / "queries.md"

PAIR = re.compile(r"```js\n(?P<shell>.*?)```\n```python\n(?P<python>.*?)```\n", re.DOTALL)
EXAMPLE = re.compile(
    r"(One of `(?P<collection>[\w.]+)`[^`]*?:\n\n```js\n)(?P<document>.*?)(```\n)", re.DOTALL
)
ROW = re.compile(
    r"^\| `(?P<field>[\w.]+)` \| (?P<type>[a-z ,]+) \| (?P<meaning>.*) \|$", re.MULTILINE
)
WORDS = {"true": "True", "false": "False", "null": "None"}


@dataclass(frozen=True, slots=True)
class Pair:
    """One question in both forms; ``name`` is what its answer is called in Python."""

    name: str
    shell: str
    python: str
    indexes: tuple[str, ...]
    """What the page says that it is served by."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row of the schema."""

    type: str
    meaning: str


def text() -> str:
    """The page as it stands."""
    return PAGE.read_text("utf-8")


def chapter(title: str) -> str:
    """What stands below the heading ``title``, to the next one of its level."""
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text(), flags=re.DOTALL | re.MULTILINE)
    return found


def questions() -> list[Pair]:
    """The questions of the page, in order."""
    found, at, asked = [], 0, chapter("The questions")
    for match in PAIR.finditer(asked):
        claims = re.findall(r"Index: (`\w+`(?:,\s`\w+`)*)", asked[at : match.start()])
        names = tuple(re.findall(r"\w+", claims[-1])) if claims else ()
        found.append(Pair(answer(match["python"]), match["shell"], match["python"], names))
        at = match.end()
    return found


def fields() -> dict[str, dict[str, Field]]:
    """{collection: {path: its row}}."""
    parts = re.split(r"^### (`.+`)\n", chapter("The schema"), flags=re.MULTILINE)
    return {
        name: {row["field"]: Field(row["type"], row["meaning"]) for row in ROW.finditer(body)}
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
        for name in re.findall("`(.+?)`", heading)
    }


def blocks(language: str, of: str) -> list[str]:
    """The blocks of code in ``language`` that stand in the chapter ``of``, in order."""
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^\1```$", chapter(of), flags=re.DOTALL | re.MULTILINE
    )
    return [textwrap.dedent(code) for _, code in found]


def examples() -> dict[str, str]:
    """{collection: the example of it, as mongosh shows it}."""
    return {match["collection"]: match["document"] for match in EXAMPLE.finditer(text())}


def renewed(page: str, documents: Mapping[str, Any]) -> str:
    """The page with its generated parts written anew from its questions and ``documents``."""
    asked = chapter("The questions")
    page = page.replace(asked, PAIR.sub(_translated, asked))
    return EXAMPLE.sub(lambda m: m[1] + shown(documents[m["collection"]]) + "\n" + m[4], page)


def _translated(pair: re.Match[str]) -> str:
    name = answer(pair["python"])
    return f"```js\n{pair['shell']}```\n```python\n{pythonic(name, pair['shell'])}```\n"


def answer(python: str) -> str:
    """What the last statement gives a value to; empty where it gives none."""
    return ["", *re.findall(r"^(\w+) = ", python, flags=re.MULTILINE)][-1]


def pythonic(name: str, shell: str) -> str:
    """The question ``shell`` for pymongo, line by line, its answer called ``name``."""
    body = re.sub(r"^ +", lambda m: 2 * m[0], "".join(_words(shell)), flags=re.MULTILINE)
    imports = "from datetime import datetime, timezone\n\n" if "datetime(" in body else ""
    return f"{imports}{name} = {body}"


def _words(shell: str) -> Iterator[str]:
    tokens = list(TOKEN.finditer(shell))
    dates = iter(re.findall(r'ISODate\("(.*?)"\)', shell))
    for i, token in enumerate(tokens):
        word, after = token.group(), tokens[i + 1].group() if i + 1 < len(tokens) else ""
        before = tokens[i - 1].group() if i else ""
        if token.lastgroup != "name":
            yield "" if _inside_date(tokens, i) else word
        elif after == ":":
            yield f'"{word}"'
        elif word == "ISODate":
            yield _python_date(CONSTRUCTORS[word](next(dates)))
        elif before == ".":
            yield re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"_{m[0].lower()}", word)
        else:
            yield WORDS.get(word, word)


def _inside_date(tokens: list[re.Match[str]], i: int) -> bool:
    return any(token.group() == "ISODate" for token in tokens[max(0, i - 3) : i])


def _python_date(moment: datetime) -> str:
    parts = [moment.year, moment.month, moment.day, moment.hour]
    return f"datetime({', '.join(map(str, parts))}, tzinfo=timezone.utc)"


def shown(value: Any, indent: str = "") -> str:
    """A document as mongosh writes it, short parts on one line."""
    flat = _flat(value)
    if not isinstance(value, (dict, list)) or len(indent) + len(flat) <= 90:
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        parts, ends = [shown(one, deeper) for one in value], "[]"
    else:
        parts, ends = [f"{_key(k)}: {shown(v, deeper)}" for k, v in value.items()], "{}"
    inner = ",\n".join(deeper + part for part in parts)
    return f"{ends[0]}\n{inner}\n{indent}{ends[1]}"


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)}: {_flat(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flat, value)) + "]"
    if isinstance(value, datetime):
        return f'ISODate("{value.isoformat(timespec="milliseconds").replace("+00:00", "Z")}")'
    if isinstance(value, ObjectId):
        return f'ObjectId("{value}")'
    if isinstance(value, bytes):
        return f'BinData(0, "{base64.b64encode(value).decode()}")'
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else json.dumps(name)
