import json

from parzen.client import cli
from parzen.coordinator.samplers import registry


def test_every_sampler_is_listed_with_what_it_is_and_its_options(capsys):
    assert cli.run(["samplers"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split("\t") == ["name", "what", "options"]
    cells = {line.split("\t")[0]: line.split("\t")[1:] for line in lines}
    assert cells.keys() == set(registry.names())
    assert all(what.endswith(".") for what, _ in cells.values())
    assert "n_startup_trials=10" in cells["tpe"][1]
    assert cells["random"][1] == ""


def test_programs_get_the_defaults_as_they_are(capsys):
    assert cli.run(["samplers", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    [tpe] = [item for item in found["items"] if item["name"] == "tpe"]
    assert tpe["options"]["gamma"] == 0.1
