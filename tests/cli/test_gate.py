"""The gate as a team meets it: a baseline is written, a pull request weakens it, parts are joined."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree


def verifier(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "verifier", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=folder)


def test_a_team_writes_its_baseline_and_is_held_to_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.verifier]\ndesigns = ["pool.py"]\nbaseline = "b.toml"\n')
    verifier(tmp_path, "new", "pool")
    assert verifier(tmp_path, "gate").returncode == 2
    assert verifier(tmp_path, "gate", "--update").returncode == 0
    first = (tmp_path / "b.toml").read_bytes()
    assert verifier(tmp_path, "gate", "--update").returncode == 0
    assert (tmp_path / "b.toml").read_bytes() == first
    assert "The gate holds: 3 as recorded in b.toml." in verifier(tmp_path, "gate").stdout

    spec = tmp_path / "pool.py"
    spec.write_text(spec.read_text().replace('liquidation_threshold="0.8"', 'liquidation_threshold="0.85"'))
    whole = verifier(tmp_path, "gate", "--no-explain", "--junit", "j.xml", "--sarif", "s.json", "--summary", "s.md")
    assert whole.returncode == 1
    assert "liquidation_threshold 0.8 → 0.85" in whole.stdout
    suite = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert [(suite.get(name)) for name in ("tests", "failures", "errors")] == ["3", "2", "0"]
    assert [(case.get("type"), "0.8 → 0.85" in str(case.text)) for case in suite.iter("failure")] == [
        ("refuted", True)
    ] * 2
    wrong, _ = json.loads((tmp_path / "s.json").read_text())["runs"][0]["results"]
    assert wrong["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "pool.py"
    assert wrong["codeFlows"]
    assert "2 guarantees broken" in (tmp_path / "s.md").read_text()

    for part in ("1/2", "2/2"):
        done = verifier(tmp_path, "gate", "--no-explain", "--shard", part, "--json")
        (tmp_path / f"part{part[0]}.json").write_text(done.stdout)
    joined = verifier(tmp_path, "gate", "--merge", "part2.json", "part1.json")
    assert (joined.returncode, joined.stdout) == (1, whole.stdout)
    assert verifier(tmp_path, "gate", "--merge", "part1.json").returncode == 2
    assert verifier(tmp_path, "gate", "--shard", "3/2").returncode == 2
