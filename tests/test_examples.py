"""The commands of the examples, as written there, and what is said there of what they print."""

import os
import re
import runpy
import shlex
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from verifier.cli import cli

EXAMPLES = Path(__file__).parents[1] / "examples"
THRESHOLD = [
    ("≈7.747826", "≈8.306296"),
    ("≈11.082242", "≈11.451534"),
    ("≈7.747826", "≈8.130967"),
    ("20",),
    ("20",),
    ("17",),
]
OPTIONS = [0] * 14
WICK = [1, 0, 0, *[0] * 6, 1, 1, *[0] * 7, 1, 1]
WIDE = os.environ | {"COLUMNS": "200"}


def blocks(name: str, kind: str) -> str:
    """The fenced blocks of a kind in an example's README."""
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    return "".join(re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL))


def commands(name: str) -> list[list[str]]:
    """The commands of an example's README, without the program's name."""
    return [shlex.split(line)[1:] for line in blocks(name, "sh").replace("\\\n", "").splitlines()]


def run(name: str, command: list[str]) -> subprocess.CompletedProcess[str]:
    python = [sys.executable, "-m", "verifier", *command]
    return subprocess.run(
        python, capture_output=True, text=True, cwd=EXAMPLES / name, check=False, timeout=300, env=WIDE
    )


def test_the_generated_market_is_the_one_that_is_there() -> None:
    made = runpy.run_path(str(EXAMPLES / "market" / "make_book.py"))

    for name, wanted in (("book.csv", made["book"]()), ("depth.csv", made["depth"]())):
        assert (EXAMPLES / "market" / name).read_text(encoding="utf-8") == wanted


def test_a_market_from_csv_to_proof_and_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    first = commands("market")[0]
    picture = tmp_path / "cascade.png"
    done = run("market", [*first[:-1], str(picture)])

    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert [line for line in blocks("market", "text").splitlines() if line not in lines] == []
    kept = (EXAMPLES / "market" / "cascade.png").read_bytes()
    assert [struct.unpack(">II", data[16:24]) for data in (picture.read_bytes(), kept)] == [(1440, 960)] * 2


@pytest.mark.parametrize(
    ("place", "status", "parts"),
    [
        (1, 3, ("every shock up to ≈5.575138 %", "no run of concrete positions was found beyond it")),
        (2, 0, ("safe:   every shock, proved",)),
    ],
)
def test_what_the_market_example_says(place: int, status: int, parts: tuple[str, ...]) -> None:
    done = run("market", commands("market")[place])

    assert done.returncode == status, done.stdout + done.stderr
    assert all(part in done.stdout for part in parts)


@pytest.mark.parametrize(("place", "shocks"), list(enumerate(THRESHOLD)))
def test_what_raising_a_threshold_does(place: int, shocks: tuple[str, ...]) -> None:
    done = run("threshold", commands("threshold")[place])

    assert tuple(re.findall(r"safe:   every shock up to (\S+) %", done.stdout)) == shocks, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(("name", "statuses"), [("options", OPTIONS), ("wick", WICK)])
def test_what_options_and_wick_say(name: str, statuses: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES / name)
    printed: set[str] = set()
    for command, status in zip(commands(name), statuses, strict=True):
        done = CliRunner(env=WIDE).invoke(cli, command)  # in this process: so many commands would each start another
        assert done.exit_code == status, " ".join(command) + "\n" + done.stdout + done.stderr
        printed |= {line.rstrip() for line in done.stdout.splitlines()}

    assert [line for line in blocks(name, "text").splitlines() if line not in printed] == []


def test_every_command_is_run() -> None:
    assert (len(commands("market")), len(commands("threshold"))) == (3, len(THRESHOLD))
