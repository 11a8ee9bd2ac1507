import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.kubernetes.kubectl import Refused
from parzen.worker.launch.kubernetes.kubectl import kubectl as call


def test_it_is_given_words_and_documents(kubectl):
    kubectl.said = "done\n"
    kubectl.install()
    assert call("lab", ["apply", "-f", "-"], "a: 1\n") == "done\n"
    assert kubectl.calls == ["--namespace lab apply -f -"]
    assert kubectl.given == "a: 1\n"


def test_where_there_is_none_one_is_told_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InvalidInput, match=r"kubectl is not installed here: .* --dry-run"):
        call("lab", ["get", "pods"])


@pytest.mark.parametrize(
    ("complained", "said"),
    [
        ('namespaces "lab" not found', "make it with --create-namespace"),
        ("field is immutable", "--delete, or choose --name"),
        ("", "it ended with 3"),
        ("E1129 09:57:13.44 memcache] no!\n\nrefused: no host", "refused (refused: no host)"),
        ("no mongodb://u:secret@h here", "kubectl refused"),
    ],
)
def test_what_it_refuses_is_told_in_one_sentence(kubectl, complained, said):
    kubectl.complained, kubectl.code = complained, 3
    kubectl.install()
    with pytest.raises(Refused) as raised:
        call("lab", ["get", "pods"])
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)
