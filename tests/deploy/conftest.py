from __future__ import annotations

import pytest
from deploy import images
from deploy.project import Project


@pytest.fixture(scope="session")
def system(engine, base, tmp_path_factory):
    """The whole system with two workers, built and up; each test leaves it so."""
    mongo = images.mongo(engine, base, tmp_path_factory.mktemp("standin") / "image")
    wheels = images.wheels(images.python_of(engine, base))
    folder = tmp_path_factory.mktemp("checkout")
    project = Project(engine, folder, base=base, mongo=mongo, wheels=wheels)
    project.make_secrets()
    try:
        project.compose("build")
        project.up()
        yield project
    finally:
        project.down("--volumes")
        engine.docker("rmi", "--force", project.image)
