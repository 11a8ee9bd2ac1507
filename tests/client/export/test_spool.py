import pytest

from parzen.client.export import spool
from parzen.client.export.spool import Spool
from parzen.shared.errors import InvalidInput


@pytest.fixture(params=[0, spool.IN_MEMORY], ids=["on disk", "in memory"])
def spooled(request, study, trials, monkeypatch):
    monkeypatch.setattr(spool, "IN_MEMORY", request.param)
    with Spool(study.dimensions) as found:
        for trial in trials:
            found.add(trial)
        yield found


def test_rows_have_the_columns_that_only_later_ones_have(spooled, trials):
    columns, rows = spooled.layout.columns, list(spooled.rows())
    assert columns[-3:] == ["result/f1", "result/n", "user/tag"]
    assert [row[0] for row in rows] == [trial.number for trial in trials]
    assert [row[-1] for row in rows] == [None] * 5 + ["+1"]
    assert spooled.count == 6


def test_a_full_disk_is_told_in_a_sentence(study, trials, monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(28, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(spool, "SpooledTemporaryFile", lambda _: Full())
    with Spool(study.dimensions) as found, pytest.raises(InvalidInput, match="make room, or name"):
        found.add(trials[0])


def test_an_option_is_its_index_and_what_is_none_a_text(study, a_trial):
    with Spool(study.dimensions) as found:
        found.add(a_trial(params={"opt": "=adam", "shape": "gone"}))
        columns, [row] = found.layout.columns, found.rows()
        assert row[columns.index("params.opt")] == 1
        assert row[columns.index("params.shape")] == "gone"
        assert found.strange == {"shape"}


def test_the_types_of_what_was_returned_are_known(study, a_trial):
    with Spool(study.dimensions) as found:
        found.add(a_trial(result={"n": 1, "ok": True}))
        found.add(a_trial(result={"n": 0.5}))
        assert found.types == {"result/n": {int, float}, "result/ok": {bool}}
