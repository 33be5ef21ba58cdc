"""What ``verifier conform`` says before anything is compared."""

import functools
import os
import subprocess
import sys
from pathlib import Path


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
