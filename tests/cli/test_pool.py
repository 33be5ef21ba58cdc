"""Finished verdicts survive whatever ends a run; what is remembered is what would be settled anew; nothing stays behind."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

TOYS = Path(__file__).parent.parent / "engines" / "toys.py"
PROVE = [sys.executable, "-m", "verifier", "prove"]
SPEC = """
from typing import Annotated

from verifier.language import Bool, Design, Mechanism, Real, Step, invariant, param, require, rule, state
from verifier.language.units import RATIO

Ratio = Annotated[Real, RATIO]


class Tank(Mechanism):
    most: Ratio = param
    level: Ratio = state(0)

    @rule
    def fill(self, given: Ratio) -> Step:
        \"\"\"Somebody fills it.\"\"\"
        return require(self.level + given <= self.most).then(self.after(level=self.level + given))

    @invariant
    def never_overflows(self) -> Bool:
        \"\"\"It holds what fits.\"\"\"
        return self.level <= {bound}


class One(Design, name="one"):
    tank = Tank(most={one})

class Two(Design, name="two"):
    tank = Tank(most=2)
"""


@pytest.fixture
def cache(tmp_path: Path) -> dict[str, str]:
    """An environment with a memory of its own, and a mark by which its processes are found."""
    return os.environ | {"VERIFIER_CACHE": str(tmp_path / "kept.sqlite"), "VERIFIER_MARK": uuid.uuid4().hex}


def left(env: dict[str, str]) -> list[str]:
    """The processes that run in this environment."""
    mark, found = env["VERIFIER_MARK"].encode(), []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_text())
        except OSError:
            continue
    return found


def none_left(env: dict[str, str]) -> bool:
    for _ in range(1500):
        if not left(env):
            return True
        time.sleep(0.02)
    return False


def verdicts(text: str) -> list[dict[str, Any]]:
    return [{name: held for name, held in item.items() if name != "seconds"} for item in json.loads(text)["verdicts"]]


def run(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROVE, *arguments], capture_output=True, text=True, env=env, check=False)


def test_what_is_remembered_is_what_was_settled_whatever_the_number_of_jobs(cache: dict[str, str]) -> None:
    fresh = run(cache, str(TOYS), "--json", "--no-cache", "--jobs", "1")
    first = run(cache, str(TOYS), "--json", "--jobs", "2")
    again = run(cache, str(TOYS), "--json", "--jobs", "1")
    assert "were settled before" not in first.stderr
    assert "were settled before" in again.stderr
    assert verdicts(fresh.stdout) == verdicts(first.stdout) == verdicts(again.stdout)
    assert fresh.returncode == first.returncode == again.returncode
    open_ = [item for item in verdicts(first.stdout) if item["verdict"] == "unknown"]
    known = int(again.stderr.rpartition("]")[2].split(")")[-1].split(" of ")[0])
    assert known == len(verdicts(first.stdout)) - len(open_)


def test_a_machine_that_is_busy_changes_nothing_but_the_seconds(cache: dict[str, str]) -> None:
    calm = run(cache, str(TOYS), "--json", "--no-cache", "--jobs", "1")
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        loaded = run(cache, str(TOYS), "--json", "--no-cache", "--jobs", "2")
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert verdicts(loaded.stdout) == verdicts(calm.stdout)
    assert loaded.returncode == calm.returncode


def test_an_unchanged_library_is_not_even_composed(cache: dict[str, str]) -> None:
    first = run(cache, "spot", "--property", "solvency", "--json", "--jobs", "2")
    again = run(cache, "spot", "--property", "solvency", "--json", "--jobs", "2")
    assert again.stderr.startswith("all ")
    assert again.stdout == first.stdout
    other = run(cache, "spot", "--property", "solvency", "--json", "--set", "shock=0.05")
    assert "settled before" not in other.stderr


def test_what_a_gate_settled_does_not_pass_for_what_prove_explains(cache: dict[str, str], tmp_path: Path) -> None:
    gate = [
        sys.executable,
        "-m",
        "verifier",
        "gate",
        "spread",
        "--update",
        "--baseline",
        str(tmp_path / "baseline.toml"),
    ]
    subprocess.run(gate, capture_output=True, env=cache, check=True)
    after = run(cache, "spread", "--json")
    fresh = run(cache, "spread", "--json", "--no-cache")
    assert verdicts(after.stdout) == verdicts(fresh.stdout)
    assert any(item["unused_assumptions"] for item in verdicts(fresh.stdout))


def test_a_changed_parameter_settles_anew_what_depends_on_it(cache: dict[str, str], tmp_path: Path) -> None:
    spec = tmp_path / "tank.py"
    spec.write_text(SPEC.format(bound="self.most", one=1))
    assert run(cache, str(spec)).returncode == 0
    spec.write_text(SPEC.format(bound="self.most", one=3))
    again = run(cache, str(spec))
    assert "1 of 2 verdicts were settled before" in again.stderr
    spec.write_text(SPEC.format(bound="1", one=3))
    broken = run(cache, str(spec))
    assert "settled before" not in broken.stderr
    assert broken.returncode == 1


def test_a_run_that_is_killed_leaves_its_finished_verdicts_and_no_process(cache: dict[str, str]) -> None:
    whole = run(cache, str(TOYS), "--json", "--no-cache", "--jobs", "2")
    killed = subprocess.Popen(
        [*PROVE, str(TOYS), "--jobs", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=cache
    )
    assert killed.stderr is not None
    finished = [killed.stderr.readline() for _ in range(4)]
    killed.kill()
    killed.wait()
    killed.stderr.close()
    assert all(line.startswith("[") for line in finished)
    assert none_left(cache)
    again = run(cache, str(TOYS), "--json", "--jobs", "2")
    assert "were settled before" in again.stderr
    assert verdicts(again.stdout) == verdicts(whole.stdout)
    assert none_left(cache)


def test_an_interrupt_prints_what_is_finished_and_leaves_no_process(cache: dict[str, str]) -> None:
    running = subprocess.Popen(
        [*PROVE, str(TOYS), "--jobs", "2", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=cache, start_new_session=True,
    )  # fmt: skip
    assert running.stderr is not None
    lines = [running.stderr.readline() for _ in range(3)]
    os.killpg(running.pid, signal.SIGINT)
    out, err = running.communicate()
    assert all(line.startswith("[") for line in lines)
    assert len(verdicts(out)) >= 3
    assert "interrupted: " in err
    assert running.returncode in {1, 3}
    assert none_left(cache)


def test_a_reader_that_leaves_is_no_error_and_leaves_no_process(cache: dict[str, str]) -> None:
    line = " ".join([*PROVE, str(TOYS), "--jobs", "2"])
    done = subprocess.run(["bash", "-c", f"{line} | head -1"], capture_output=True, text=True, env=cache, check=False)
    assert "Traceback" not in done.stderr
    assert none_left(cache)


def test_a_claim_whose_process_dies_is_unknown_and_the_others_are_settled(
    cache: dict[str, str], tmp_path: Path
) -> None:
    spec = tmp_path / "tank.py"
    deadly = "import multiprocessing, os\n" + SPEC.format(bound="self.most", one=1).replace(
        "        return self.level <=",
        "        if multiprocessing.parent_process() and str(self.most) == '1':\n            os._exit(9)\n"
        "        return self.level <=",
    )
    spec.write_text(deadly)
    done = run(cache, str(spec), "--json", "--jobs", "2")
    found = {item["design"]: item for item in verdicts(done.stdout)}
    assert found["one"]["verdict"] == "unknown"
    assert found["one"]["reason"]["kind"] == "memory"
    assert found["two"]["verdict"] == "proved"
    assert done.returncode == 3
