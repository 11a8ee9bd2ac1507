"""Which objectives a worker may run: judged by the study's document, before anything is fetched.

What the document says must hold for the bundle, too: the agent fetches only bytes of the digest
that was signed, and looks at their manifest; the child sees once more that what it is about to
bring to life has that digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from parzen.shared.entries import Importable
from parzen.shared.errors import InvalidInput, Untrusted
from parzen.shared.keyfiles import read_keyring
from parzen.shared.records import Study, Uid
from parzen.shared.signing import Keyring
from parzen.worker.options import Options


@dataclass(frozen=True, slots=True)
class Policy:
    """What a worker asks of an objective; None asks nothing.

    One of ``keys`` must have signed it for its study; it must be a function that ``only`` allows.
    Of ``images``, patterns as a shell has them, one must fit its study's image, which is code as
    well and which nobody signs.
    """

    keys: Keyring | None = None
    only: Importable | None = None
    images: tuple[str, ...] | None = None

    def check(self, study: Study) -> None:
        """See whether the worker may run the objective of ``study``, as its document stands.

        Raises:
            Untrusted: it may not; one sentence says why.
        """
        if self.keys is not None:
            self.keys.check(study)
        if self.only is not None and study.objective is not None:
            self.only.check_name(study.objective.entry, "objective")
        if self.images is not None and study.image is not None:
            _check_image(study.image.name, self.images)

    def __str__(self) -> str:
        said = []
        if self.keys is not None:
            said.append(f"signed by {self.keys}")
        if self.only is not None:
            below = " or ".join(self.only.prefixes) or "any installed package"
            said.append(f"a function of {below}")
        if self.images:
            said.append(f"in no image but {' or '.join(self.images)}")
        return " and ".join(said) or "anybody's"


def policy(options: Options) -> Policy:
    """What a worker of these options asks of objectives; reads the keys.

    Raises:
        InvalidInput: functions are allowed by name although anything is unpickled.
        InvalidKey: a trusted key cannot be read, or anybody could have put it there.
        ParzenError: keys are trusted and the extra ``signing`` is not installed.
    """
    if options.allow_entries and not options.no_pickle:
        raise InvalidInput(
            "--allow-entry limits nothing while objectives are unpickled: add --no-pickle"
        )
    for prefix in options.allow_entries:
        if not all(part.isidentifier() for part in prefix.split(".")):
            raise InvalidInput(
                f"--allow-entry {prefix!r} is no module: give one such as mylab.objectives"
            )
    return Policy(
        keys=read_keyring(options.trust) if options.trust else None,
        only=Importable(options.allow_entries) if options.no_pickle else None,
        images=options.allow_images or (() if options.trust or options.no_pickle else None),
    )


def _check_image(name: str, allowed: tuple[str, ...]) -> None:
    if not any(fnmatchcase(name, pattern) for pattern in allowed):
        patterns = f"only {' or '.join(allowed)}" if allowed else "none"
        raise Untrusted(
            f"this worker allows {patterns} of the images in which trials may run, and not {name}: "
            "start it with --allow-image for this one"
        )


class Refusals:
    """The studies that a policy refuses, of those that were read last; each is judged once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._judged: dict[tuple[object, ...], str | None] = {}
        self.reasons: Mapping[Uid, str] = {}
        """Why each of them is refused, in one sentence."""

    def judge(self, studies: Iterable[Study]) -> list[tuple[Study, str]]:
        """Judge ``studies``; those that are refused and were not before, with the reason."""
        before, reasons = self.reasons, {}
        judged, fresh = self._judged, []
        self._judged = {}
        for study in studies:
            known = _facts(study)
            reason = judged[known] if known in judged else self._reason(study)
            self._judged[known] = reason
            if reason is not None:
                reasons[study.uid] = reason
                if before.get(study.uid) != reason:
                    fresh.append((study, reason))
        self.reasons = reasons
        return fresh

    def _reason(self, study: Study) -> str | None:
        if study.objective is None:  # nobody can run it
            return None
        try:
            self._policy.check(study)
        except Untrusted as error:
            return str(error)
        return None


def _facts(study: Study) -> tuple[object, ...]:
    """All that a judgement depends on."""
    objective = study.objective
    if objective is None:
        return (study.uid,)
    signed = (objective.signed_by, objective.signature)
    image = study.image and study.image.name
    return (study.name, study.uid, objective.digest, objective.entry, image, *signed)
