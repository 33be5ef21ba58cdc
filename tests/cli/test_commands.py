"""The command line as a user meets it: what it prints, what it ends with, and what it does with mistakes."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest

from verifier.reports.document import schema

QUICK = ["aave-v3", "--property", "solvency"]


def verifier(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    command = [sys.executable, "-m", "verifier", *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


def verdicts(text: str) -> list[dict[str, object]]:
    """The verdicts of a JSON document that fits its schema."""
    document = json.loads(text)
    jsonschema.validate(document, schema())
    found = document["verdicts"]
    assert isinstance(found, list)
    return found


def test_help_names_every_command() -> None:
    text = verifier("--help").stdout

    for command in ("list", "show", "prove", "fuzz", "replay", "new"):
        assert re.search(rf"^  {command} ", text, re.MULTILINE)


def test_json_is_one_document_that_fits_its_schema_and_nothing_else() -> None:
    done = verifier("prove", *QUICK, "--json")

    found = verdicts(done.stdout)
    assert done.returncode == 0
    assert [item["verdict"] for item in found] == ["proved", "proved", "proved", "proved", "refuted"]
    assert all(item["expected"] for item in found)
    assert found[0]["parameters"]["bound"] == "0.1285"  # type: ignore[index]
    assert found[4]["declared"]
    assert "[1/5]" in done.stderr


def test_two_runs_differ_in_nothing_but_time(tmp_path: Path) -> None:
    def stable(jobs: str) -> list[dict[str, object]]:
        done = verifier("prove", "maker-clipper", "--json", "--jobs", jobs, cwd=tmp_path)
        return [{k: v for k, v in item.items() if k != "seconds"} for item in verdicts(done.stdout)]

    assert stable("1") == stable("2")


def test_a_counterexample_replays_from_its_file_and_a_bent_one_does_not(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    file.write_text(verifier("prove", *QUICK, "--json").stdout)
    good = verifier("replay", str(file))

    assert good.returncode == 0
    assert "confirmed" in good.stdout
    file.write_text(file.read_text().replace('"liquidate.offer": "20000"', '"liquidate.offer": "1"'))
    bent = verifier("replay", str(file))
    assert bent.returncode == 1
    assert "not confirmed" in bent.stdout


@pytest.mark.parametrize("text", ["", "{}", "[1, 2]", '{"verdicts": [{"trace": {}}]}', '{"verdicts": [{"trace": 7}]}'])
def test_a_file_that_is_no_document_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "found.json"
    file.write_text(text)
    done = verifier("replay", str(file))

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_settings_void_what_a_design_declares() -> None:
    done = verifier("prove", "aave-v3", "--property", "solvency", "--set", "shock=0.3", "--json")

    found = verdicts(done.stdout)
    assert done.returncode == 1
    assert {item["verdict"] for item in found} == {"refuted"}
    assert not any(item["expected"] for item in found)
    assert all(item["set"] == ["shock=0.3"] for item in found)


def test_another_kind_of_shock_leaves_each_claims_own_bound_alone() -> None:
    done = verifier("prove", *QUICK, "--set", "shock=drop", "--json")

    found = {item["parameters"]["bound"]: item["verdict"] for item in verdicts(done.stdout)}  # type: ignore[index]
    assert found == {"0.1285": "proved", "0.129": "refuted"}


@pytest.mark.parametrize("kind", ["drop", "drawdown", "floor", "steps", "wick"])
def test_every_kind_of_shock_can_be_chosen(kind: str) -> None:
    done = verifier("prove", "aave-v3", "--property", "conservation", "--set", f"shock={kind}", "--json")

    assert [item["verdict"] for item in verdicts(done.stdout)] == ["proved", "proved"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prove", "aave-v3-an"], "there is no design 'aave-v3-an'; did you mean 'aave-v3-any'"),
        (["prove", "aave-v3", "--property", "solvent"], "there is no property 'solvent'; did you mean 'solvency'"),
        (["prove", "aave-v3", "--set", "treshold=1"], "aave-v3 has no parameter 'treshold'"),
        (["prove", "aave-v3", "--set", "shock"], "'shock' is not NAME=VALUE"),
        (["prove", "aave-v3", "--set", "shock=earthquake"], "'earthquake' is neither a number nor a kind of shock"),
        (["prove", "aave-v3", "--set", "health=0.1.2"], "0.1.2"),
        (["prove", "missing.py"], "there is no file missing.py"),
        (["new", "7"], "'7' is no name for a spec"),
    ],
)
def test_a_mistake_gives_one_clear_message_and_status_2(arguments: Sequence[str], message: str) -> None:
    done = verifier(*arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_new_spec_runs_as_it_is_from_any_directory(tmp_path: Path) -> None:
    made = verifier("new", "my-design", cwd=tmp_path)
    done = verifier("prove", "my_design.py", "--json", cwd=tmp_path)

    assert made.returncode == 0
    found = verdicts(done.stdout)
    assert done.returncode == 0
    assert [item["verdict"] for item in found] == ["proved", "proved", "refuted"]
    assert all(item["file"] for item in found)
    assert verifier("new", "my-design", cwd=tmp_path).returncode == 2


def test_list_names_every_design_with_its_properties() -> None:
    listed = json.loads(verifier("list", "--json").stdout)

    names = {item["name"] for item in listed["designs"]}
    assert {"aave-v3", "maker-clipper", "options-pair"} <= names
    assert all(item["properties"] for item in listed["designs"])


def test_show_writes_a_spec_out_with_units() -> None:
    text = verifier("show", "aave-v3").stdout

    assert "liquidation_threshold = 0.83" in text
    assert "collateral: collateral" in text
    assert "liquidate(offer: debt), by liquidator" in text


def test_fuzz_finds_a_declared_violation_and_shrinks_it() -> None:
    done = verifier("fuzz", "aave-v3", "--property", "liquidation_improves_health", "--set", "shock=0.5")

    assert "violated" in done.stdout
    assert "2   liquidate" in done.stdout
    assert "3   " not in done.stdout


def test_an_interrupt_keeps_what_is_settled() -> None:
    """Ctrl-C after the first verdict: it is printed, the rest is said to be open, and no process stays behind."""
    command = [sys.executable, "-m", "verifier", "prove", "--json", "--jobs", "1", "--no-cache"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert first.startswith("[1/")
    assert process.returncode == 3
    assert 1 <= len(verdicts(out)) < 88
    assert "interrupted" in err
    workers = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True).stdout
    assert not re.search(rf"^\s*{process.pid}\s", workers, re.MULTILINE)


def test_a_reader_that_leaves_is_no_error() -> None:
    text = f"{sys.executable} -m verifier list | head -n 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {text}"], capture_output=True, text=True, check=False)

    assert "Traceback" not in done.stderr
    assert done.stdout.strip() == "aave-reserve"


def test_a_time_that_is_too_short_gives_unknown_and_status_3() -> None:
    asked = ("--property", "solvency", "--arithmetic", "real", "--timeout", "0.05")
    done = verifier("prove", "aave-v3-any", *asked, "--json", "--no-cache")

    (found,) = verdicts(done.stdout)
    assert found["verdict"] == "unknown"
    assert found["reason"]["kind"] == "time"  # type: ignore[index]
    assert done.returncode == 3


def test_the_readable_output_is_as_recorded() -> None:
    """Golden file; the first line is the command. Durations are blanked."""
    golden = Path(__file__).parent / "golden" / "aave_v3_solvency.txt"
    command, expected = golden.read_text(encoding="utf-8").split("\n", 1)
    done = subprocess.run(
        [sys.executable, "-m", *command.removeprefix("$ ").split()], capture_output=True, text=True, check=False,
        env=os.environ | {"COLUMNS": "132"},
    )  # fmt: skip

    assert re.sub(r" +\d+\.\d\d s", "  TIME", done.stdout) == expected
