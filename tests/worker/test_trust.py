"""A worker judges studies by their documents, before it claims anything."""

from __future__ import annotations

import dataclasses

import pytest

from parzen.shared import keyfiles, signing
from parzen.shared.errors import InvalidInput, InvalidKey, Untrusted
from parzen.shared.records import Image, ObjectiveRef, Study, Uid
from parzen.worker.options import Options
from parzen.worker.trust import Policy, Refusals, policy

SIGNER = signing.new_signer()


def a_study(name="s", *, entry="pickle", signer=None):
    uid = Uid(f"uid of {name}")
    ref = ObjectiveRef(
        file="f", digest="d" * 64, bytes=1, python="3.11", cloudpickle="3", entry=entry
    )
    if signer is not None:
        ref = signer.signed(ref, name, uid)
    return Study(name=name, uid=uid, dimensions=(), objective=ref)


@pytest.fixture
def public(tmp_path):
    path = tmp_path / "k.pub"
    path.write_bytes(signing.public_pem(SIGNER))
    return path


def test_a_worker_without_options_asks_nothing():
    policy(Options()).check(a_study())
    assert str(policy(Options())) == "anybody's"


def test_trust_asks_for_a_signature(public):
    asked = policy(Options(trust=(public,)))
    asked.check(a_study(signer=SIGNER))
    assert str(asked) == f"signed by {SIGNER.key_id}"
    with pytest.raises(Untrusted, match="not signed"):
        asked.check(a_study())


def test_no_pickle_asks_for_a_function_of_an_allowed_module(public):
    asked = policy(Options(no_pickle=True, allow_entries=("mylab.objectives",)))
    asked.check(a_study(entry="mylab.objectives.vision:train"))
    for entry, why in {
        "pickle": "unpickles nothing",
        "os:system": "standard library",
        "mylab.objectives2:f": "calls only functions of mylab.objectives",
    }.items():
        with pytest.raises(Untrusted, match=why):
            asked.check(a_study(entry=entry))
    both = policy(Options(trust=(public,), no_pickle=True))
    for refused in (a_study(entry="mylab:f"), a_study(signer=SIGNER)):
        with pytest.raises(Untrusted):
            both.check(refused)
    both.check(a_study(entry="mylab:f", signer=SIGNER))


def test_an_image_is_code_that_nobody_has_signed(public):
    def in_image(study, name):
        return dataclasses.replace(study, image=Image(name=name))

    policy(Options()).check(in_image(a_study(), "torch:2"))
    asked = policy(Options(trust=(public,)))
    with pytest.raises(Untrusted, match=r"allows none of the images .* and not torch:2: start it"):
        asked.check(in_image(a_study(signer=SIGNER), "torch:2"))
    asked = policy(Options(trust=(public,), allow_images=("registry.lab/*", "torch:2")))
    asked.check(in_image(a_study(signer=SIGNER), "registry.lab/a/b:1"))
    with pytest.raises(Untrusted, match=r"allows only registry.lab/\* or torch:2 of the images"):
        asked.check(in_image(a_study(signer=SIGNER), "evil/registry.lab/a"))
    assert "in no image but registry.lab/* or torch:2" in str(asked)
    narrow = policy(Options(allow_images=("torch:*",)))
    narrow.check(a_study())
    with pytest.raises(Untrusted):
        narrow.check(in_image(a_study(), "jax:1"))


def test_another_image_is_judged_anew():
    refusals = Refusals(policy(Options(allow_images=("torch:*",))))
    study = dataclasses.replace(a_study(), image=Image(name="jax:1"))
    assert len(refusals.judge([study])) == 1
    assert not refusals.judge([dataclasses.replace(study, image=Image(name="torch:2"))])
    assert not refusals.reasons


def test_options_that_would_protect_nothing_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="add --no-pickle"):
        policy(Options(allow_entries=("mylab",)))
    with pytest.raises(InvalidInput, match="'my-lab' is no module"):
        policy(Options(no_pickle=True, allow_entries=("my-lab",)))
    with pytest.raises(InvalidKey, match=r"holds no \.pub file"):
        policy(Options(trust=(tmp_path,)))


def test_each_study_is_judged_once_until_its_document_changes(public):
    judged = []

    class Counting(Policy):
        def check(self, study):
            judged.append(study.name)
            super().check(study)

    keyring = keyfiles.read_keyring([public])
    refusals = Refusals(Counting(keys=keyring))
    good, bad = a_study("good", signer=SIGNER), a_study("bad")
    assert [study.name for study, _ in refusals.judge([good, bad])] == ["bad"]
    assert list(refusals.reasons) == [bad.uid]
    assert refusals.judge([dataclasses.replace(good, priority=3), bad]) == []
    assert judged == ["good", "bad"]
    replayed = dataclasses.replace(bad, objective=good.objective)
    ((found, why),) = refusals.judge([replayed])
    assert (found.name, "does not fit study 'bad'" in why) == ("bad", True)
    assert refusals.judge([]) == []
    assert refusals.reasons == {}
