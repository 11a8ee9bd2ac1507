from parzen.client.staging import Stage, composed
from parzen.coordinator.service import Coordinator
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.records import SamplerSpec, Want

X = Dimension(name="x", kind=Kind.FLOAT, low=-5.0, high=7.3)
K = Dimension(name="k", kind=Kind.INT, low=1, high=3)
C = Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b"))


def staged(*stages, seed=3, **more):
    spec = SamplerSpec(name="tpe", options={"n_startup_trials": 2}, seed=seed)
    return {"sampler": composed(stages, None, spec), "dimensions": (X, K, C), **more}


def loss(params):
    return (params["x"] - 1) ** 2 + params["k"] + (params["c"] == "a")


STAGES = (
    Stage("number", free=["x"], trials=6),
    Stage("whole", free=["k"], trials=6),
    Stage("all", free=["*"]),
)


def search(flow, upto, one=lambda: None):
    """One trial after the other, each told its loss, until ``upto`` are there; then ``one()``."""
    while len(flow.trials()) < upto:
        [claim] = flow.claim()
        flow.hand.finish([claim], loss(claim.trial.params))
        one()


def test_stages_go_on_whoever_leads_and_whatever_was_restarted(new_flow, store):
    dead = []

    def restarted():
        """Another coordinator takes over, once from one that died without a word."""
        number = len(flow.trials())
        if number == 7:
            dead.append(flow.coordinator)
        else:
            flow.coordinator.close()
        flow.coordinator = Coordinator(store, name=f"heir{number}", lease_s=0.5)

    made = {}
    for name, between in (("alone", lambda: None), ("heirs", restarted)):
        flow = new_flow(name, slots=1, max_running=1, **staged(*STAGES, max_trials=18))
        search(flow, 18, between)
        flow.run()
        flow.coordinator.close()
        made[name] = [(t.params, t.proposed.memo) for t in flow.trials()]
        assert flow.status == ("complete", "reached max_trials = 18")
    dead[0].close()
    assert made["alone"] == made["heirs"]
    stages = [memo["stage"] for _, memo in made["alone"]]
    # three whole numbers, of which the first stage has tried one
    assert stages == ["number"] * 6 + ["whole"] * 2 + ["all"] * 10
    first = [params for params, _ in made["alone"][:6]]
    assert {(p["k"], p["c"]) for p in first} == {(2, "a")}
    best = min(first, key=loss)["x"]
    assert {params["x"] for params, _ in made["alone"][6:8]} == {best}


def test_the_studys_document_says_which_stage_it_is_in(new_flow):
    flow = new_flow(slots=1, max_running=1, **staged(*STAGES, max_trials=18))
    first = "stage 1 of 3, number: trials 0 to 5, by tpe; free: x; fixed at"
    flow.step_until(lambda: (flow.study.proposing or "").startswith(f"{first} the start"))
    search(flow, 3)
    flow.step_until(lambda: (flow.study.proposing or "").startswith(f"{first} trial"))
    search(flow, 8)
    told = "stage 2 of 3, whole: trials 6 to 11, by tpe; free: k; fixed at trial"
    flow.step_until(lambda: (flow.study.proposing or "").startswith(told))
    search(flow, 10)
    flow.step_until(
        lambda: flow.study.proposing == "stage 3 of 3, all: trials 8 to 17, by tpe; free: *"
    )
    assert flow.consistent()


def test_a_study_ends_when_its_last_stage_has_nothing_left(new_flow):
    last = Stage("option", free=["c", "k"])
    flow = new_flow(slots=3, **staged(STAGES[0], last, max_trials=100))
    flow.run()
    assert flow.status == ("complete", "every point that the sampler has was proposed")
    assert len(flow.trials()) < 30
    assert flow.consistent()


def test_several_workers_wait_for_no_stage(new_flow, store):
    flow = new_flow(slots=8, **staged(*STAGES, max_trials=18))
    claims = flow.claim(8)  # the second stage begins while the first still runs
    assert [c.trial.number for c in claims] == list(range(8))
    assert {t.proposed.memo["stage"] for t in flow.trials()} >= {"number", "whole"}
    store.catalog.wish(flow.name, Want.PAUSE)
    flow.step_until(lambda: flow.study.status.value == "paused")
    flow.hand.finish(claims)
    store.catalog.wish(flow.name, Want.RUN)
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 18")
    assert flow.consistent()
