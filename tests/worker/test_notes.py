from parzen.shared.records import Attempt, Claim, Study, Trial, Uid
from parzen.worker.notes import noted


def test_only_the_last_attempt_is_noted_and_nothing_else_of_the_claim():
    attempts = tuple(Attempt(n=n, token=f"t{n}", worker="w", host="h") for n in (1, 2))
    trial = Trial(study="a", uid=Uid("u"), number=3, params={}, attempts=attempts)
    claim = Claim(Study(name="a", uid=Uid("u"), dimensions=()), trial, "t2", 60.0, idle_s=1.0)
    told = noted(claim, device="cuda", log_bytes=7)
    assert told.trial.attempts[0] == attempts[0]
    assert (told.trial.attempts[1].device, told.trial.attempts[1].log_bytes) == ("cuda", 7)
    assert (told.token, told.idle_s, claim.trial.attempts) == ("t2", 1.0, attempts)
