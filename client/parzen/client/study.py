"""A study as its owner declares it, and the two ways to run it: here, or by submitting it."""

from __future__ import annotations

import copy
import dataclasses
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parzen.client import html, presence, staging, terms, warming
from parzen.client.connection import address
from parzen.client.handle import StudyHandle
from parzen.client.identity import owner
from parzen.client.interrupts import interrupted
from parzen.client.local import run_here
from parzen.client.points import completed
from parzen.client.submission import put
from parzen.client.watching import tell
from parzen.client.wording import counted
from parzen.coordinator.samplers import registry
from parzen.shared import signatures
from parzen.shared.errors import InvalidSpace, InvalidStudy
from parzen.shared.home import StoreAddress
from parzen.shared.keyfiles import chosen_signer
from parzen.shared.lifecycle import Retries
from parzen.shared.plain import shown
from parzen.shared.records import Image, Limits, Requires, SamplerSpec, Uid
from parzen.shared.records import Study as Record
from parzen.shared.space import Space

if TYPE_CHECKING:
    from parzen.client.conductor import Conductor

MOST_DIMENSIONS = 10_000
"""With more parameters, reading the study takes a coordinator longer than its trials may."""


class Study:
    """One search: a space, an objective, and when to stop.

    Everything is checked here, so that a study that exists can be submitted.

    Args:
        name: 1 to 100 letters, digits, dots, dashes, underscores; the study's key in the store.
        space: a :class:`Space`, or the structure of dicts, lists and parameters that makes one.
        objective: what is tried: ``objective(params)`` or ``objective(params, trial)``, any
            callable that can be pickled, or "package.module:function" which workers import.
        max_trials: end after so many trials, whatever their end; without it as many as all stages
            have, where each says how many.
        direction: "minimize" or "maximize" what the objective returns.
        sampler: who proposes, by name, or a SamplerSpec with options and perhaps the seed; in
            stages where they do not say. Or a function ``choose(seen, rng)`` of your own, see
            `docs/samplers.md`, which proposes in the process that calls :meth:`run` or
            ``handle.coordinate(choose)``.
        seed: the same trials and seed give the same proposals.
        setup: called once in each of a worker's processes; trials find its result in
            ``trial.shared``.
        timeout_s: end so many seconds after the study started, or was resumed.
        target: end at a value as good as this, in the objective's own units.
        patience: end after so many finished trials without an improvement.
        trial_timeout_s: a trial that takes longer fails.
        retries: {kind of failure: how often it is forgiven}; None is without limit.
        requires: what a worker must have: {"gpus": 1, "gpu_memory_gb": 20, "labels": ["a100"]};
            "time_s" says how long a trial takes, so that nobody begins one shortly before its end.
        image: run each trial in a container of this image, by its name, or
            {"name": "registry/torch:2", "memory_gb": 8, "cpus": 2, "network": "bridge",
            "shm_gb": 2, "pull": "always"}; see `docs/containers.md`.
        priority: higher is served first.
        max_running: at most so many trials at once.
        tags: words to find it by.
        points: points to try first, flat: [{"lr": 0.01, "opt": "sgd"}]; parameters that one leaves
            out are drawn at random.
        max_consecutive_failures: fail the study after so many failed trials in a row.
        stages: a list of :class:`Stage`: each searches some parameters, while the others are held
            at the best so far.
        start: {parameter: value} of what stages hold before a trial is complete; what it leaves
            out is at the middle of its range, or its first option.
        warm_start: earlier studies to learn from, as far as this one turns out like them: their
            names, in the same store, or their handles. Trials of theirs are taken over when the
            study is first submitted; see `docs/warm-starts.md`.

    Raises:
        InvalidStudy: the name, a limit or an option is wrong.
        InvalidSpace: the space cannot be searched.
        InvalidObjective: the objective cannot be called.
        InvalidParams: one of the points does not lie in the space.
    """

    def __init__(
        self,
        name: str,
        *,
        space: Any,
        objective: Callable[..., Any] | str,
        max_trials: int | None = None,
        direction: str = "minimize",
        sampler: str | SamplerSpec | Callable[..., Any] = "auto",
        seed: int = 0,
        setup: Callable[[], Any] | str | None = None,
        timeout_s: float | None = None,
        target: float | None = None,
        patience: int | None = None,
        trial_timeout_s: float | None = None,
        retries: Mapping[str, int | None] | Retries | None = None,
        requires: Mapping[str, Any] | Requires | None = None,
        image: str | Mapping[str, Any] | Image | None = None,
        priority: int = 0,
        max_running: int | None = None,
        tags: Sequence[str] = (),
        points: Sequence[Mapping[str, Any]] = (),
        max_consecutive_failures: int | None = 50,
        stages: Sequence[staging.Stage] | None = None,
        start: Mapping[str, Any] | None = None,
        warm_start: Sequence[str | StudyHandle] = (),
    ) -> None:
        way = terms.direction(direction)
        self.space = space if isinstance(space, Space) else Space(space)
        _refuse_wide(self.space)
        _check_callables(objective, setup)
        self.objective, self.setup = objective, setup
        spec = staging.composed(stages, start, terms.sampler(sampler, seed))
        self.choose = sampler if callable(sampler) else None
        """The sampler, where it is a function of its owner's own."""
        self.warm_start = warming.checked(warm_start, spec)
        """The studies to learn from, by name or as handles; only a new study heeds them."""
        if self.choose is None:
            registry.make(spec, self.space.dimensions)  # refuses what it does not know
        self.record = Record(
            name=terms.name(name),
            uid=Uid(uuid.uuid4().hex),
            dimensions=self.space.dimensions,
            direction=way,
            sampler=spec,
            limits=terms.limits(
                way=way,
                max_trials=staging.limit(spec, max_trials),
                timeout_s=timeout_s,
                target=target,
                patience=patience,
                max_consecutive_failures=max_consecutive_failures,
            ),
            retries=terms.retries(retries),
            trial_timeout_s=terms.seconds("trial_timeout_s", trial_timeout_s),
            requires=terms.requires(requires),
            image=terms.image(image),
            priority=terms.whole("priority", priority),
            max_running=terms.whole("max_running", max_running, least=1, none=True),
            tags=terms.words("tags", tags),
            owner=owner(),
        )
        self.points = _points(self.record, points)
        """What is tried first, flat; only a new study heeds it."""
        self.main_file: Path | None = None
        """The file beside which the objective's own modules lie; found by itself where None."""

    @property
    def name(self) -> str:
        """The study's name."""
        return self.record.name

    def __repr__(self) -> str:
        way, usual = self.record.direction, terms.given(Limits(), self.record.direction)
        limits = terms.given(self.record.limits, way).items()
        said = [f"{name}={limit}" for name, limit in limits if limit != usual[name]]
        size = counted(len(self.record.dimensions), "parameter")
        return f"<Study {self.name!r}: {', '.join([size, way.value, *said])}>"

    def _repr_html_(self) -> str:
        """What a notebook shows of it: its space, its objective and its limits."""
        called = self.objective
        return html.declared(
            self.record, called if isinstance(called, str) else signatures.described(called)
        )

    def renamed(self, name: str) -> Study:
        """The same study under another name."""
        return self._with(name=terms.name(name))

    def limited(self, **limits: int) -> Study:
        """The same study with another ``max_trials`` or ``max_consecutive_failures``.

        Raises:
            InvalidStudy: a limit is not a whole number above 0.
        """
        given = {name: terms.whole(name, value, least=1) for name, value in limits.items()}
        return self._with(limits=dataclasses.replace(self.record.limits, **given))

    def starting(
        self,
        *,
        points: Sequence[Mapping[str, Any]] = (),
        warm_start: Sequence[str | StudyHandle] = (),
    ) -> Study:
        """The same study with more points to try first, and more studies to learn from.

        Raises:
            InvalidParams: one of the points does not lie in the space.
            InvalidStudy: there are more points than trials, or a function proposes.
        """
        other = self._with()
        other.points = _points(self.record, [*self.points, *points])
        other.warm_start = warming.checked([*self.warm_start, *warm_start], self.record.sampler)
        return other

    def _with(self, **changes: Any) -> Study:
        other = copy.copy(self)
        other.record = dataclasses.replace(self.record, uid=Uid(uuid.uuid4().hex), **changes)
        return other

    def submit(
        self,
        store: str | None = None,
        *,
        data_dir: Path | str | None = None,
        sign_key: Path | str | None = None,
        replace_objective: bool = False,
    ) -> StudyHandle:
        """Put the study in a store, or go on with the one of that name and the same space.

        Limits given here replace the stored ones, and a study that had ended is resumed where
        they leave something to do; ``handle.remarks`` says what happened, and
        ``handle.notices()`` what is missing, such as a live worker.

        Where the sampler is a function of your own, nobody proposes until
        ``handle.coordinate(choose)`` or :meth:`run` does.

        Args:
            store: a MongoDB URI; without it ``PARZEN_STORE``, else the embedded server.
            data_dir: where parzen keeps its files on this machine; without it ``PARZEN_HOME``.
            sign_key: a private key of `parzen keygen`, with which a new study is signed for
                workers that trust it; without it ``PARZEN_SIGN_KEY`` (its path) or
                ``PARZEN_SIGN_KEY_PEM`` (the key itself), else it is not signed.
            replace_objective: where the study stands already, run this objective from the next
                attempt on in the place of the stored one; each attempt records what it ran.

        Raises:
            InvalidObjective: the objective cannot travel.
            InvalidInput: the key cannot be used, or others can read it.
            Conflict: the name belongs to a study with another space.
            StoreError: the server does not answer, or refuses.
        """
        where = address(store, data_dir)
        handle = self.submit_to(where, sign_key, replace_objective=replace_objective)
        if handle.record.sampler.function is not None:
            handle.remarks += (presence.by_its_owner(handle.record),)
        return handle

    def submit_to(
        self,
        where: StoreAddress,
        sign_key: Path | str | None = None,
        *,
        replace_objective: bool = False,
    ) -> StudyHandle:
        """Submit to the store that ``where`` names; see :meth:`submit`."""
        from parzen.shared.mongo import open_store  # noqa: PLC0415 - the driver is slow to import

        signer = chosen_signer(sign_key, os.environ)
        store = open_store(where, prepare=True)
        try:
            return put(self, store, where, signer, replace=replace_objective)
        except BaseException:
            store.close()
            raise

    def run(
        self,
        workers: int = 2,
        store: str | None = None,
        *,
        data_dir: Path | str | None = None,
        progress: bool = True,
        replace_objective: bool = False,
    ) -> StudyHandle:
        """Run the study on this machine: submit it, start a coordinator and workers, wait.

        They are stopped at the end and on Ctrl-C; the same call goes on where it stopped, with the
        objective that is stored with the study. What was remarkable about submitting it is said
        on standard error. Where the sampler is a function of your own, the coordinator is a thread
        of this process.

        Args:
            workers: how many trials run at once, each in a worker process of its own.
            store: a MongoDB URI; without it ``PARZEN_STORE``, else the embedded server.
            data_dir: where parzen keeps its files on this machine; without it ``PARZEN_HOME``.
            progress: show how it goes on standard error.
            replace_objective: see :meth:`submit`.

        Raises:
            StudyFailed: the study failed, or ended without one complete trial.
            InvalidStudy: the study that stands has a function as its sampler, and this one none.
            ParzenError: the coordinator or all workers broke down, or no worker can load the
                objective; the message holds why.
            KeyboardInterrupt: Ctrl-C; everything that was started has been stopped.
        """
        terms.whole("workers", workers, least=1)
        where = address(store, data_dir)
        handle = self.submit_to(where, replace_objective=replace_objective)
        for remark in handle.remarks:
            tell(remark, progress=progress)
        try:
            led = self._conductor(handle, where, progress=progress)
            return run_here(handle, where, workers=workers, progress=progress, conductor=led)
        except KeyboardInterrupt:
            handle.close()
            raise interrupted(
                f"study {self.name!r} stays, and the same call goes on where this one stopped"
            ) from None
        except BaseException:
            handle.close()
            raise

    def _conductor(
        self, handle: StudyHandle, where: StoreAddress, *, progress: bool
    ) -> Conductor | None:
        """What leads the study here, where its sampler is a function."""
        stored = handle.record
        if stored.sampler.function is None:
            return None
        if self.choose is None:
            raise InvalidStudy(
                f"study {self.name!r} stands with a function as its sampler, "
                f"{stored.sampler.function}, and is declared here with {self.record.sampler.name!r}"
                ": give the function, Study(..., sampler=choose), or the study another name"
            )
        from parzen.client.conductor import Conductor  # noqa: PLC0415 - most studies need none

        conductor = Conductor(stored, where, self.choose)
        conductor.note_another(progress=progress)
        return conductor


