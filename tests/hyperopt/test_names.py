"""The modules and names that Hyperopt's users import."""

from __future__ import annotations

from importlib import import_module

import pytest

NAMES = {
    "": "FMinIter fmin fmin_pass_expr_memo_ctrl partial space_eval tpe rand anneal atpe mix hp "
    "pyll exceptions Trials trials_from_docs Ctrl Domain STATUS_FAIL STATUS_NEW STATUS_OK "
    "STATUS_RUNNING STATUS_STRINGS STATUS_SUSPENDED JOB_STATES JOB_STATE_DONE JOB_STATE_ERROR "
    "JOB_STATE_NEW JOB_STATE_RUNNING base progress pyll_utils utils",
    ".base": "Trials Ctrl Domain trials_from_docs SONify miscs_to_idxs_vals miscs_update_idxs_vals "
    "spec_from_misc JOB_STATE_CANCEL JOB_VALID_STATES TRIAL_KEYS TRIAL_MISC_KEYS AllTrialsFailed "
    "DuplicateLabel InvalidLoss InvalidResultStatus InvalidTrial STATUS_OK JOB_STATES",
    ".fmin": "fmin space_eval FMinIter partial generate_trials_to_calculate generate_trial "
    "fmin_pass_expr_memo_ctrl",
    ".hp": "choice lognormal loguniform normal pchoice qlognormal qloguniform qnormal quniform "
    "randint uniform uniformint",
    ".pyll": "Apply Literal as_apply clone dfs rec_eval scope toposort stochastic base",
    ".pyll.base": "Apply Literal SymbolTable SymbolTableEntry PyllImportError MissingArgument "
    "GarbageCollected apply as_apply clone dfs rec_eval scope toposort partial",
    ".pyll.stochastic": "sample recursive_set_rng_kwarg implicit_stochastic "
    "implicit_stochastic_symbols uniform normal randint categorical one_of choice",
    ".pyll_utils": "hp_choice hp_uniform hp_loguniform hp_pchoice hp_randint hp_uniformint "
    "hp_quniform hp_qloguniform hp_normal hp_qnormal hp_lognormal hp_qlognormal",
    ".utils": "coarse_utcnow pmin_sampled use_obj_for_literal_in_memo",
    ".early_stop": "no_progress_loss",
    ".progress": "default_callback no_progress_callback",
}


@pytest.mark.parametrize("module", NAMES)
def test_a_module_has_its_names(module):
    found = import_module(f"parzen.hyperopt{module}")
    for name in NAMES[module].split():
        assert getattr(found, name) is not None


@pytest.mark.parametrize("module", NAMES)
def test_hyperopts_module_has_them_too(module):
    theirs = import_module(f"hyperopt{module}")
    assert [name for name in NAMES[module].split() if not hasattr(theirs, name)] == []
