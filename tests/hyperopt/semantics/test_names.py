"""The names that scripts import, and the arguments that they call them with."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

NAMES = {
    "": (
        "fmin space_eval partial fmin_pass_expr_memo_ctrl FMinIter Trials trials_from_docs Ctrl "
        "Domain hp tpe rand anneal atpe mix pyll base exceptions "
        "STATUS_NEW STATUS_RUNNING STATUS_SUSPENDED STATUS_OK STATUS_FAIL STATUS_STRINGS "
        "JOB_STATE_NEW JOB_STATE_RUNNING JOB_STATE_DONE JOB_STATE_ERROR JOB_STATES"
    ),
    "base": (
        "Trials Ctrl Domain trials_from_docs SONify miscs_to_idxs_vals miscs_update_idxs_vals "
        "spec_from_misc TRIAL_KEYS TRIAL_MISC_KEYS JOB_STATE_CANCEL JOB_VALID_STATES"
    ),
    "exceptions": (
        "BadSearchSpace DuplicateLabel InvalidTrial InvalidResultStatus InvalidLoss "
        "AllTrialsFailed InvalidAnnotatedParameter"
    ),
    "hp": (
        "choice lognormal loguniform normal pchoice qlognormal qloguniform qnormal quniform "
        "randint uniform uniformint"
    ),
    "fmin": "fmin FMinIter space_eval partial generate_trial generate_trials_to_calculate",
    "early_stop": "no_progress_loss",
    "pyll": "Apply Literal as_apply clone dfs rec_eval scope toposort stochastic base",
    "pyll.base": "Apply Literal as_apply clone dfs rec_eval scope toposort GarbageCollected",
    "pyll.stochastic": "sample recursive_set_rng_kwarg",
    "utils": "coarse_utcnow use_obj_for_literal_in_memo",
    "progress": "default_callback no_progress_callback",
}

CALLED = [
    ("", "fmin"),
    ("", "space_eval"),
    ("", "trials_from_docs"),
    ("", "Trials"),
    ("", "Trials.fmin"),
    ("", "Trials.view"),
    ("", "Trials.new_trial_docs"),
    ("", "Trials.source_trial_docs"),
    ("", "Trials.count_by_state_synced"),
    ("", "Ctrl"),
    ("", "Ctrl.inject_results"),
    ("", "Domain"),
    ("", "Domain.evaluate"),
    ("tpe", "suggest"),
    ("rand", "suggest"),
    ("mix", "suggest"),
    ("early_stop", "no_progress_loss"),
    ("pyll", "rec_eval"),
    ("pyll.stochastic", "sample"),
    ("base", "miscs_update_idxs_vals"),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there(hyperopt, module, name):
    found = module(name) if name else hyperopt
    assert [each for each in NAMES[name].split() if not hasattr(found, each)] == []


def test_constants_have_their_values():
    theirs, ours = import_module("hyperopt"), import_module("parzen.hyperopt")
    names = [name for name in NAMES[""].split() if name.startswith(("STATUS", "JOB_STATE"))]
    assert {name: getattr(ours, name) for name in names} == {
        name: getattr(theirs, name) for name in names
    }


@pytest.mark.parametrize(("place", "name"), CALLED)
def test_arguments_have_their_names_and_places(place, name):
    def arguments(root):
        found = import_module(f"{root}.{place}".rstrip("."))
        for part in name.split("."):
            found = getattr(found, part)
        return list(inspect.signature(found).parameters)

    theirs = arguments("hyperopt")
    assert arguments("parzen.hyperopt")[: len(theirs)] == theirs