def _points(record: Record, given: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The points to try first, each of which lies in the space, and no more than are tried."""
    if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence):
        raise InvalidStudy(
            f"points={shown(given)} is not usable: give a list of dicts {{parameter: value}}"
        )
    most = record.limits.max_trials
    if most is not None and len(given) > most:
        raise InvalidStudy(
            f"{counted(len(given), 'point')} cannot be tried with max_trials={most}: raise it, or "
            "give fewer points"
        )
    for number, point in enumerate(given):
        completed(record, point, number)
    return tuple(dict(point) for point in given)


def _refuse_wide(space: Space) -> None:
    """More parameters than a coordinator can propose for while workers wait."""
    count = len(space.dimensions)
    if count > MOST_DIMENSIONS:
        raise InvalidSpace(
            f"the space has {count:,} parameters, of which a study takes {MOST_DIMENSIONS:,}: "
            "search fewer at a time, or use an Optimizer, which has no limit"
        )


def _check_callables(objective: Any, setup: Any) -> None:
    """See that a worker will be able to call them, as far as one can tell without a worker."""
    if isinstance(setup, str):
        signatures.check_entry(setup, "setup")
    elif setup is not None:
        signatures.check_setup(setup)
    if isinstance(objective, str):
        signatures.check_entry(objective)
        return
    with_trial = signatures.takes_trial(objective)
    signatures.check_shares(has_setup=setup is not None, with_trial=with_trial, objective=objective)
