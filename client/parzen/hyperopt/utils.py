"""Hyperopt's module of this name, as far as others import from it."""

from __future__ import annotations

from parzen.hyperopt.documents import coarse_utcnow
from parzen.hyperopt.domain import use_obj_for_literal_in_memo
from parzen.hyperopt.judging import pmin_sampled

__all__ = ["coarse_utcnow", "pmin_sampled", "use_obj_for_literal_in_memo"]
