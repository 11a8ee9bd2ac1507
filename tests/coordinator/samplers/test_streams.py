from parzen.coordinator.samplers import streams


def first(rng):
    return rng.integers(2**63)


def test_streams_differ_by_seed_number_and_purpose():
    drawn = [
        first(rng)
        for rng in (
            streams.for_study(0),
            streams.for_trial(0, 0),
            streams.for_trial(0, 1),
            streams.for_trial(1, 0),
            streams.for_trial(streams.STUDY, 0),
            streams.for_trial(-1, 0),
            streams.for_trial(2**63, 0),
            streams.for_choice(0, 0),
            streams.for_branch(0, 0),
            streams.for_sources(0, 0),
            streams.for_source(0),
            streams.for_source(1),
        )
    ]
    assert len(set(drawn)) == len(drawn)


def test_a_stream_is_the_same_each_time():
    assert first(streams.for_trial(5, 6)) == first(streams.for_trial(5, 6))


def test_members_have_seeds_of_their_own():
    seeds = {streams.for_member(seed, index) for seed in (0, 1, -1) for index in range(3)}
    assert len(seeds) == 9
    assert streams.for_member(1, 2) == streams.for_member(1, 2)
