"""What a team's pyproject.toml says, and what ``verifier prove`` makes of it and writes for CI."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from verifier.language.errors import SpecError
from verifier.language.load import bundled, chosen_or_listed, from_file
from verifier.language.project import find_project, read_project

Run = Callable[..., subprocess.CompletedProcess[str]]
MISTAKES = [
    ("[tool.verifier\n", 1, "this is not TOML"),
    ('a = 1\n[tool.verifier]\ndesigns = ["spot"\n', 3, "this is not TOML"),
    ('\n[tool.verifier]\ndesign = ["spot"]\n', 3, "[tool.verifier] has no 'design'; did you mean 'designs'?"),
    ('[tool.verifier]\ndesigns = "spot"\n', 2, "designs is a list of files, patterns and names"),
    ("[tool.other]\ndesigns = 3\n[tool.verifier]\ndesigns = []\n", 4, "designs is a list"),
    ('[tool.verifier]\nbaseline = 7\ndesigns = ["spot"]\n', 2, "baseline is the name of a file"),
    ('[tool.verifier]\ndesigns = [\n  "spot",\n  "specs/*.py",\n]\n', 4, "no Python file is called 'specs/*.py' here"),
    ('[tool.verifier]\ndesigns = ["gone.py"]\n', 2, "no Python file is called 'gone.py' here"),
    ('[tool.verifier]\ndesigns = [\n  "/specs/*.py"]\n', 3, "/specs/*.py is absolute"),
    ('[tool.verifier]\ndesigns = [\n  "spot",\n  "sport",\n]\n', 4, "there is no design 'sport'; did you mean 'spot'?"),
    ("[tool]\nverifier = 3\n", 2, "write a table: [tool.verifier]"),
]


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, line: int, message: str
) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError) as caught:
        chosen_or_listed(())
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert message in caught.value.message


def test_the_nearest_table_above_counts_and_paths_are_relative_to_it(checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text(
        '[tool.verifier]\ndesigns = ["specs/*.py", "spot"]\nbaseline = "ci/verifier.json"\n'
    )
    inner = checkout / "specs" / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text('[project]\nname = "verifier-of-ours"\n')
    project = find_project(inner)

    assert project is not None
    assert project.file == checkout / "pyproject.toml"
    assert project.baseline == checkout / "ci" / "verifier.json"
    assert [(entry.text, entry.files) for entry in project.designs or ()] == [
        ("specs/*.py", (checkout / "specs" / "team.py",)),
        ("spot", ()),
    ]


def test_without_a_table_all_bundled_designs_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen_or_listed(()) == bundled()
    (tmp_path / "pyproject.toml").write_text('[tool.verifier]\nbaseline = "b.json"\n')
    assert chosen_or_listed(()) == bundled()
    assert list(chosen_or_listed(("spot",))) == ["spot"]
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    assert read_project(tmp_path / "pyproject.toml") is None


def test_prove_takes_what_the_project_lists_from_any_folder_in_it_and_reports(checkout: Path, run: Run) -> None:
    (checkout / "pyproject.toml").write_text('[tool.verifier]\ndesigns = ["specs/*.py"]\n')
    out = checkout / "out"
    asked = ["--junit", str(out / "j.xml"), "--sarif", str(out / "s.sarif"), "--summary", str(out / "s.md")]
    done = run("verifier", "prove", "--property", "solvency", "--json", *asked, cwd=checkout / "specs")

    assert done.returncode == 1, done.stderr
    assert [item["design"] for item in json.loads(done.stdout)["verdicts"]] == ["team"] * 4
    suite = ElementTree.parse(out / "j.xml").getroot()
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("4", "2", "0")
    shown = json.loads((out / "s.sarif").read_text())["runs"][0]["results"]
    assert {item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for item in shown} == {"specs/team.py"}
    assert "2 of 4 claims not as the designs say" in (out / "s.md").read_text()


@pytest.mark.parametrize(
    ("spoil", "status", "message"),
    [
        (("class Team(", "class Team(("), 2, "this is not Python"),
        (('shock="0.2"', 'shook="0.2"'), 2, "shook"),
    ],
)
def test_a_spec_that_does_not_load_is_setup_trouble_in_every_report(
    checkout: Path, run: Run, spoil: tuple[str, str], status: int, message: str
) -> None:
    spec = checkout / "specs" / "team.py"
    spec.write_text(spec.read_text().replace(*spoil))
    step = checkout / "step.md"
    done = run(
        "verifier", "prove", "specs/team.py", "--junit", "j.xml", "--sarif", "s.sarif",
        GITHUB_STEP_SUMMARY=str(step), GITHUB_ACTIONS="true",
    )  # fmt: skip

    assert done.returncode == status
    assert "Traceback" not in done.stderr
    suite = ElementTree.parse(checkout / "j.xml").getroot()
    assert (suite.attrib["tests"], suite.attrib["failures"], suite.attrib["errors"]) == ("1", "0", "1")
    (told,) = json.loads((checkout / "s.sarif").read_text())["runs"][0]["invocations"]
    assert message in told["toolExecutionNotifications"][0]["message"]["text"]
    assert message in step.read_text()
    assert re.search(r"^::error .*title=verifier%3A setup::", done.stderr, re.MULTILINE)


def test_a_proof_too_weak_for_what_was_asked_fails_in_the_report_as_in_the_status(checkout: Path, run: Run) -> None:
    asked = ["prove", "close-out", "--property", "conservation", "--junit", "j.xml"]
    for more, status, failures in (((), 0, "0"), (("--borrowers", "any"), 3, "1")):
        done = run("verifier", *asked, *more)
        suite = ElementTree.parse(checkout / "j.xml").getroot()
        assert (done.returncode, suite.attrib["failures"]) == (status, failures)


def test_a_report_that_cannot_be_written_is_one_message(checkout: Path, run: Run) -> None:
    (checkout / "file").write_text("")
    done = run("verifier", "prove", "spot", "--property", "solvency", "--junit", "file/j.xml")

    assert done.returncode == 2
    assert "error: file/j.xml cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_the_library_is_the_library() -> None:
    """What it imports from its neighbours is found, and its designs are the bundled ones."""
    specs = Path(__file__).resolve().parents[2] / "specs"
    assert from_file(specs / "patience.py")["spot"] is bundled()["spot"]
