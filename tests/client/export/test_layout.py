from parzen.client.export.layout import Layout


def test_a_row_has_a_cell_for_each_column(study, trials, began):
    layout = Layout(study.dimensions, ("n", "f1"), ("tag",))
    row = dict(zip(layout.columns, layout.row(trials[0]), strict=True))
    assert row["number"] == 0
    assert row["worker"] == "node:1:a"
    assert row["started_at"] == began
    assert row["params.shape"] == (1, 2)
    assert (row["result/n"], row["result/f1"], row["user/tag"]) == (7, 0.5, None)


def test_what_takes_no_part_is_missing(study, trials):
    layout = Layout(study.dimensions)
    row = dict(zip(layout.columns, layout.row(trials[1]), strict=True))
    assert row["params.opt/sgd/momentum"] is None
    assert row["failure"] == "exception"
