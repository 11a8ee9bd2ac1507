import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.kubernetes.values import Values, bytes_of, toleration


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"namespace": "My Lab"}, "the namespace is 'My Lab'"),
        ({"name": "a" * 60}, "the name is"),
        ({"store_secret": "../x"}, "the store secret is '../x'"),
        ({"memory": "8 GB"}, "memory is '8 GB'"),
        ({"cpus": ""}, "cpus is ''"),
        ({"gpu_resource": "nvidia.com/"}, "the GPUs' resource is 'nvidia.com/'"),
        ({"image": "a image"}, "the image is 'a image'"),
        ({"node_selector": {"zone": "a b"}}, "the node selector is 'a b'"),
        ({"allow_egress": ("10.0.0.1/8",)}, "'10.0.0.1/8' is no network"),
        ({"allow_egress": ("0.0.0.0",)}, "'0.0.0.0' is no network"),
        ({"tolerations": ("a:Never",)}, "'a:Never' is no toleration"),
        ({"work_claim": "no/"}, "the work claim is 'no/'"),
    ],
)
def test_what_the_api_would_refuse_is_refused_at_once(given, said):
    with pytest.raises(InvalidInput) as raised:
        Values(**given)
    assert said in str(raised.value)
    assert "expected" in str(raised.value)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("spot", {"key": "spot", "operator": "Exists"}),
        ("a.b/c:NoSchedule", {"key": "a.b/c", "operator": "Exists", "effect": "NoSchedule"}),
        ("team=ml", {"key": "team", "operator": "Equal", "value": "ml"}),
        (
            "team=:NoExecute",
            {"key": "team", "operator": "Equal", "value": "", "effect": "NoExecute"},
        ),
    ],
)
def test_tolerations_are_written_in_short(given, made):
    assert toleration(given) == made


@pytest.mark.parametrize(
    ("memory", "shm"), [("1Gi", "2Gi"), ("1G", "1Gi"), ("1", "2"), ("8Gi", "9G")]
)
def test_shared_memory_is_part_of_the_memory(memory, shm):
    with pytest.raises(InvalidInput, match="give --shm no more than --memory"):
        Values(memory=memory, shm=shm)
    assert Values(memory=shm, shm=shm).shm == shm


@pytest.mark.parametrize(
    ("quantity", "size"),
    [("3", 3), ("500m", 0.5), ("2k", 2e3), ("1.5Ki", 1536), ("4G", 4e9), ("1Pi", 2**50)],
)
def test_amounts_are_read_as_the_api_reads_them(quantity, size):
    assert bytes_of(quantity) == size
