from scaling import starting


def test_real_processes_are_watched_from_their_start_to_their_first_work(served, monkeypatch):
    monkeypatch.setattr(starting, "SETTLE_S", 0.0)
    found = starting.measured(served, 10, "random")
    assert list(found) == [
        "coordinator, empty",
        "agent, empty",
        "coordinator, long",
        "agent, long",
    ]
    assert all(start.seconds > 0 and start.mib > 10 for start in found.values())
