import pytest

from parzen.worker.launch.kubernetes.agents import BEYOND_S, agents
from parzen.worker.launch.kubernetes.values import Values


def spec(**chosen):
    return agents(Values(**chosen))["spec"]


def pod(**chosen):
    return spec(**chosen)["template"]["spec"]


def test_a_pod_is_given_the_time_that_its_agent_gives_its_trials():
    assert pod(grace_s=90.5)["terminationGracePeriodSeconds"] == 91 + BEYOND_S
    assert BEYOND_S >= 20  # as docker-compose.yml has it


def test_gpus_are_limits_and_their_nodes_are_tolerated():
    made = pod(gpus_per_agent=2, gpu_resource="nvidia.com/mig-1g.5gb", tolerations=("spot",))
    resources = made["containers"][0]["resources"]
    assert resources["limits"]["nvidia.com/mig-1g.5gb"] == 2
    assert resources["requests"] == resources["limits"]
    assert [one["key"] for one in made["tolerations"]] == ["spot", "nvidia.com/gpu"]


def test_without_gpus_none_are_asked_for():
    made = pod()
    assert set(made["containers"][0]["resources"]["limits"]) == {"cpu", "memory"}
    assert not {"tolerations", "nodeSelector", "runtimeClassName"} & set(made)


def test_a_deployment_needs_no_more_gpus_to_be_renewed():
    made = spec(agents=3)
    assert made["replicas"] == 3
    assert made["strategy"]["rollingUpdate"]["maxSurge"] == 0


def test_a_job_ends_and_outlives_the_loss_of_nodes():
    made = spec(agents=4, job=True)
    assert made["completionMode"] == "Indexed"
    assert made["completions"] == made["parallelism"] == 4
    [rule] = made["podFailurePolicy"]["rules"]
    assert rule["action"] == "Ignore"
    assert rule["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert made["backoffLimitPerIndex"] > 0
    assert made["template"]["spec"]["restartPolicy"] == "Never"


def test_data_loaders_have_memory_to_share():
    [shm] = [one for one in pod(memory="64Gi", shm="16Gi")["volumes"] if one["name"] == "shm"]
    assert shm["emptyDir"] == {"medium": "Memory", "sizeLimit": "16Gi"}


@pytest.mark.parametrize("claim", [None, "shared"])
def test_work_outlives_the_pod_where_a_claim_is_named(claim):
    [work] = [one for one in pod(work_claim=claim)["volumes"] if one["name"] == "work"]
    assert ("emptyDir" in work) == (claim is None)
    assert work.get("persistentVolumeClaim") == (claim and {"claimName": claim})


def test_groups_do_not_take_each_others_pods():
    one, other = (spec(name=name)["selector"]["matchLabels"] for name in ("small", "large"))
    assert one != other
