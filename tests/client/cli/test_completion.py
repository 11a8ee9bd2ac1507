"""The shells themselves complete words; those that are not installed are skipped."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from parzen.client import cli

BASH = """
source <({parzen} completion bash)
complete -p parzen
COMP_WORDS=({words}); COMP_CWORD={last}
_parzen_completion parzen
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compdef() {{ print "complete $*" }}
compadd() {{ shift 4; print -l -- ${{(P)1}} }}
_describe() {{ print -l -- ${{(P)3}} }}
source <({parzen} completion zsh)
words=({words}); CURRENT=$(( {last} + 1 ))
_parzen_completion
"""
FISH = """
{parzen} completion fish | source
complete -C '{words}'
"""
SHELLS = {
    "bash": (BASH, ["--norc", "--noprofile", "-c"]),
    "zsh": (ZSH, ["--no-rcs", "-c"]),
    "fish": (FISH, ["--no-config", "-c"]),
}


def said(shell, words):
    """What a real shell offers for the last word of a line, and what else it says."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    script, options = SHELLS[shell]
    here = Path(sys.executable).parent
    text = script.format(parzen="parzen", words=words, last=len(words.split()) - 1)
    environ = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    out = subprocess.run(
        [shell, *options, text], capture_output=True, text=True, check=False, env=environ
    )
    assert out.stderr == ""
    return out.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands(shell):
    found = said(shell, "parzen stu")
    assert "studies" in found
    assert "status" not in found


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_names_of_studies(shell, store_uri, new_study):
    new_study("digits", max_trials=8)
    new_study("letters")
    found = said(shell, "parzen status dig")
    assert "digits" in found
    assert "letters" not in found
    if shell != "bash":  # which shows nothing beside words
        assert "0/8 done" in found


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_and_the_help_says_how_to_install_it(shell, capsys):
    assert cli.run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert cli.COMPLETING in script
    assert cli.run(["completion", shell, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"] == [{"shell": shell, "script": script}]
    assert cli.run(["completion", "--help"]) == 0
    assert f"parzen completion {shell} >~/." in capsys.readouterr().out


def test_a_shell_that_click_does_not_know_is_refused(capsys):
    assert cli.run(["completion", "tcsh"]) == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in capsys.readouterr().err
