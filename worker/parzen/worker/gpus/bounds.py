"""Which GPUs an agent may hand out: pure, from what the driver shows and what the environment says.

The driver shows every GPU of the machine whatever the environment says, but for what a container
or a cgroup hides from it. Who started the agent may have less in mind: a Slurm job's share, a
container's, or a CUDA_VISIBLE_DEVICES of their own. A list of places counts among the GPUs in PCI
order, and ends at the first word that names none, as CUDA reads it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from parzen.shared.errors import InvalidInput
from parzen.shared.plain import shown
from parzen.worker.gpus.driver import Found, Silent

CONTAINER = "NVIDIA_VISIBLE_DEVICES"
"""What NVIDIA's container runtime was asked for: places among the host's GPUs."""

SLURM = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS")
"""Places among the node's GPUs that Slurm has given; the step's bound the job's."""

DIGITS = 10
"""A number of as many digits is no place."""

NONE = frozenset({"", "-1", "none", "void", "NoDevFiles"})


def allowed(
    found: Sequence[Found],
    names: Sequence[str],
    environ: Mapping[str, str],
    silent: Sequence[Silent] = (),
) -> tuple[Sequence[Found], str | None]:
    """Those of ``found`` that may be handed out, and in words what bounds them, if something does.

    ``names`` are the variables that the maker's own libraries heed; ``silent`` are cards that do
    not answer, and have their places on the machine all the same.
    """
    mute = {one.index for one in silent}
    left, why = (found, None) if _unsaid(environ) else _outer(found, CONTAINER, environ, mute)
    heeded = [name for name in names if name in environ]
    for name in heeded:
        left, why = _listed(left, environ[name]), f"{name}={environ[name]!r}"
    if heeded or "SLURM_JOB_ID" not in environ:
        return left, why
    given = next((name for name in SLURM if name in environ), None)
    if given is None:
        return [], f"Slurm's job {environ['SLURM_JOB_ID']}, which has none"
    left, bound = _outer(left, given, environ, mute)
    return left, bound or why


def _unsaid(environ: Mapping[str, str]) -> bool:
    """Whether the container's variable says nothing: a runtime that uses CDI writes "void"."""
    return environ.get(CONTAINER, "").strip() == "void"


def _outer(
    found: Sequence[Found], name: str, environ: Mapping[str, str], mute: Collection[str]
) -> tuple[Sequence[Found], str | None]:
    """What a variable leaves that counts on the machine, while some may be hidden already.

    Where no more are there than it lists, answering or not, they are those that it lists.
    """
    value = environ.get(name)
    if value is None or value.strip() == "all":
        return found, None
    words = dict.fromkeys(word.strip() for word in value.split(",") if word.strip())
    listed = [word for word in words if word not in NONE]
    if listed and len({one.card for one in found}) + len(mute) <= len(listed):
        return found, None
    chosen: list[Found] = []
    for word in listed:
        named = [one for one in found if word in (one.index, f"{one.card}")] or _by_id(found, word)
        chosen += [one for one in named if one not in chosen]
    return chosen, f"{name}={value!r}"


def _listed(found: Sequence[Found], value: str) -> Sequence[Found]:
    """Those that a list names, in its order, up to the first word that names none."""
    chosen: list[Found] = []
    if value.strip() in NONE:
        return chosen
    for word in value.split(","):
        named = _named(found, word.strip())
        if not named:
            break
        chosen += [one for one in named if one not in chosen]
    return chosen


def _named(found: Sequence[Found], word: str) -> Sequence[Found]:
    """What one word names: a place in ``found``, a MIG instance's, or the beginning of an id."""
    if word.isdecimal() and len(word) < DIGITS:
        cards = sorted({one.card for one in found})
        if int(word) >= len(cards):
            return []
        return [one for one in found if one.card == cards[int(word)]]
    if word.replace(":", "").isdecimal():
        return [one for one in found if one.index == word]
    return _by_id(found, word)


def _by_id(found: Sequence[Found], word: str) -> Sequence[Found]:
    """The one whose id begins so; none where several do."""
    fits = [one for one in found if word and one.uuid.lower().startswith(word.lower())]
    return fits if len(fits) == 1 else [one for one in fits if one.uuid == word]


def wanted(
    found: Sequence[Found], words: Sequence[str], why: str | None, silent: Sequence[Silent] = ()
) -> Sequence[Found]:
    """Those that ``--gpus`` names: by the driver's places, or by the beginnings of ids.

    Raises:
        InvalidInput: a word names none of ``found``, which ``why`` may have bounded.
    """
    if not words or list(words) == ["all"]:
        return found
    if list(words) == ["none"]:
        return []
    chosen: list[Found] = []
    for word in words:
        named = [one for one in found if word in (one.index, f"{one.card}")]
        named = named or list(_by_id(found, word))
        if not named:
            raise InvalidInput(_not_there(word, found, why, silent))
        chosen += [one for one in named if one not in chosen]
    return chosen


def _not_there(word: str, found: Sequence[Found], why: str | None, silent: Sequence[Silent]) -> str:
    mute = next((one for one in silent if one.index == word), None)
    if mute is not None:
        return f"--gpus names {shown(word)}, which does not answer ({mute.said}): leave it out"
    bound = f", where {why}" if why else ""
    if not found:
        return (
            f"--gpus names {shown(word)}, and this worker may hand out no GPU{bound}: see what "
            "`parzen doctor` says of them, or leave the option out"
        )
    there = ", ".join(f"{one.index} ({one.uuid})" for one in found)
    return (
        f"--gpus names {shown(word)}, and this worker may hand out {there}{bound}: name some of "
        "these, by place or by id, or leave the option out"
    )
