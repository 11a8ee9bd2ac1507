from parzen.worker.launch.kubernetes.accounts import accounts, namespace
from parzen.worker.launch.kubernetes.values import Values


def test_the_namespace_admits_restricted_pods_alone():
    made = namespace(Values(namespace="lab"))
    assert made["metadata"]["name"] == "lab"
    assert made["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_each_role_has_an_account_of_its_own():
    made = accounts(Values(namespace="lab"))
    assert [one["metadata"]["name"] for one in made] == ["parzen-coordinator", "parzen-agent"]
    assert all(one["metadata"]["namespace"] == "lab" for one in made)
