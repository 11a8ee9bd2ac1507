from __future__ import annotations

import re

import pytest

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidStudy
from parzen.shared.mongo.sizes import PARAMS_BYTES, STUDY_BYTES, refuse_large
from parzen.shared.records import Study, Uid


def study(*options):
    dimensions = (Dimension(name="c", kind=Kind.CHOICE, choices=options),)
    return Study(name="large", uid=Uid("u"), dimensions=dimensions)


def test_what_fits_is_let_through():
    refuse_large(study("a" * (PARAMS_BYTES // 2), "b"))


def test_one_trial_that_would_not_fit_is_told_with_its_size():
    with pytest.raises(InvalidStudy, match=re.escape("take up to 5.0 MiB, of which a trial holds")):
        refuse_large(study("a" * (5 * 2**20), "b"))


def test_many_options_that_fit_into_a_trial_may_not_fit_into_the_study():
    options = [f"{n}" + "a" * 2**20 for n in range(STUDY_BYTES // 2**20 + 1)]
    with pytest.raises(InvalidStudy, match=r"study 'large' takes 9\.0 MiB with its search space"):
        refuse_large(study(*options))
