from __future__ import annotations

import sys

import pytest
from deploy import images
from deploy.engine import NoEngine, an_engine
from deploy.project import Project


@pytest.fixture(scope="session")
def engine():
    """A Docker engine; where none is to be had, the tests that ask for it are skipped."""
    try:
        with an_engine() as found:
            yield found
    except NoEngine as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def base(engine):
    """A base image whose Python is that of these tests: objectives travel between equal ones."""
    try:
        name = images.base(engine)
    except NoEngine as error:
        pytest.skip(str(error))
    found, own = images.python_of(engine, name), f"{sys.version_info[0]}.{sys.version_info[1]}"
    if found != own:
        pytest.skip(f"{name} has Python {found} and these tests run on {own}: PARZEN_TEST_BASE")
    return name


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
