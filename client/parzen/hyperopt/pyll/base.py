"""Hyperopt's module of this name: graphs, the scope and their evaluation."""

from __future__ import annotations

from parzen.hyperopt.pyll import operations as _operations
from parzen.hyperopt.pyll.evaluation import GarbageCollected, rec_eval
from parzen.hyperopt.pyll.graph import (
    Apply,
    Literal,
    MissingArgument,
    apply,
    as_apply,
    clone,
    dfs,
    toposort,
)
from parzen.hyperopt.pyll.symbols import PyllImportError, SymbolTable, SymbolTableEntry, scope

partial = _operations.partial

__all__ = [
    "Apply",
    "GarbageCollected",
    "Literal",
    "MissingArgument",
    "PyllImportError",
    "SymbolTable",
    "SymbolTableEntry",
    "apply",
    "as_apply",
    "clone",
    "dfs",
    "partial",
    "rec_eval",
    "scope",
    "toposort",
]
