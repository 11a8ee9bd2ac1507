from parzen.worker.launch.kubernetes.coordinator import coordinator
from parzen.worker.launch.kubernetes.values import Values


def test_there_are_two_on_different_nodes_and_one_is_always_left():
    deployment, budget = coordinator(Values())
    spec = deployment["spec"]
    assert spec["replicas"] == 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert budget["spec"]["maxUnavailable"] == 1
    spread = spec["template"]["spec"]["topologySpreadConstraints"]
    assert "kubernetes.io/hostname" in {one["topologyKey"] for one in spread}


def test_none_is_made_where_none_is_wanted():
    assert coordinator(Values(coordinators=0)) == []


def test_it_is_asked_how_it_does_where_it_answers():
    deployment, _ = coordinator(Values(metrics_port=9999))
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["coordinator", "--metrics-port", "9999"]
    assert container["ports"][0]["containerPort"] == 9999
    annotations = deployment["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == "9999"
    assert container["livenessProbe"]["httpGet"]["path"] == "/-/healthy"
    assert container["readinessProbe"]["httpGet"]["path"] == "/-/ready"
