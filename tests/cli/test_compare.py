"""The comparison as a user meets it."""

import json
import subprocess
import sys

import pytest


def compare(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "verifier", "compare", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_options_held_to_maturity_as_one_document() -> None:
    done = compare("options-held", "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    (row,) = found["designs"]
    cells = row["cells"]
    assert {cell["standing"] for cell in cells.values()} == {"exact"}
    assert (cells["wick_20"]["text"], cells["lender_loss_drop_50"]["value"]) == ("any", "41/166")
    assert cells["lender_loss_drop_50"]["refuted"]["trace"]["steps"]
    assert "healthy_at_the_start" in row["relies_on"]
    assert row["premiums"]["drop"]["text"] == "27.55 %"
    assert set(cells) == {figure["name"] for figure in found["figures"]}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("spot", "--set", "helth=2"), "did you mean 'health'"), (("spot", "--set", "health=any"), "is a number"),
        (("sport",), "did you mean 'spot'"), (("spot", "--set", "oracle=mean"), "'spot(oracle=...)'"),
        (("spot(health=2)",), "health is the same for all designs"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_once(args: tuple[str, ...], message: str) -> None:
    done = compare(*args)

    assert done.returncode == 2
    assert message in done.stderr
    assert not done.stdout
