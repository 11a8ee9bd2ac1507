import pytest

from parzen.client.importing.gathering import Choices, gather
from parzen.shared.errors import InvalidInput
from parzen.shared.records import Trial

HEADER = "lr,layers,opt,opt/sgd/momentum,value,state"
GOOD = ["0.01,3,adam,,0.5,", "0.02,5,sgd,0.5,0.4,"]


def found(study, source, existing=(), **choices):
    return gather(study, source, existing, Choices(**choices))


def taken(study, drafts):
    """Trials as the store has them once ``drafts`` were added."""
    return [
        Trial(study=study.name, uid=study.uid, number=n, params=d.params, state=d.state,
              value=d.value, started_at=d.started_at, finished_at=d.finished_at)
        for n, d in enumerate(drafts, start=7)
    ]  # fmt: skip


def test_every_row_is_a_draft_that_says_whence_it_comes(study, csv_source):
    gathered = found(study, csv_source(HEADER, *GOOD))
    assert [draft.value for draft in gathered.drafts] == [0.5, 0.4]
    assert [draft.enqueued_by for draft in gathered.drafts] == ["x.csv:2", "x.csv:3"]
    assert gathered.places == ["line 2", "line 3"]


def test_one_row_that_does_not_fit_holds_up_all(study, csv_source):
    lines = [HEADER, *GOOD, "9,3,adam,,1,", "0.1,4,adam,,1,"]
    with pytest.raises(InvalidInput) as told:
        found(study, csv_source(*lines))
    assert str(told.value) == (
        "x.csv, line 4: the column 'lr' is 9; it must be a number from 1e-05 to 0.1 (1 more row "
        "does not fit): nothing was imported; mend it, or leave such rows out with --skip-invalid "
        "(in Python skip_invalid=True)"
    )


def test_rows_that_do_not_fit_may_be_left_out_and_the_first_are_told(study, csv_source):
    lines = [HEADER, GOOD[0], *(f"{n},3,adam,,1," for n in range(1, 6))]
    source = csv_source(*lines)
    gathered = found(study, source, skip_invalid=True)
    assert len(gathered.drafts) == 1
    said = gathered.remarks(source)
    assert said[0].startswith("left out: line 3: the column 'lr' is 1;")
    assert said[-1] == "and 2 more rows like these"


def test_what_has_not_ended_is_no_earlier_trial(study, csv_source):
    source = csv_source(HEADER, GOOD[0], ",,,,,waiting", "0.1,3,adam,,,running")
    gathered = found(study, source)
    assert len(gathered.drafts) == 1
    assert gathered.remarks(source) == ["2 trials that had not ended are left out"]


def test_values_of_parameters_that_take_no_part_are_left_out_with_a_word(study, csv_source):
    source = csv_source(HEADER, "0.01,3,adam,0.9,0.5,")
    assert found(study, source).remarks(source) == [
        "1 value of parameters that take no part in their trial were left out: opt/sgd/momentum"
    ]


def test_what_the_study_has_is_not_imported_twice(study, csv_source):
    have = taken(study, found(study, csv_source(HEADER, *GOOD)).drafts)
    grown = [HEADER, *GOOD, "0.03,7,adam,,0.3,"]
    with pytest.raises(InvalidInput, match=r"has 2 of the 3 trials of x.csv already \(line 2 is t"):
        found(study, csv_source(*grown), have)
    gathered = found(study, csv_source(*grown), have, skip_known=True)
    assert [draft.value for draft in gathered.drafts] == [0.3]
    assert gathered.remarks(csv_source(*grown)) == ["2 rows that the study has were left out"]
    assert len(found(study, csv_source(*grown), have, again=True).drafts) == 3


def test_a_point_that_was_evaluated_twice_alike_is_two_trials(study, csv_source):
    assert len(found(study, csv_source(HEADER, GOOD[0], GOOD[0])).drafts) == 2
