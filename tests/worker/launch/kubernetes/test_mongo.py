from urllib.parse import urlsplit

from parzen.worker.launch.kubernetes import mongo
from parzen.worker.launch.kubernetes.mongo import hosts
from parzen.worker.launch.kubernetes.secrets import of_members, passwords
from parzen.worker.launch.kubernetes.values import Values


def made(**chosen):
    return {one["kind"]: one for one in mongo.mongo(Values(**chosen))}


def test_members_are_named_as_the_addresses_and_the_setup_name_them():
    found = made()
    name, service = found["StatefulSet"]["metadata"]["name"], found["Service"]["metadata"]["name"]
    assert found["StatefulSet"]["spec"]["serviceName"] == service
    members = found["StatefulSet"]["spec"]["replicas"]
    assert list(hosts()) == [f"{name}-{n}.{service}:27017" for n in range(members)]
    container = found["Job"]["spec"]["template"]["spec"]["containers"][0]
    environment = {one["name"]: one["value"] for one in container["env"]}
    assert environment["PARZEN_MONGO"] == ",".join(hosts())
    _, store = of_members(Values(), passwords())
    for key in ("coordinator.uri", "worker.uri"):
        address = urlsplit(store["stringData"][key])
        assert address.netloc.rpartition("@")[2] == ",".join(hosts())
        assert "replicaSet=parzen" in address.query


def test_they_find_each_other_before_they_are_ready():
    assert made()["Service"]["spec"]["publishNotReadyAddresses"] is True
    assert made()["Service"]["spec"]["clusterIP"] == "None"


def test_another_setup_is_another_job_and_the_same_one_is_the_same():
    def name(**chosen):
        return made(**chosen)["Job"]["metadata"]["name"]

    assert name() == name(agents=7)
    assert name() != name(image="lab/parzen:2")


def test_volumes_are_of_the_class_that_was_chosen():
    claim = made(storage_class="fast", mongodb_storage="1Ti")["StatefulSet"]["spec"][
        "volumeClaimTemplates"
    ][0]["spec"]
    assert claim["storageClassName"] == "fast"
    assert claim["resources"]["requests"]["storage"] == "1Ti"
