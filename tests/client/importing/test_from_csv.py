import pytest

from parzen.client.importing.rows import Refused
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import TrialState

HEADER = "lr,layers,opt,opt/sgd/momentum"


def test_columns_are_called_as_parameters_or_as_exports_call_them(csv_source):
    for header in (HEADER, "params.lr,layers,params.opt, opt/sgd/momentum "):
        [row] = csv_source(f"{header},value", "0.1,3,sgd,0.5,7").rows
        assert row.params == {"lr": "0.1", "layers": "3", "opt": "sgd", "opt/sgd/momentum": "0.5"}
        assert row.value == 7
        assert (row.place, row.number) == ("line 2", 2)


def test_empty_cells_are_missing(csv_source):
    [row] = csv_source(f"{HEADER},value,state,note", "0.1,3,adam,,,failed,").rows
    assert "opt/sgd/momentum" not in row.params
    assert (row.value, row.state, row.note) == (None, TrialState.FAILED, None)


def test_results_user_data_and_notes_come_along(csv_source):
    [row] = csv_source("lr,loss,result/f1,user/tag,note", '1,2,0.5,\'+1,"so, so"').rows
    assert (row.result, row.user, row.note, row.loss) == ({"f1": 0.5}, {"tag": "+1"}, "so, so", 2)


def test_lines_are_counted_as_editors_do(csv_source):
    rows = csv_source("lr,value,note", '1,2,"three\nlines\nlong"', "", "3,4,").rows
    assert [row.place for row in rows] == ["line 2", "line 6"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_the_cells_of_spreadsheets_of_other_countries_are_found(csv_source, separator):
    [row] = csv_source(separator.join(["lr", "value"]), separator.join(["0.1", "2"])).rows
    assert (row.params, row.value) == ({"lr": "0.1"}, 2)


def test_another_column_may_hold_the_value(csv_source):
    [row] = csv_source("lr,value,acc", "0.1,1,2", value_column="acc").rows
    assert row.value == 2


def test_a_column_of_another_study_is_left_out_with_a_word(csv_source):
    source = csv_source("number,lr,value,epoch,params.dropout,worker", "1,2,3,4,5,6")
    assert source.remarks == (
        "columns that the study has no place for were left out: epoch, params.dropout",
    )


def test_a_parameter_that_is_called_as_a_field_needs_its_whole_name(csv_source, a_study):
    study = a_study(dimensions=(Dimension(name="value", kind=Kind.FLOAT, low=0, high=1),))
    [row] = csv_source("params.value,value", "0.5,7", of=study).rows
    assert (row.params, row.value) == ({"value": "0.5"}, 7)


@pytest.mark.parametrize(
    ("lines", "options", "why"),
    [
        (["epoch,value", "1,2"], {}, "no column of a parameter of study 's': expected lr, layers"),
        (["lr,score", "1,2"], {}, "no column 'value' or 'loss': .*its columns are lr, score"),
        (["lr,value", "1,2"], {"value_column": "acc"}, "has no column 'acc'"),
        (["lr,lr,value", "1,2,3"], {}, "two columns 'lr'"),
        (["lr,params.lr,value", "1,2,3"], {}, "'lr' has two columns, 'params.lr' and 'lr'"),
        ([""], {}, "is empty: expected a header"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(csv_source, lines, options, why):
    with pytest.raises(InvalidInput, match=why):
        csv_source(*lines, **options)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("1,2", "it has 2 cells and the header 4"),
        ("1,abc,,", "the column 'value' is 'abc'; it must be a finite number"),
        ("1,2,done,", "the column 'state' is 'done'; it must be one of"),
        ("1,2,,soon", "the column 'started_at' is 'soon'; it must be a time"),
    ],
)
def test_a_row_that_cannot_be_read_says_where_and_why(csv_source, line, why):
    good, bad = csv_source("lr,value,state,started_at", "1,2,,", line).rows
    assert not isinstance(good, Refused)
    assert str(bad).startswith(f"line 3: {why}")


def test_what_is_no_csv_is_refused_by_its_line(csv_source):
    rows = csv_source("lr,value", "1,2", '"1"x,2').rows
    next(rows)
    with pytest.raises(InvalidInput, match="is no CSV from line 3 on"):
        next(rows)
