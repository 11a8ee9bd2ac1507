from scaling import measuring
from scaling.cells import Cell, Effort


def test_a_cell_is_measured_with_a_real_coordinator(served):
    effort = Effort(warm_up_s=0.5, window_s=1.0, slots_per_agent=4, processes=1, threads=2)
    found = measuring.measured(Cell(slots=8, history=20, studies=1), served, effort, 0.01)
    assert (found.errors, found.lost, found.first_error) == (0, 0, None)
    assert found.trials_per_s > 0
    assert found.agents == 2
    assert found.claim.calls > 0
    assert 1 <= found.trials_per_claim <= 4
    assert found.examined_one.keys >= found.examined_one.documents
    assert found.examined_many is None
