import dataclasses
import os

import pytest

from parzen.shared import bundle, signing
from parzen.shared.entries import Importable
from parzen.shared.errors import Incompatible, NotFound, StoreUnreachable, Untrusted
from parzen.shared.records import Image, Study, Uid
from parzen.shared.signing import Keyring
from parzen.shared.space import Float, Space
from parzen.worker.bundles import Bundles
from parzen.worker.trust import Policy


class Queue:
    def __init__(self, data):
        self.data = data
        self.asked = 0

    def bundle(self, study):
        self.asked += 1
        if isinstance(self.data, Exception):
            raise self.data
        return self.data


@pytest.fixture
def built():
    return bundle.build(lambda params: 0.0, Space({"x": Float(0, 1)}))


@pytest.fixture
def study(built):
    return Study(
        name="s", uid=Uid("u"), dimensions=(), objective=built.manifest.ref("f", built.data)
    )


def test_a_bundle_is_fetched_once_for_all_agents_of_a_machine(built, study, tmp_path):
    queue = Queue(built.data)
    path = Bundles(queue, tmp_path / "b").path(study)
    assert path.read_bytes() == built.data
    assert Bundles(queue, tmp_path / "b").path(study) == path
    assert queue.asked == 1
    assert [p.name for p in (tmp_path / "b").iterdir()] == [f"{study.objective.digest}.zip"]


def test_a_damaged_file_is_fetched_again(built, study, tmp_path):
    queue = Queue(built.data)
    Bundles(queue, tmp_path).path(study).write_bytes(b"damaged")
    assert Bundles(queue, tmp_path).path(study).read_bytes() == built.data
    assert queue.asked == 2


@pytest.mark.parametrize("put", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_lies_in_the_place_of_a_bundle_is_neither_read_nor_waited_for(
    built, study, tmp_path, put
):
    put(tmp_path / f"{study.objective.digest}.zip")
    assert Bundles(Queue(built.data), tmp_path).path(study).read_bytes() == built.data


def test_what_cannot_run_here_is_said_without_unpickling(tmp_path):
    built = bundle.build(lambda params: 0.0, Space({"x": Float(0, 1)}))
    strange = dataclasses.replace(built.manifest, python="2.7")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "read_manifest", lambda data: strange)
        patch.setattr(bundle, "load", None)
        study = Study(
            name="s", uid=Uid("u"), dimensions=(), objective=built.manifest.ref("f", built.data)
        )
        with pytest.raises(Incompatible, match=r"Python 2\.7"):
            Bundles(Queue(built.data), tmp_path).path(study)


@pytest.mark.parametrize("error", [StoreUnreachable("away"), NotFound("gone")])
def test_a_bundle_that_cannot_be_had_leaves_nothing_behind(study, tmp_path, error):
    with pytest.raises(type(error)):
        Bundles(Queue(error), tmp_path).path(study)
    assert list(tmp_path.iterdir()) == []


def test_a_digest_that_is_none_names_no_file(study, tmp_path):
    evil = dataclasses.replace(study.objective, digest="../../etc/passwd")
    with pytest.raises(Incompatible, match="no digest"):
        Bundles(Queue(b""), tmp_path).path(dataclasses.replace(study, objective=evil))


def test_a_study_without_an_objective_cannot_run(tmp_path):
    with pytest.raises(Incompatible, match="no objective"):
        Bundles(Queue(b""), tmp_path).path(Study(name="s", uid=Uid("u"), dimensions=()))


def test_one_file_for_two_studies_is_trusted_for_one(built, study, tmp_path):
    signer = signing.new_signer()
    policy = Policy(keys=Keyring.of([signer.key.public_key()]))
    signed = dataclasses.replace(
        study, objective=signer.signed(study.objective, study.name, study.uid)
    )
    bundles = Bundles(Queue(built.data), tmp_path, policy)
    assert bundles.path(signed).exists()
    replayed = dataclasses.replace(signed, name="t", uid=Uid("v"))
    for other in (study, replayed):
        with pytest.raises(Untrusted):
            bundles.path(other)
    assert bundles.path(signed).exists()


def test_what_is_not_trusted_is_not_even_fetched(study, tmp_path):
    queue = Queue(b"")
    policy = Policy(keys=Keyring.of([signing.new_signer().key.public_key()]))
    with pytest.raises(Untrusted, match="not signed"):
        Bundles(queue, tmp_path, policy).path(study)
    assert (queue.asked, [*tmp_path.iterdir()]) == (0, [])


def test_a_manifest_is_believed_more_than_the_document(built, study, tmp_path):
    lying = dataclasses.replace(study.objective, entry="mylab:f")
    with pytest.raises(Untrusted, match="unpickles nothing"):
        Bundles(Queue(built.data), tmp_path, Policy(only=Importable())).path(
            dataclasses.replace(study, objective=lying)
        )


def test_what_an_image_must_have_is_not_looked_for_on_this_machine(study, tmp_path):
    built = bundle.build(lambda params: 0.0, Space({"x": Float(0, 1)}))
    strange = dataclasses.replace(built.manifest, python="2.7")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "read_manifest", lambda data: strange)
        study = dataclasses.replace(study, objective=strange.ref("f", built.data))
        contained = dataclasses.replace(study, image=Image(name="python:2.7"))
        bundles = Bundles(Queue(built.data), tmp_path)
        bundles.path(contained)
        with pytest.raises(Incompatible, match=r"pickled by Python 2\.7"):
            bundles.path(study)  # the same file, which is judged for each
        only = Policy(only=Importable(("mylab",)))
        with pytest.raises(Untrusted):
            Bundles(Queue(built.data), tmp_path, only).path(contained)
