"""Keeping secrets out of sentences, logs and the environments of others. Stdlib only.

A store's address holds secrets: the password, and whatever an option may hold of the kind. What is
shown of one is built from the parts that are known to be harmless, never by blotting out those that
are known to be secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

HIDDEN = "***"

HARMLESS = frozenset(
    """
    appname authmechanism authsource compressors connect connecttimeoutms directconnection
    heartbeatfrequencyms journal loadbalanced localthresholdms maxidletimems maxpoolsize
    maxstalenessseconds minpoolsize readconcernlevel readpreference replicaset retryreads
    retrywrites serverselectiontimeoutms sockettimeoutms srvmaxhosts srvservicename ssl tls
    tlsallowinvalidcertificates tlsallowinvalidhostnames tlscafile tlscrlfile
    tlsdisableocspendpointcheck tlsinsecure uuidrepresentation w waitqueuetimeoutms wtimeoutms
    zlibcompressionlevel
    """.split()  # noqa: SIM905 - a list of forty strings is read less easily
)
"""Options of an address whose values are no secret, in small letters."""

TEMPLATE = "[user:password@]"
"""How sentences of ours say where a user and a password stand."""

NEXT = re.compile(r"""(?<=\n)|(?<=[\s'"`(=<,])(?=[^\s:@'"`(=<,]*:/)""")
"""Where another line begins, or another word that may be an address."""

START = re.compile(
    rf"(?i)(?<![\w+.-])(?:[\w+.-]+:/+(?!/)|mongodb(?:\+srv)?:(?!/))(?!{re.escape(TEMPLATE)})"
)
"""What an address in a text begins with, of whatever scheme; a path may have lost its slashes."""

NAME = re.compile(r"[^:/@?\s]*")
"""A user's name, as far as it can be told from a password."""

OPTION = re.compile(
    r"(?i)(?P<name>password|pwd|sessiontoken|AWS_SESSION_TOKEN|authMechanismProperties|"
    r"tlsCertificateKeyFile)(?P<is>[=:])[^&\s'\"]+"
)

ADDRESS = re.compile(r"[A-Za-z][\w+.-]+:/")
"""What a path does not begin with: two letters or more, for drives have one."""

SCHEME = re.compile(r"[\w+.-]*:?/{1,}")
"""What an address begins with, however broken."""

PORT = re.compile(r"(?s):(?!\d{1,5}\Z|[0-9a-fA-F:.]*\]).*\Z")
"""A port that is none, and may be a password."""

SECRET_VARIABLE = re.compile(
    r"PARZEN_(STORE(_.*)?|SIGN(_.*)?|(.*_)?(KEY|KEYS|PASSWORD|SECRET|TOKEN)(_.*)?)"
)
"""Variables of ours that hold secrets, or say where they lie."""


@dataclass(frozen=True, slots=True)
class Parts:
    """An address in its parts, however broken: what stands before the last @ may be a password.

    ``user`` can be shown, up to its @; ``database`` has its slash, ``options`` its question mark.
    """

    scheme: str
    user: str
    password: str | None
    hosts: str
    database: str
    options: str

    @classmethod
    def of(cls, uri: str) -> Parts:
        """Take ``uri`` apart."""
        match = SCHEME.match(uri)
        scheme = match.group() if match else ""
        userinfo, at, place = uri[len(scheme) :].rpartition("@")
        user, colon, password = userinfo.partition(":")
        if "?" in userinfo:  # the @ stands in an option or in a password: nobody can tell
            user, colon, password = HIDDEN, ":", f"{userinfo}@{place}"
            place = ""
        elif "/" in user:
            user, colon, password = HIDDEN, ":", userinfo
        if not at and PORT.search(re.split("[/?,]", place)[0]):  # a user without a host
            user, colon, password = place.partition(":")
            place = ""
        place, question, options = place.partition("?")
        hosts, slash, database = place.partition("/")
        return cls(
            scheme,
            user + (f":{HIDDEN}" if colon else "") + at,
            password if colon else None,
            hosts,
            slash + database,
            question + options,
        )

    @property
    def place(self) -> str:
        """The hosts, with what cannot be a port hidden, and the database."""
        hosts = [PORT.sub(f":{HIDDEN}", host) for host in self.hosts.split(",")]
        return ",".join(hosts) + self.database

    def pairs(self) -> list[tuple[str, str]]:
        """The options, each as (name, value)."""
        texts = [text for text in re.split("[&;]", self.options[1:]) if text]
        return [(name, value) for name, _, value in (text.partition("=") for text in texts)]


def shown(uri: str) -> str:
    """``uri`` for a person to recognise: hosts, database, user's name and harmless options.

    Whatever is not known to be harmless is hidden, also in an address that cannot be read.
    """
    parts = Parts.of(uri)
    query = "&".join(
        f"{name}={value if name.lower() in HARMLESS else HIDDEN}" for name, value in parts.pairs()
    )
    return f"{parts.scheme}{parts.user}{parts.place}" + (f"?{query}" if query else "")


def place(uri: str) -> str:
    """``uri`` without user and options: hosts and database."""
    parts = Parts.of(uri)
    return parts.scheme + parts.place


def secrets(uri: str) -> frozenset[str]:
    """The pieces of ``uri`` that nobody may read, as they stand there and decoded."""
    parts = Parts.of(uri)
    found = [] if parts.password is None else [parts.password]
    found += [bad.group()[1:] for host in parts.hosts.split(",") if (bad := PORT.search(host))]
    found += [value for name, value in parts.pairs() if name.lower() not in HARMLESS]
    decoded = [how(piece) for piece in found for how in (unquote, unquote_plus)]
    return frozenset(piece for piece in (*found, *decoded) if piece)


def holds_secret(uri: str) -> bool:
    """Whether some part of ``uri`` is nobody's business."""
    return bool(secrets(uri))


def redacted(text: str) -> str:
    """``text`` without what may be a password in the addresses in it, of whatever scheme.

    All up to the last @ before the next address may be one, spaces included, where a colon or
    another @ stands before it. A user's name stays where it is sure to be one.
    """
    text = "".join(map(_discreet, NEXT.split(text)))
    return OPTION.sub(rf"\g<name>\g<is>{HIDDEN}", text)


def _discreet(piece: str) -> str:
    """``piece``, which holds one address at most, without its password."""
    start, at = START.search(piece), piece.rfind("@")
    if start is None or at < start.end():
        return piece
    userinfo = piece[start.end() : at]
    user, colon, _ = userinfo.partition(":")
    if not colon and "@" not in userinfo:  # a name alone
        return piece
    shown = f"{user}:{HIDDEN}" if colon and NAME.fullmatch(user) else HIDDEN
    return piece[: start.end()] + shown + piece[at:]


def looks_like_address(text: str) -> bool:
    """Whether ``text``, meant as a path, begins as an address does; slashes may have been lost."""
    return ADDRESS.match(text) is not None


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """``environ`` for a process that is not parzen's own, such as a trial's."""
    return {name: value for name, value in environ.items() if not SECRET_VARIABLE.fullmatch(name)}
