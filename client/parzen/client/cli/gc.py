"""``parzen gc``: shows what nobody needs any more, then deletes it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parzen.client.cli.ages import age
from parzen.client.cli.opening import opened
from parzen.client.wording import counted
from parzen.shared.captured import human
from parzen.shared.commandline import store_options
from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.printing import Column, json_option, listing, note, print_json, say

if TYPE_CHECKING:
    from parzen.client.tidying import Litter
    from parzen.shared.mongo import MongoStore

OLD_S, FINISHED_S = 86_400.0, 7 * 86_400.0
"""How old things must be where nobody says it, in seconds; the second is for --finished."""

IN_STORE, HERE = "the store", "this machine"


@dataclass(frozen=True, kw_only=True)
class Heap:
    """Things of one kind that nobody needs; ``deleted`` is how many were deleted."""

    where: str
    kind: str
    why: str
    count: int
    bytes: int
    deleted: int = 0


COLUMNS: tuple[Column[Heap], ...] = (
    Column("where", lambda heap: heap.where),
    Column("count", lambda heap: f"{heap.count}", right=True),
    Column("size", lambda heap: human(heap.bytes), right=True),
    Column("what", lambda heap: f"{heap.kind} {heap.why}", wide=True),
)


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show only; delete nothing.")
@click.option(
    "--older-than",
    "older_s",
    callback=age,
    metavar="AGE",
    help="Only what is older, such as 12h, 7d or 2w, at least 10m, since an upload may still go on "
    " [default: 1d, and 7d for --finished]",
)
@click.option(
    "--finished",
    is_flag=True,
    help="On this machine also the directories and outputs of trials that are over, of studies "
    "that stand. A trial that runs or waits keeps its own.",
)
@click.option(
    "--workdir",
    "workdirs",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where workers of this machine have their trials; may be given several times  [default: "
    "work/ below the data directory]",
)
@json_option
@store_options
def gc(
    *,
    where: StoreAddress,
    yes: bool,
    dry_run: bool,
    older_s: float | None,
    finished: bool,
    workdirs: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Show what nobody needs any more, ask, and delete it.

    In the store: pieces of uploads that were cut short, objectives that no study names, and what
    deletions that were cut short left of studies. On this machine: directories of trials whose
    study was deleted, and fetched objectives that no study names. Directories that may be another
    store's are left alone, and counted.

    Where nobody can be asked, it only shows, unless --yes is given. Deleting in the store takes an
    operator's rights.
    """
    if yes and dry_run:
        raise InvalidInput("--yes and --dry-run exclude each other: leave one of them out")
    roots = [root.expanduser().absolute() for root in workdirs or (where.home / "work",)]
    with opened(where) as store:
        litter = _look(store, where, roots, older_s, finished=finished)
        heaps = [*_in_store(store, older_s), *_here(litter)]
        if not as_json:
            _show(heaps, litter, roots)
        if heaps and not dry_run and _allowed(heaps, yes=yes, as_json=as_json):
            # somebody may have asked for a trial again while the question stood
            litter = _still(litter, _look(store, where, roots, older_s, finished=finished))
            gone = _clear_here(litter)
            try:
                gone |= _clear_store(store, heaps, older_s)
            finally:  # what was deleted is told, whatever was refused then
                heaps = [replace(h, deleted=gone.get((h.where, h.kind, h.why), 0)) for h in heaps]
                if not as_json:
                    _tell(heaps)
    if as_json:
        print_json("orphans", heaps)


def _look(
    store: MongoStore,
    where: StoreAddress,
    roots: Sequence[Path],
    older_s: float | None,
    *,
    finished: bool,
) -> Litter:
    from parzen.client.tidying import look  # noqa: PLC0415 - `--help` needs no driver

    found = look(
        store,
        roots,
        where.home / "bundles",
        here=time.time(),
        older_s=OLD_S if older_s is None else older_s,
        finished_s=FINISHED_S if older_s is None else older_s,
    )
    return found if finished else replace(found, finished=())


