import csv
import io

from parzen.client.export import as_csv
from parzen.client.export.spool import Spool

EXPECTED = """\
number,state,value,loss,attempt,worker,failure,started_at,finished_at,duration_s,params.lr,\
params.layers,params.opt,params.opt/sgd/momentum,params.shape,params.init,note,enqueued_by,\
result/f1,result/n,user/tag
0,complete,0.3333333333333333,-0.3333333333333333,1,node:1:a,,2026-03-01T12:00:00.250000+00:00,\
2026-03-01T12:00:01.750000+00:00,1.5,0.03333333333333333,3,sgd,\
0.30000000000000004,"[1, 2]",0.0,,,0.5,7,
1,failed,,,1,node:1:a,exception,2026-03-01T12:00:00.250000+00:00,2026-03-01T12:00:01.750000+00:00,\
1.5,0.0001,9,'=adam,,""\"1""\",0.3333333333333333,"so, ""so""
and so",,,,
"""


def written(study, trials):
    pieces = []
    with Spool(study.dimensions) as spool:
        for trial in trials:
            spool.add(trial)
        as_csv.write(spool, pieces.append)
    return pieces


def test_each_trial_is_a_row_with_every_digit(study, trials):
    pieces = written(study, trials)
    assert all(piece.endswith("\r\n") for piece in pieces)
    assert "".join(pieces[:3]).replace("\r\n", "\n") == EXPECTED


def test_any_reader_of_csv_finds_the_columns_of_all_rows(study, trials):
    rows = list(csv.DictReader(io.StringIO("".join(written(study, trials)), newline="")))
    assert [row["state"] for row in rows] == [trial.state.value for trial in trials]
    assert [row["params.shape"] for row in rows[2:]] == ["1", "null", "true", "b'x'"]
    assert rows[1]["note"] == 'so, "so"\nand so'
    assert rows[5]["user/tag"] == "'+1"
    assert None not in rows[5].values()


def test_a_study_without_trials_is_a_header(study):
    [header] = written(study, [])
    assert header.startswith("number,state,")
