import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.gpus.bounds import allowed, wanted
from parzen.worker.gpus.driver import Found, Silent

FOUR = [Found(uuid=f"GPU-{n}{n}", name="A", index=f"{n}") for n in range(4)]
MIG = [
    Found(uuid="MIG-aa", name="A", index="0:0", mig=True),
    Found(uuid="MIG-ab", name="A", index="0:1", mig=True),
    Found(uuid="GPU-11", name="A", index="1"),
]
CUDA = ("CUDA_VISIBLE_DEVICES",)


def left(environ, found=FOUR, names=CUDA):
    return [one.index for one in allowed(found, names, environ)[0]]


@pytest.mark.parametrize(
    ("environ", "indexes"),
    [
        ({}, "0123"),
        ({"CUDA_VISIBLE_DEVICES": "0,2"}, "02"),
        ({"CUDA_VISIBLE_DEVICES": "3, 1"}, "31"),
        ({"CUDA_VISIBLE_DEVICES": ""}, ""),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, ""),
        ({"CUDA_VISIBLE_DEVICES": "NoDevFiles"}, ""),
        ({"CUDA_VISIBLE_DEVICES": "1,9,2"}, "1"),  # as CUDA: it ends at what is not there
        ({"CUDA_VISIBLE_DEVICES": "1,1"}, "1"),
        ({"CUDA_VISIBLE_DEVICES": "GPU-22,gpu-0"}, "20"),
        ({"CUDA_VISIBLE_DEVICES": "GPU-"}, ""),  # which of them?
        # a container in which the runtime shows what it was asked for, and a privileged one
        ({"NVIDIA_VISIBLE_DEVICES": "all"}, "0123"),
        ({"NVIDIA_VISIBLE_DEVICES": "4,5,6,7"}, "0123"),
        ({"NVIDIA_VISIBLE_DEVICES": "2,3"}, "23"),
        ({"NVIDIA_VISIBLE_DEVICES": "GPU-33"}, "3"),
        ({"NVIDIA_VISIBLE_DEVICES": "void"}, "0123"),  # a runtime that uses CDI
        ({"NVIDIA_VISIBLE_DEVICES": "1,1,"}, "1"),
        ({"CUDA_VISIBLE_DEVICES": "9" * 5000}, ""),
        ({"NVIDIA_VISIBLE_DEVICES": "none"}, ""),
        ({"NVIDIA_VISIBLE_DEVICES": "2,3", "CUDA_VISIBLE_DEVICES": "1"}, "3"),
        # Slurm: what it sets for CUDA counts among what is seen; else its own list
        ({"SLURM_JOB_ID": "7", "CUDA_VISIBLE_DEVICES": "0,1", "SLURM_JOB_GPUS": "2,3"}, "01"),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "2,3"}, "23"),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "2,3", "SLURM_STEP_GPUS": "3"}, "3"),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "4,5,6,7"}, "0123"),  # a cgroup hides the rest
        ({"SLURM_JOB_ID": "7"}, ""),
        ({"SLURM_JOB_GPUS": "2,3"}, "0123"),  # no job
    ],
)
def test_what_the_environment_leaves(environ, indexes):
    assert "".join(left(environ)) == indexes


def test_instances_are_named_by_card_by_place_or_by_id():
    assert left({"CUDA_VISIBLE_DEVICES": "0"}, MIG) == ["0:0", "0:1"]
    assert left({"CUDA_VISIBLE_DEVICES": "MIG-ab"}, MIG) == ["0:1"]
    assert left({"NVIDIA_VISIBLE_DEVICES": "0:1"}, MIG) == ["0:1"]


def test_one_variable_bounds_what_another_leaves():
    names = ("ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
    environ = {"ROCR_VISIBLE_DEVICES": "1,2,3", "HIP_VISIBLE_DEVICES": "2"}
    assert left(environ, names=names) == ["3"]


def test_it_is_said_what_bounds_them():
    assert allowed(FOUR, CUDA, {})[1] is None
    assert allowed(FOUR, CUDA, {"CUDA_VISIBLE_DEVICES": "1"})[1] == "CUDA_VISIBLE_DEVICES='1'"
    assert allowed(FOUR, CUDA, {"SLURM_JOB_ID": "7"})[1] == "Slurm's job 7, which has none"


@pytest.mark.parametrize(
    ("words", "indexes"),
    [
        ((), "0123"),
        (("all",), "0123"),
        (("none",), ""),
        (("2", "0"), "20"),
        (("GPU-3", "3"), "3"),
        (("GPU-11",), "1"),
    ],
)
def test_an_agent_may_be_told_which_to_hand_out(words, indexes):
    assert "".join(one.index for one in wanted(FOUR, words, None)) == indexes


def test_places_are_the_drivers_whatever_is_bounded():
    assert [one.index for one in wanted(FOUR[2:], ("3",), None)] == ["3"]
    assert [one.index for one in wanted(MIG, ("0",), None)] == ["0:0", "0:1"]
    assert [one.index for one in wanted(MIG, ("0:1",), None)] == ["0:1"]


def test_one_that_may_not_be_had_is_refused_with_those_that_may():
    with pytest.raises(InvalidInput) as raised:
        wanted(FOUR[:2], ("3",), "CUDA_VISIBLE_DEVICES='0,1'")
    said = str(raised.value)
    assert "'3'" in said
    assert "0 (GPU-00), 1 (GPU-11), where CUDA_VISIBLE_DEVICES='0,1'" in said
    with pytest.raises(InvalidInput, match="hand out no GPU: see what `parzen doctor`"):
        wanted([], ("0",), None)


LOST = [Silent("1", "GPU is lost")]
REST = [one for one in FOUR if one.index != "1"]


@pytest.mark.parametrize(
    ("environ", "indexes"),
    [
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "2"}, "2"),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "1"}, ""),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "1,3"}, "3"),
        ({"SLURM_JOB_ID": "7", "SLURM_JOB_GPUS": "4,5,6,7"}, "023"),
        ({"NVIDIA_VISIBLE_DEVICES": "2"}, "2"),
        ({"CUDA_VISIBLE_DEVICES": "1"}, "2"),  # CUDA counts those that it has
    ],
)
def test_a_card_that_does_not_answer_keeps_its_place_on_the_machine(environ, indexes):
    left = allowed(REST, CUDA, environ, LOST)[0]
    assert "".join(one.index for one in left) == indexes
