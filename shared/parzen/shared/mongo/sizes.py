"""How large the documents of a study will be, reckoned before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence

import bson

from parzen.shared import codec
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidStudy
from parzen.shared.records import Study

STUDY_BYTES = 8 * 2**20
"""How large a study's document may be: half of what MongoDB holds, since it grows."""

PARAMS_BYTES = 4 * 2**20
"""How large a trial's parameters may be: its result and its attempts need room as well."""

ADVICE = "give large options short names with labels=[…], or load them in the objective by name"


def refuse_large(study: Study) -> None:
    """See that the study and each of its trials fit into a document.

    Raises:
        InvalidStudy: they do not; the sentence says how large they are.
    """
    trial = sum(_largest(dimension) for dimension in study.dimensions)
    if trial > PARAMS_BYTES:
        raise InvalidStudy(
            f"the parameters of one trial of study {study.name!r} take up to {_megabytes(trial)}, "
            f"of which a trial holds {_megabytes(PARAMS_BYTES)}: {ADVICE}"
        )
    document = len(bson.encode(codec.study_document(study)))
    if document > STUDY_BYTES:
        raise InvalidStudy(
            f"study {study.name!r} takes {_megabytes(document)} with its search space, of which a "
            f"study holds {_megabytes(STUDY_BYTES)}: {ADVICE}, or search fewer parameters"
        )


def _largest(dimension: Dimension) -> int:
    """How many bytes the parameter takes in a trial at most."""
    large = [c for c in dimension.choices if isinstance(c, (str, bytes, Sequence))]
    longest = max((len(bson.encode({"": codec.stored_value(c)})) for c in large), default=16)
    return len(dimension.name.encode()) + longest


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"
