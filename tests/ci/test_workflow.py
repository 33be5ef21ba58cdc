"""The workflow and the hook that a team copies: they fit their schemas, and their commands do what is said of them."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW, HOOKS = ROOT / "examples" / "ci" / "verifier.yml", ROOT / ".pre-commit-hooks.yaml"
Run = Callable[..., subprocess.CompletedProcess[str]]


def tool(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=cwd)


def listing(checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text('[tool.verifier]\ndesigns = ["specs/*.py"]\n')


def weaken(checkout: Path) -> None:
    """Raise the liquidation threshold of the team's design."""
    spec = checkout / "specs" / "team.py"
    pool = """    pool = FixedSpread(market=SpotSpread.market, oracle=SpotSpread.oracle, book=SpotSpread.book,
                       liquidation_threshold="0.9", liquidation_bonus="0.05")
    keepers = Prompt(pool=pool)

    proved"""
    text = spec.read_text().replace("    proved", pool, 1)
    imports = "from verifier_specs.keepers import Prompt\nfrom verifier_specs.seizure import FixedSpread\n"
    spec.write_text(text.replace("from verifier_specs.patience", f"{imports}from verifier_specs.patience", 1))


def readme(section: str) -> list[list[str]]:
    """The commands of a section of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [
        shlex.split(line) for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()
    ]


def test_the_workflow_fits_githubs_schema() -> None:
    done = tool("check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW))
    assert done.returncode == 0, done.stdout


def test_the_workflows_command_writes_what_its_later_steps_take(checkout: Path, run: Run) -> None:
    steps = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["verifier"]["steps"]
    install, command = (shlex.split(step["run"]) for step in steps if "run" in step)
    taken = {step["uses"].split("@")[0]: step["with"] for step in steps if "with" in step}
    listing(checkout)
    assert run("verifier", "gate", "--update", "--no-bounds").returncode == 0
    weaken(checkout)
    done = run(*command, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(checkout / "step.md"))

    assert install == ["pip", "install", "liquidation-verifier"]
    assert command[0] == "verifier"
    assert done.returncode != 0
    assert "::error file=" in done.stderr
    assert "### verifier" in (checkout / "step.md").read_text()
    sarif = Path(taken["github/codeql-action/upload-sarif"]["sarif_file"])
    folder = Path(taken["actions/upload-artifact"]["path"])
    assert (checkout / sarif).is_file()
    assert sarif.parent == folder
    assert len(list((checkout / folder).iterdir())) == 2


def test_the_hook_fits_its_schema() -> None:
    done = tool("pre_commit", "validate-manifest", str(HOOKS))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("claims", "status"), [('shock="0.2"', 1), ('shock="0.12"', 0)])
def test_the_hook_lets_only_good_designs_be_committed(checkout: Path, run: Run, claims: str, status: int) -> None:
    """As a hook of the repository itself, so that nothing has to be installed."""
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    assert hook["entry"].split()[0] == "verifier"
    hook |= {"language": "system", "entry": f"{sys.executable} -m {hook['entry']}"}
    (checkout / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [hook]}]}))
    listing(checkout)
    spec = checkout / "specs" / "team.py"
    text = spec.read_text().replace('shock="0.2"', claims)
    kept = [line for line in text.splitlines() if "improves_health(" not in line and "0.05" not in line]
    spec.write_text("\n".join(kept) + "\n")
    (checkout / "notes.txt").write_text("nothing to prove\n")
    subprocess.run(["git", "add", "-A"], cwd=checkout, check=True)

    home = str(checkout / ".cache")
    assert "Skipped" in run("pre_commit", "run", "--files", "notes.txt", PRE_COMMIT_HOME=home).stdout
    done = run("pre_commit", "run", PRE_COMMIT_HOME=home)
    assert done.returncode == status, done.stdout
    assert ("Failed" if status else "Passed") in done.stdout
    assert ("is refuted in 1 step" in done.stdout) == bool(status)


@pytest.mark.parametrize("section", ["In CI", "In pytest"])
def test_the_readmes_commands_do_what_they_say(checkout: Path, run: Run, section: str) -> None:
    listing(checkout)
    commands = readme(section)

    assert commands
    for command in commands:
        done = run(*command)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "is refuted in 1 step" in done.stdout
    assert section != "In CI" or {path.name for path in (checkout / "reports").iterdir()} == {
        "verifier.xml", "verifier.sarif", "verifier.md",
    }  # fmt: skip
