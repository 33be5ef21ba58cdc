"""What ``verifier conform`` says before anything is compared."""

import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from verifier.analyses import conformance
from verifier.cli import cli

lacking = conformance.library().lacking()


def verifier(*args: str, cache: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"VERIFIER_CONTRACTS": str(cache)}
    command = [sys.executable, "-m", "verifier", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


conform = functools.partial(verifier, "conform")


def test_a_design_without_a_contract_is_refused(tmp_path: Path) -> None:
    done = conform("maker-clipper", cache=tmp_path)
    assert done.returncode == 2
    assert "there is no contract for 'maker-clipper'" in done.stderr


def test_what_has_to_be_installed_is_said(tmp_path: Path) -> None:
    done = conform("uniswap-v2", cache=tmp_path)
    assert done.returncode == 2
    assert "verifier conform --install" in done.stderr or "pip install" in done.stderr


def test_runs_are_taken_on_no_contract_that_is_not_there(tmp_path: Path) -> None:
    done = verifier("prove", "uniswap-v2", "--on-contract", cache=tmp_path)
    assert done.returncode == 2
    assert "verifier conform --install" in done.stderr or "pip install" in done.stderr


def test_a_design_without_a_contract_has_no_runs_to_take(tmp_path: Path) -> None:
    done = verifier("prove", "maker-clipper", "--on-contract", cache=tmp_path)
    assert done.returncode == 2
    assert "there is no contract for 'maker-clipper'" in done.stderr


def test_where_a_contract_parts_from_a_run_the_status_is_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = SimpleNamespace(source="a contract", settings={})
    monkeypatch.setattr(conformance, "ready", lambda: None)
    monkeypatch.setattr(conformance, "running", lambda _: nowhere)
    report = tmp_path / "junit.xml"
    named = ("prove", "morpho-blue", "--property", "nothing_is_owed_on_nothing", "--arithmetic", "fixed")
    done = CliRunner().invoke(cli, [*named, "--on-contract", "--jobs", "1", "--junit", str(report)])
    assert done.exit_code == 1
    assert "the contract, a contract, parts from this run at the start" in done.stdout
    assert "not on the contract" in report.read_text(encoding="utf-8")


@pytest.mark.skipif(lacking is not None, reason=str(lacking))
def test_a_story_that_the_contract_confirms_is_as_recorded() -> None:
    """Golden file; the first line is the command. Durations are blanked."""
    golden = Path(__file__).parent / "golden" / "morpho_blue_on_contract.txt"
    command, expected = golden.read_text(encoding="utf-8").split("\n", 1)
    done = subprocess.run(
        [sys.executable, "-m", *command.removeprefix("$ ").split()], capture_output=True, text=True, check=False,
        env=os.environ | {"COLUMNS": "132"},
    )  # fmt: skip
    assert re.sub(r" +\d+\.\d\d s", "  TIME", done.stdout) == expected
