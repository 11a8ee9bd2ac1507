import pytest

from parzen.shared.records import Requires
from parzen.worker.gpus.driver import Found
from parzen.worker.gpus.inventory import Card
from parzen.worker.seats import Placement, Seat, choose, divide, lay_out, place, room


class Driver:
    def visible(self, uuids):
        return {"CUDA_VISIBLE_DEVICES": ",".join(uuids)}


DRIVER = Driver()


def a_card(n, slots=1, *, cpus=(), driver=DRIVER, **fields):
    given = {"memory_gb": 80.0, **fields}
    found = Found(uuid=f"GPU-{n}", name="A", index=f"{n}", cpus=frozenset(cpus), **given)
    return Card(found, driver, slots)


def cards(count, **fields):
    return [a_card(n, **fields) for n in range(count)]


def roomy(card, requires, given_gb=0.0):
    return True


def laid(seats):
    return [(seat.card and seat.card.uuid[4:], seat.cpus, seat.threads) for seat in seats]


def test_a_node_has_one_seat_for_each_gpu_and_one_for_trials_without():
    assert laid(lay_out((), None, range(8))) == [(None, (), None)]
    assert laid(lay_out(cards(2), None, range(8))) == [
        ("0", (0, 2, 4, 6), 4),
        ("1", (1, 3, 5, 7), 4),
        (None, (), 4),  # for those without a GPU, which takes no CPUs from the others
    ]


@pytest.mark.parametrize(
    ("slots", "each", "order"),
    [(None, 2, "0101-"), (3, 2, "010"), (1, 1, "0"), (2, 1, "01"), (4, 1, "01--"), (2, 2, "01")],
)
def test_every_gpu_is_handed_out_once_before_any_twice(slots, each, order):
    seats = lay_out(cards(2, slots=each), slots, range(8))
    assert "".join(seat.card.uuid[4:] if seat.card else "-" for seat in seats) == order


def test_cpus_are_divided_without_one_twice_and_near_the_gpu():
    two = [a_card(0, cpus=range(4, 8)), a_card(1, cpus=range(4))]
    assert divide(range(8), two) == [(4, 5, 6, 7), (0, 1, 2, 3)]
    portions = divide(range(7), [None, None, None])
    assert sorted(cpu for portion in portions for cpu in portion) == list(range(7))
    assert sorted(map(len, portions)) == [2, 2, 3]


@pytest.mark.parametrize("count", [1, 3])
def test_with_one_slot_or_too_few_cpus_nobody_keeps_to_some(count):
    assert divide(range(2), [None] * count) == [()] * count


@pytest.mark.parametrize(
    ("slots", "cpus", "quota", "threads"),
    [
        (1, 8, None, None),  # it has the machine to itself
        (1, 8, 2.0, 2),  # a container that may use two of them
        (1, 8, 0.5, 1),
        (4, 8, None, 2),
        (4, 8, 4.0, 1),
        (4, 2, None, 1),
        (3, 8, None, 2),
        (2, 0, 6.0, 3),  # which CPUs, nobody knows
        (2, 0, None, None),
    ],
)
def test_threads_are_divided_too(slots, cpus, quota, threads):
    seats = lay_out((), slots, range(cpus), quota)
    assert {seat.threads for seat in seats} == {threads}


def chosen(seats, requires, **more):
    found = choose(seats, requires, more.pop("roomy", roomy), **more)
    return None if found is None else [seat.number for seat in found]


SEATS = (*(Seat(n, a_card(min(n, 1)), reserved=True) for n in range(3)), Seat(3))


def test_a_trial_takes_as_many_seats_as_gpus_of_different_devices():
    assert chosen(SEATS, Requires(gpus=1)) == [0]
    assert chosen(SEATS, Requires(gpus=2)) == [0, 1]
    assert chosen(SEATS[1:], Requires(gpus=2)) is None
    assert chosen(SEATS, Requires(gpus=2), first=SEATS[2]) == [2, 0]
    assert chosen(SEATS, Requires(gpus=1), first=SEATS[3]) is None
    assert chosen((), Requires()) is None


def test_a_trial_without_gpus_leaves_those_seats_to_others():
    assert chosen(SEATS, Requires()) == [3]
    assert chosen(SEATS[:3], Requires()) is None
    assert chosen(SEATS, Requires(), first=SEATS[1]) is None
    alone = lay_out(cards(2), 2, range(8))
    assert chosen(alone, Requires()) == [0]
    assert chosen(alone, Requires(), first=alone[1]) == [1]
    assert [seat.reserved for seat in lay_out(cards(1), 2, range(8))] == [True, False]


def test_a_gpu_that_is_full_or_too_small_is_passed_over():
    full = chosen(SEATS, Requires(gpus=1), roomy=lambda card, *_: card.uuid != "GPU-0")
    assert full == [1]
    assert chosen(SEATS, Requires(gpus=1, gpu_memory_gb=100.0)) is None


def test_gpus_of_two_makers_are_no_pair():
    theirs = Driver()
    other = [Seat(0, a_card(0)), Seat(1, a_card(1, driver=theirs))]
    assert chosen(other, Requires(gpus=2)) is None
    assert chosen([*other, Seat(2, a_card(2, driver=theirs))], Requires(gpus=2)) == [1, 2]


def test_room_counts_what_fits_beside_what_is_taken():
    assert room(SEATS, [], Requires(), roomy) == 1
    assert room(SEATS, [], Requires(gpus=1), roomy) == 3
    assert room(SEATS, [Requires()], Requires(gpus=1), roomy) == 3
    assert room(SEATS, [Requires()], Requires(), roomy) == 0
    assert room(SEATS, [Requires(gpus=1)], Requires(gpus=2), roomy) == 0
    assert room(SEATS, [Requires(gpus=2)], Requires(gpus=1), roomy) == 1


HIDDEN = {"CUDA_VISIBLE_DEVICES": ""}


def test_a_trial_sees_its_gpus_and_keeps_to_its_cpus_and_threads():
    seats = [Seat(0, a_card(0), cpus=(0, 1), threads=2), Seat(1, a_card(1), cpus=(4, 5), threads=2)]
    assert place(seats, Requires(gpus=2), HIDDEN, {}) == Placement(
        devices=("GPU-0", "GPU-1"),
        cpus=(0, 1, 4, 5),
        environ={"CUDA_VISIBLE_DEVICES": "GPU-0,GPU-1", "OMP_NUM_THREADS": "4"},
    )


def test_a_trial_that_asks_for_none_sees_none():
    found = place([Seat(0, a_card(0))], Requires(), HIDDEN, {})
    assert (found.devices, found.environ, found.device) == ((), HIDDEN, "cpu")
    assert place([Seat(0)], Requires(), {}, {}).environ == {}  # where no driver was found


def test_a_number_of_threads_that_somebody_has_set_stands():
    found = place([Seat(0, threads=2)], Requires(), {}, {"OMP_NUM_THREADS": "7"})
    assert found.environ == {}


def test_the_first_seat_must_be_one_of_the_trials():
    assert chosen(SEATS, Requires(gpus=1, gpu_memory_gb=100.0), first=SEATS[0]) is None
    full = chosen(
        SEATS, Requires(gpus=1), first=SEATS[0], roomy=lambda card, *_: card.uuid != "GPU-0"
    )
    assert full is None
