from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from parzen.shared.commandline import Folder, Seconds, names


@click.command()
@click.option("--wait", type=Seconds(2))
@click.option("--names", callback=names, multiple=True)
def command(wait, **given):
    click.echo(f"{wait} {given['names']}")


@pytest.mark.parametrize("given", ["nan", "inf", "1e12", "-1", "1.9", "soon"])
def test_a_length_of_time_that_no_lease_can_have_is_refused(given):
    result = CliRunner().invoke(command, ["--wait", given])

    assert result.exit_code == 2
    assert "--wait" in result.output
    assert "Traceback" not in result.output


def test_names_are_split_at_commas_and_may_be_given_again():
    result = CliRunner().invoke(command, ["--names", "a, b", "--names", "c", "--wait", "2"])

    assert result.output == "2.0 ('a', 'b', 'c')\n"


@pytest.mark.parametrize("given", ["", "a,,b", "a\nb"])
def test_an_empty_or_unprintable_name_is_refused(given):
    result = CliRunner().invoke(command, ["--names", given])

    assert result.exit_code == 2
    assert "--names" in result.output


def test_an_empty_directory_is_not_the_current_one():
    @click.command()
    @click.option("--data-dir", type=Folder())
    def keeps(data_dir):
        click.echo(data_dir)

    result = CliRunner().invoke(keeps, ["--data-dir", ""])
    assert result.exit_code == 2
    assert "it is empty" in result.output
