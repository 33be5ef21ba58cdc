"""A team's checkout, and commands in it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
CLEAN = {name: held for name, held in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))} | {
    "COLUMNS": "200"
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one design: ``specs/team.py``."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "team.py").write_text((Path(__file__).parent / "team.py").read_text(encoding="utf-8"))
    return tmp_path


@pytest.fixture
def run(checkout: Path) -> Run:
    """Run a module of Python in the checkout: ``run("verifier", "prove")``."""

    def command(module: str, *args: str, cwd: Path = checkout, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", module, *args], capture_output=True, text=True, check=False, cwd=cwd, env=CLEAN | env
        )

    return command
