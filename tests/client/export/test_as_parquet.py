import io
import json
import sys

import pyarrow.parquet as pq
import pytest

from parzen.client.export import as_parquet
from parzen.client.export.spool import Spool
from parzen.client.frame import frame
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidInput, ParzenError


def table(study, trials):
    file = io.BytesIO()
    with Spool(study.dimensions) as spool:
        for trial in trials:
            spool.add(trial)
        as_parquet.write(study, spool, file)
    return pq.read_table(io.BytesIO(file.getvalue()))


def test_columns_have_types_and_missing_values_are_nulls(study, trials, began):
    found = table(study, trials)
    types = {field.name: str(field.type) for field in found.schema}
    assert types["number"] == types["params.layers"] == types["result/n"] == "int64"
    assert types["value"] == types["params.init"] == types["result/f1"] == "double"
    assert types["params.opt"] == types["params.shape"] == types["note"] == "string"
    assert types["started_at"] == "timestamp[us, tz=UTC]"
    rows = found.to_pylist()
    assert rows[0]["value"] == 1 / 3
    assert rows[0]["started_at"] == began
    assert rows[1]["params.opt"] == "=adam"
    assert rows[1]["params.opt/sgd/momentum"] is None
    assert [row["params.shape"] for row in rows[:3]] == ["[1, 2]", '"1"', "1"]


def test_the_file_says_whose_trials_they_are(study, trials):
    about = json.loads(table(study, trials).schema.metadata[b"parzen"])
    assert about == {"study": "s", "uid": "u1", "direction": "maximize"}


def test_pandas_has_the_same_columns(study, trials):
    pandas = frame(study, trials).reset_index()
    parquet = table(study, trials).to_pandas()
    assert list(parquet.columns) == list(pandas.columns)
    for column in ("value", "params.lr", "params.opt", "started_at", "result/n"):
        assert parquet[column].tolist()[0] == pandas[column].tolist()[0]


@pytest.mark.parametrize(
    ("choices", "type_"),
    [
        ((True, False, None), "bool"),
        ((1, 2), "int64"),
        ((1, 0.5), "double"),
        (("a", None), "string"),
        (("a", 1), "string"),
        ((None,), "string"),
    ],
)
def test_a_choice_has_the_narrowest_type_of_its_options(a_study, a_trial, choices, type_):
    study = a_study(dimensions=(Dimension(name="c", kind=Kind.CHOICE, choices=choices),))
    found = table(study, [a_trial(n, params={"c": option}) for n, option in enumerate(choices)])
    assert str(found.schema.field("params.c").type) == type_
    held = found.column("params.c").to_pylist()
    assert held == list(choices) if type_ != "string" or "a" not in choices else held[0] == "a"


def test_rows_are_written_in_groups(study, trials, monkeypatch):
    monkeypatch.setattr(as_parquet, "AT_ONCE", 4)
    assert table(study, trials).column("number").to_pylist() == list(range(6))


def test_a_document_that_somebody_edited_is_named_by_its_column(study, a_trial):
    with pytest.raises(InvalidInput, match=r"the column 'params.layers' cannot be written"):
        table(study, [a_trial(params={"layers": "many"})])


def test_an_option_that_is_none_makes_its_column_text(a_study, a_trial):
    study = a_study(dimensions=(Dimension(name="c", kind=Kind.CHOICE, choices=(1, 2)),))
    found = table(study, [a_trial(params={"c": 2}), a_trial(1, params={"c": "gone"})])
    assert found.column("params.c").to_pylist() == ["2", "gone"]


def test_without_pyarrow_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ParzenError, match=r"pip install 'parzen\[parquet\]'"):
        as_parquet.require()