def _in_store(store: MongoStore, older_s: float | None) -> Iterator[Heap]:
    for one in store.orphans(older_s):
        yield Heap(where=IN_STORE, kind=one.kind, why=one.why, count=one.count, bytes=one.bytes)


def _here(litter: Litter) -> Iterator[Heap]:
    from parzen.worker.remains import size_of  # noqa: PLC0415 - as above

    for name, paths in _piles(litter).items():
        _, kind, why = name
        size = size_of(path for some in paths for path in some)
        yield Heap(where=HERE, kind=kind, why=why, count=len(paths), bytes=size)


Name = tuple[str, str, str]
"""Where a heap is, of which kind, and why it may go."""


def _piles(litter: Litter) -> dict[Name, list[tuple[Path, ...]]]:
    piles: dict[Name, list[tuple[Path, ...]]] = {
        (HERE, "directories", "of trials of deleted studies"): [r.paths for r in litter.deleted],
        (HERE, "directories", "of trials that are over"): [r.paths for r in litter.finished],
        (HERE, "fetched objectives", "that no study names"): [(b.path,) for b in litter.bundles],
    }
    return {name: paths for name, paths in piles.items() if paths}


def _show(heaps: Sequence[Heap], litter: Litter, roots: Sequence[Path]) -> None:
    listing(heaps, COLUMNS, kind="orphans", as_json=False, empty="Nothing is left over.")
    if litter.unknown:
        note(
            f"note: left alone in {', '.join(map(str, roots))}, since it may be another store's: "
            f"{counted(len(litter.unknown), 'attempt')}, such as {litter.unknown[0].paths[0]}"
        )


def _allowed(heaps: Sequence[Heap], *, yes: bool, as_json: bool) -> bool:
    """Whether to delete what was shown: who can be asked is asked."""
    if yes:
        return True
    if as_json or not sys.stdin.isatty():
        note("note: nothing was deleted; --yes deletes what is shown")
        return False
    size = human(sum(heap.bytes for heap in heaps))
    return click.confirm(f"Delete all of this, {size}, for good?", err=True)


def _still(shown: Litter, now: Litter) -> Litter:
    """What was shown and may go still."""
    return replace(
        shown,
        deleted=[one for one in now.deleted if one in shown.deleted],
        finished=[one for one in now.finished if one in shown.finished],
        bundles=[one for one in now.bundles if one in shown.bundles],
    )


def _clear_here(litter: Litter) -> dict[Name, int]:
    """Delete what was found on this machine; how many of each pile."""
    from parzen.worker.remains import drop_empty  # noqa: PLC0415 - as above

    gone: dict[Name, int] = {}
    for name, piles in _piles(litter).items():
        gone[name] = sum(map(_removed, piles))
    drop_empty([*litter.deleted, *litter.finished])
    return gone


def _removed(paths: tuple[Path, ...]) -> bool:
    from parzen.worker.remains import remove  # noqa: PLC0415 - as above

    try:
        remove(paths)
    except OSError as error:
        note(f"parzen: {paths[0]} stays: {error.strerror or error}")
        return False
    return True


def _clear_store(
    store: MongoStore, heaps: Sequence[Heap], older_s: float | None
) -> Mapping[Name, int]:
    """Delete the store's orphans, looked for once more; how many of each heap.

    Raises:
        StoreDenied: the user may not.
    """
    mine = [heap for heap in heaps if heap.where == IN_STORE]
    gone = store.clear_orphans(older_s) if mine else {}
    return {(h.where, h.kind, h.why): gone[h.kind] for h in mine if h.kind in gone}


def _tell(heaps: Sequence[Heap]) -> None:
    for heap in heaps:
        say(f"deleted {heap.deleted} of {heap.count}: {heap.kind} {heap.why}")
