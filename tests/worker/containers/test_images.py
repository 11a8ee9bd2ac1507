from __future__ import annotations

import logging
import threading

import pytest
import requests
from docker import errors

from parzen.shared.errors import Incompatible
from parzen.shared.records import Image, Pull
from parzen.worker.containers import images
from parzen.worker.containers.engine import EngineTrouble
from parzen.worker.containers.images import Images, follow, split
from parzen.worker.containers.pulse import Pulse


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("torch", ("torch", "latest")),
        ("lab/torch:2.9", ("lab/torch", "2.9")),
        ("registry:5000/torch", ("registry:5000/torch", "latest")),
        ("registry:5000/torch:2", ("registry:5000/torch", "2")),
        ("torch@sha256:0f", ("torch", "sha256:0f")),
        ("r:5000/torch:2@sha256:0f", ("r:5000/torch", "sha256:0f")),
    ],
)
def test_a_name_is_a_repository_and_one_tag(name, parts):
    assert split(name) == parts


def test_a_pull_says_how_far_it_is_and_what_is_wrong(caplog, monkeypatch):
    monkeypatch.setattr(images, "SAY_S", 0.0)
    caplog.set_level(logging.INFO, "parzen.worker")
    layer = {"status": "Downloading", "id": "a"}
    stream = [
        {"status": "Pulling from lab/torch"},
        {**layer, "progressDetail": {"current": 1e6, "total": 5e6}},
        {**layer, "progressDetail": {"current": 4e6, "total": 5e6}},
    ]
    follow("lab/torch:2", stream)
    assert "the image lab/torch:2: 4 of at least 5 MB have come" in caplog.text
    with pytest.raises(Incompatible, match=r"^manifest unknown$"):
        follow("lab/torch:2", [*stream, {"error": "manifest\n unknown"}])


class Engine:
    """An engine whose pulls say what the test wants, one list of pieces each."""

    def __init__(self, *pulls, there=()):
        self.pulls, self.there, self.asked = list(pulls), set(there), []
        self.go = threading.Event()
        self.api = self.images = self

    def get(self, name):
        if name not in self.there:
            raise Incompatible("no such image")

    def pull(self, name, tag, **_):
        self.asked.append(f"{name}:{tag}")
        self.go.wait(30)
        return self.pulls.pop(0)


@pytest.fixture
def new_images(monkeypatch):
    monkeypatch.setattr(images, "PAUSE_S", 0.0)
    monkeypatch.setattr(images, "TICK_S", 0.01)

    def make(*pulls, there=(), waits=False, pulse=None):
        engine = Engine(*pulls, there=there)
        if not waits:
            engine.go.set()
        return Images(lambda: engine, pulse), engine

    return make


def test_an_image_that_is_there_is_pulled_only_where_that_is_asked(new_images):
    found, engine = new_images([], there=["a:1"])
    assert found.fetch(Image(name="a:1"), lambda: True)
    assert engine.asked == []
    assert found.fetch(Image(name="a:1", pull=Pull.ALWAYS), lambda: True)
    assert engine.asked == ["a:1"]


def test_a_registry_that_stumbles_is_asked_again_and_one_that_refuses_is_not(new_images):
    found, engine = new_images([{"error": "dial tcp: timeout"}], [])
    assert found.fetch(Image(name="a"), lambda: True)
    assert len(engine.asked) == 2
    found, engine = new_images(*[[{"error": "dial tcp: timeout"}]] * 3)
    with pytest.raises(Incompatible, match="the image a cannot be pulled: dial tcp: timeout"):
        found.fetch(Image(name="a"), lambda: True)
    found, engine = new_images([{"error": "pull access denied for a"}])
    with pytest.raises(Incompatible, match="access denied"):
        found.fetch(Image(name="a"), lambda: True)
    assert len(engine.asked) == 1


@pytest.mark.parametrize("words", ["dial tcp: connect: connection refused", "no space left"])
def test_what_an_engine_says_of_a_pull_is_the_images_trouble(new_images, words):
    found, engine = new_images()

    def pull(name, **_):
        response = requests.Response()
        response.status_code = 500
        raise errors.APIError("500", response=response, explanation=words)

    engine.pull = pull
    with pytest.raises(Incompatible, match=f"the image a:1 cannot be pulled: {words}"):
        found.fetch(Image(name="a:1"), lambda: True)


def test_a_pull_is_not_waited_for_while_the_engine_is_away_and_goes_on(new_images, until):
    pulse = Pulse()
    found, engine = new_images([], waits=True, pulse=pulse)

    def wanted():
        pulse.found(answers=not engine.asked)
        return True

    with pytest.raises(EngineTrouble, match="does not answer"):
        found.fetch(Image(name="a:1"), wanted)
    pulse.found(answers=True)
    engine.go.set()
    assert found.fetch(Image(name="a:1", pull=Pull.ALWAYS), lambda: True)
    assert engine.asked == ["a:1"]


def test_those_who_want_one_image_at_a_time_share_one_pull(new_images, until):
    found, engine = new_images([], waits=True)
    told, waiting = [], set()

    def fetch():
        told.append(found.fetch(Image(name="a"), lambda: not waiting.add(threading.get_ident())))

    threads = [threading.Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(waiting) == 3)
    engine.go.set()
    for thread in threads:
        thread.join()
    assert (told, engine.asked) == ([True] * 3, ["a:latest"])


def test_who_does_not_want_it_any_more_does_not_wait(new_images):
    found, engine = new_images([], waits=True)
    assert not found.fetch(Image(name="a"), lambda: False)
    engine.go.set()
