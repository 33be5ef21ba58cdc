"""The pytest plugin as a team meets it: what is collected, what fails and how, and that it disturbs nobody else."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
ALL = [
    "specs/team.py::team::solvency[shock = 0.1]",
    "specs/team.py::team::solvency[shock = 0.2]",
    "specs/team.py::team::liquidation_improves_health[health = 1.25, shock = 0.1]",
    "specs/team.py::team::solvency[shock = 0.3]",
    "specs/team.py::team::solvency[shock = 0.05]",
]
TEST = "import sys\n\n\ndef test_light():\n    assert not {'z3', 'hypothesis._settings', 'verifier.language'} & set(sys.modules)\n"


def collected(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_each_claim_of_each_design_is_an_item(run: Run) -> None:
    assert collected(run("pytest", "specs", "--collect-only", "-q")) == ALL
    assert collected(run("pytest", "specs/team.py", "--collect-only", "-q")) == ALL
    assert collected(run("pytest", "specs", "--collect-only", "-q", "-k", "improves")) == ALL[2:3]


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_what_is_not_as_declared_fails_with_its_own_word_and_its_run(
    checkout: Path, run: Run, workers: tuple[str, ...]
) -> None:
    done = run("pytest", "specs", "-v", "--junit-xml=j.xml", *workers)

    assert done.returncode == 1
    summary = done.stdout.rpartition("short test summary info")[2]
    assert sorted(re.findall(r"^([A-Z ]+) (specs/.*?\]) - ", summary, re.MULTILINE)) == sorted(
        [("REFUTED", ALL[1]), ("VACUOUS", ALL[2]), ("NOT REFUTED", ALL[4])]
    )
    assert "3 failed, 2 passed" in summary
    assert "1   tick (price 1 600)   1 600" in done.stdout.replace("\u202f", " ")
    assert "Traceback" not in done.stdout
    suite = ElementTree.parse(checkout / "j.xml").getroot()[0]
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["skipped"]) == ("5", "3", "0")
    again = run("pytest", "specs", "--lf", "--collect-only", "-q")
    assert collected(again) == [ALL[1], ALL[2], ALL[4]]


def test_the_first_failure_can_end_it_and_one_claim_can_be_named(run: Run) -> None:
    assert "1 failed, 1 passed" in run("pytest", "specs", "-x").stdout
    assert "1 passed" in run("pytest", ALL[3]).stdout


def test_unknown_is_a_failure_with_its_own_word(run: Run) -> None:
    done = run("pytest", "specs", "-q", "--claim-timeout", "0.001", "-k", "0.1 and solvency and not 0.05")

    assert done.returncode == 1
    assert f"UNKNOWN {ALL[0]} - team · solvency (shock = 0.1) is unknown (time)" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("class Team(", "class Team((", "this is not Python"),
        ("import liquidation_improves_health, solvency", "import solvent", "ImportError: cannot import name 'solvent'"),
        ('solvency(shock="0.1")', 'solvency(shook="0.1")', "team has no parameter 'shook'"),
        ("proved = (", "proved = (\n        lambda it: it.debt,", "is not a claim; list properties"),
    ],
)
@pytest.mark.parametrize("named", ["specs", "specs/team.py"])
def test_a_spec_that_does_not_load_is_a_collection_error_in_one_sentence(
    checkout: Path, run: Run, old: str, new: str, message: str, named: str
) -> None:
    spec = checkout / "specs" / "team.py"
    spec.write_text(spec.read_text().replace(old, new))
    done = run("pytest", named)

    assert done.returncode == 2
    assert message in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert re.search(r"^ERROR specs/team\.py", done.stdout, re.MULTILINE)


def test_a_project_says_which_files_are_specs_and_which_bundled_designs(checkout: Path, run: Run) -> None:
    (checkout / "other").mkdir()
    (checkout / "other" / "second.py").write_text((checkout / "specs" / "team.py").read_text())
    plain = run("pytest", "--collect-only", "-q")
    assert (plain.returncode, collected(plain)) == (5, [])
    (checkout / "pyproject.toml").write_text('[tool.verifier]\ndesigns = ["specs/*.py", "spot"]\n')

    listed = collected(run("pytest", "--collect-only", "-q"))
    assert {line.split("::")[0] for line in listed} == {"specs/team.py", "pyproject.toml"}
    assert "pyproject.toml::spot::solvency[shock = 0.1285]" in listed
    assert collected(run("pytest", "--collect-only", "-q", "other")) == []
    assert len(collected(run("pytest", "--collect-only", "-q", "other/second.py"))) == len(ALL)
    done = run("pytest", "pyproject.toml", "-q", "-k", "solvency and 0.1285 and not slide")
    assert "1 passed" in done.stdout


def test_a_mistake_in_the_project_is_one_sentence(checkout: Path, run: Run) -> None:
    (checkout / "pyproject.toml").write_text('[tool.verifier]\ndesign = ["specs/*.py"]\n')
    done = run("pytest", "specs")

    assert done.returncode == 4
    assert f"{checkout / 'pyproject.toml'}:2: [tool.verifier] has no 'design'" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_files_that_are_no_specs_are_left_alone(checkout: Path, run: Run) -> None:
    """Tests that use the language, scripts without a class, and files of pieces alone."""
    folder = checkout / "specs"
    (folder / "team.py").rename(folder / "test_team.py")
    (folder / "script.py").write_text("from verifier.language import Q\n\nraise SystemExit(Q)\n")
    (folder / "other.py").write_text("class Other(dict):\n    pass\n\n\nraise SystemExit\n")
    (folder / "pieces.py").write_text(
        "from verifier_specs.patience import SpotSpread\n\n\nclass Piece(dict):\n    pass\n"
    )
    done = run("pytest", "specs", "--collect-only", "-q")

    assert (done.returncode, collected(done)) == (5, [])
    assert "no tests collected" in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_session_without_specs_imports_nothing_of_ours(checkout: Path, run: Run, workers: tuple[str, ...]) -> None:
    (checkout / "test_light.py").write_text(TEST)
    (checkout / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["."]\n')
    done = run("pytest", "-q", "-W", "error", "-p", "no:hypothesispytest", *workers)

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_starting_pytest_imports_the_plugin_and_no_more(tmp_path: Path) -> None:
    code = (
        "import sys, pytest\n"
        "pytest.main(['--help'])\n"
        "print(sorted(n for n in sys.modules if n.startswith(('verifier', 'z3', 'rich', 'click', 'attr'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)

    assert done.stdout.splitlines()[-1] == "['verifier', 'verifier.pytest_plugin']"
