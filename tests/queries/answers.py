"""What the questions of docs/queries.md about one study must be answered.

Each function bears the name that the page gives its answer.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from statistics import fmean
from typing import Any

from queries.everything import Answer, Document, Everything, grouped, only


def best(all_: Everything) -> Answer:
    return [only(d, "number value loss params") for d in all_.valued[:10]]


def failed(all_: Everything) -> Answer:
    given_up = [d for d in all_.mine if d["state"] == "failed"]
    given_up.sort(key=lambda d: d["finished_at"], reverse=True)
    given_up.sort(key=lambda d: d["attempts"][-1]["error"]["kind"])
    return [
        {
            **only(d, "number params finished_at"),
            **only(d["attempts"][-1], "host"),
            **only(d["attempts"][-1]["error"], "kind message traceback"),
        }
        for d in given_up
    ]


def retried(all_: Everything) -> Answer:
    again = sorted(all_.mine, key=lambda d: -d["attempt"])
    return [
        {
            **only(d, "number state attempt failures"),
            "attempts": [
                only(a, "host outcome")
                | ({"error": only(a["error"], "kind")} if "error" in a else {})
                for a in d["attempts"]
            ],
        }
        for d in again
        if d["attempt"] > 1
    ]


def durations(all_: Everything) -> Answer:
    by_option = grouped(
        (d["params"]["opt"], d["duration_s"]) for d in all_.mine if d["state"] == "complete"
    )
    found = [
        {
            "_id": option,
            "trials": len(took),
            "mean_s": fmean(took),
            "median_s": sorted(took)[len(took) // 2],
            "p90_s": sorted(took)[math.floor(len(took) * 0.9)],
        }
        for option, took in by_option.items()
    ]
    return sorted(found, key=lambda d: -d["mean_s"])


def progress(all_: Everything) -> Answer:
    ended = sorted(all_.valued, key=lambda d: (d["finished_at"], d["number"]))
    return [
        {**only(d, "number finished_at loss"), "best": min(e["loss"] for e in ended[: i + 1])}
        for i, d in enumerate(ended)
    ]


def decades(all_: Everything) -> Answer:
    return _losses((math.floor(math.log10(d["params"]["lr"])), d) for d in all_.valued)


def ranges(all_: Everything) -> Answer:
    name = "opt/sgd/momentum"
    having = sorted(
        (d for d in all_.valued if name in d["params"]), key=lambda d: d["params"][name]
    )
    size = round(len(having) / 3)
    parts = [having[:size], having[size : 2 * size], having[2 * size :]]
    lows = [part[0]["params"][name] for part in parts] + [having[-1]["params"][name]]
    return [
        {**_losses([(None, d) for d in part])[0], "_id": {"min": lows[i], "max": lows[i + 1]}}
        for i, part in enumerate(parts)
    ]


def pairs(all_: Everything) -> Answer:
    found = _losses(((d["params"]["opt"], d["params"]["layers"]), d) for d in all_.valued)
    found.sort(key=lambda d: (d["best"], d["_id"]))
    return [{**d, "_id": dict(zip(("opt", "layers"), d["_id"], strict=True))} for d in found[:10]]


def near(all_: Everything) -> Answer:
    found = [
        {**only(d, "number value params"), "apart": _apart(d["params"])}
        for d in all_.valued
        if d["params"]["opt"] == "sgd"
    ]
    return sorted(found, key=lambda d: (d["apart"], d["number"]))[:5]


def curve(all_: Everything) -> Answer:
    mine = [d for d in all_.found["measurements"] if d["uid"] == all_.uid and d["number"] == 13]
    assert {d["attempt"] for d in mine} == {1, 2}
    return [only(d, "step value attempt at") for d in sorted(mine, key=lambda d: d["step"])]


def results(all_: Everything) -> Answer:
    return [
        {
            **only(d, "number value"),
            **(
                {"epochs": d["result"]["epochs"], "top5": d["result"]["top.5"]}
                if "result" in d
                else {}
            ),
        }
        for d in all_.valued[:5]
    ]


def waited(all_: Everything) -> Answer:
    seconds = [
        (d["started_at"] - d["waiting_since"]).total_seconds()
        for d in all_.mine
        if "started_at" in d and "waiting_since" in d
    ]
    whole = {"trials": len(seconds), "mean_s": fmean(seconds), "longest_s": max(seconds)}
    return [{"_id": None, **whole}]


def hourly(all_: Everything) -> Answer:
    ends = grouped((_hour(d["finished_at"]), d["state"]) for d in all_.mine if "finished_at" in d)
    return [
        {
            "_id": hour,
            "ended": len(states),
            "complete": states.count("complete"),
            "failed": states.count("failed"),
        }
        for hour, states in sorted(ends.items())
    ]


def lately(all_: Everything) -> Answer:
    ended = [d for d in all_.mine if "finished_at" in d]
    new = [d for d in ended if d["finished_at"] > all_.now - timedelta(hours=1)]
    assert 0 < len(new) < len(ended)
    new.sort(key=lambda d: d["finished_at"], reverse=True)
    return [only(d, "number state value finished_at") for d in new]


def since(all_: Everything) -> Answer:
    moment = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)
    new = [d for d in all_.mine if "started_at" in d and d["started_at"] >= moment]
    new.sort(key=lambda d: d["started_at"], reverse=True)
    return [only(d, "number state started_at") for d in new]


def _losses(pairs_: Any) -> Answer:
    return [
        {
            "_id": key,
            "trials": len(trials),
            "best": min(d["loss"] for d in trials),
            "mean": fmean(d["loss"] for d in trials),
        }
        for key, trials in sorted(grouped(pairs_).items())
    ]


def _apart(params: Document) -> float:
    return abs(math.log10(params["lr"]) + 2) / 4 + abs(params["layers"] - 4) / 7


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
