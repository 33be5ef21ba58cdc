"""The bound command, and books and depth tables from files, as a user meets them."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from verifier.reports.document import schema

GOLDEN = Path(__file__).parent / "golden"


def verifier(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    command = [sys.executable, "-m", "verifier", *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False, timeout=300)


def bounds(*args: str) -> list[dict[str, object]]:
    """The bounds of a document that fits its schema, its findings that of verdicts."""
    document = json.loads(verifier("bound", *args, "--json").stdout)
    jsonschema.validate(document, schema("bounds"))
    found = document["bounds"]
    findings = [part for item in found for part in (item["proof"], *item["refutations"]) if part]
    jsonschema.validate({"version": 1, "verdicts": findings}, schema())
    assert isinstance(found, list)
    return found


@pytest.fixture
def book(tmp_path: Path) -> Path:
    file = tmp_path / "book.csv"
    file.write_text("owner,collateral,health_factor\nalice,0.03,1.05\nbob,0.1,1.15\n")
    return file


@pytest.mark.parametrize("name", ["close_out_no_cascade", "spread_solvency"])
def test_what_a_person_reads(name: str) -> None:
    command, _, expected = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").partition("\n")
    done = verifier(*command.removeprefix("$ verifier ").split())

    assert done.returncode == 0
    assert done.stdout.rstrip() == expected.rstrip()


def test_json_has_both_sides_exactly() -> None:
    (found,) = bounds("close-out", "--property", "no_cascade")

    assert (found["safe"], found["unsafe"]) == ("891/11500", "0.077479")
    assert found["gap"] == "17/23000000"
    assert found["verdict"] == "proved"
    assert found["borrowers"] == "any"
    assert found["closed_form"]["formula"] == "max(1 - 1/h1, 1 - (1 + φ1)²/h2)"  # type: ignore[index]
    assert [piece["fallen"] for piece in found["curve"]] == [0, 1, 2]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "args",
    [
        ("spread", "--property", "solvency"),
        ("close-out-eight", "--property", "price_floor", "--vary", "floor"),
        ("close-out", "--property", "no_cascade", "--set", "market=linear"),
        ("fixed-spread", "--property", "no_cascade", "--precision", "1e-3"),
    ],
)
def test_a_refuted_side_replays_from_its_file(tmp_path: Path, args: tuple[str, ...]) -> None:
    file = tmp_path / "bound.json"
    file.write_text(verifier("bound", *args, "--json").stdout)
    done = verifier("replay", str(file))

    assert done.returncode == 0, done.stderr
    assert "confirmed" in done.stdout


def test_what_is_not_closed_in_ends_with_status_3() -> None:
    done = verifier("bound", "fixed-spread", "--property", "no_cascade")

    assert done.returncode == 3
    assert "reached only as positions get smaller" in done.stdout
    assert "the largest shock is at least ≈8.130967 %" in done.stdout


def test_a_gap_of_wide_tiers_is_told_as_that() -> None:
    market = Path(__file__).parents[2] / "examples" / "market"
    given = ["--set", "tolerance=0.01", "--set", "depth=60000", "--book", "book.csv", "--price", "2000"]
    done = verifier("bound", "close-out", "--property", "no_cascade", *given, "--precision", "1e-4", cwd=market)

    assert done.returncode == 3
    said = " ".join(done.stdout.split())
    assert "the largest shock is at least ≈5.962087 %" in said
    assert "of positions in a wide tier only its limits are known" in said
    assert "as positions get smaller" not in said


def test_any_property_of_the_library_can_be_asked_of_any_design(book: Path) -> None:
    (found,) = bounds(
        "aave-v3",
        "--property",
        "no_cascade",
        "--book",
        str(book),
        "--set",
        "market=constant-product",
        "--set",
        "depth=1",
        "--precision",
        "1e-3",
    )

    assert found["safe"] is not None
    assert 0.0813 < float(str(found["safe"])) < 0.0814
    assert any("super-additive" in note for note in found["notes"])  # type: ignore[attr-defined]


def test_a_book_with_debts_needs_the_first_price(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text("collateral,debt\n0.03,0.79\n")
    done = verifier("bound", "close-out", "--property", "no_cascade", "--book", str(file))

    assert done.returncode == 2
    assert "--price" in done.stderr


def test_debts_and_healths_say_the_same(tmp_path: Path, book: Path) -> None:
    debts = tmp_path / "debts.csv"
    debts.write_text(f"collateral,debt\n0.105,{0.83 * 2000 * 0.1:.4f}\n0.115,{0.83 * 2000 * 0.1:.4f}\n")
    healths = tmp_path / "healths.csv"
    healths.write_text("collateral,health_factor\n0.105,1.05\n0.115,1.15\n")
    safe = {
        bounds("close-out", "--property", "no_cascade", "--book", str(file), "--price", "2000")[0]["safe"]
        for file in (debts, healths)
    }

    assert len(safe) == 1


def test_a_depth_table_is_a_market(tmp_path: Path, book: Path) -> None:
    table = tmp_path / "depth.csv"
    table.write_text("discount,quantity\n0.01,0.02\n0.03,0.02\n0.2,0.5\n")
    (found,) = bounds("close-out", "--property", "no_cascade", "--book", str(book), "--depth-table", str(table))

    assert found["safe"] == "251/2231"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1: no column 'discount'; a depth table has discount,quantity, here: nothing"),
        ("discount\n0.1\n", "1: no column 'quantity'"),
        ("discount,quantity\n", "1: the depth table has no rows"),
        ("discount,quantity\n0.1,2\n0.05,1\n", "3: column discount: the rows go from the best bid down"),
        ("discount,quantity\n0.1,-2\n", "2: column quantity: -2 is negative"),
        ("discount,quantity\n0.1,nan\n", "2: column quantity: 'nan' is not a number"),
        ("discount,quantity\n5,1\n", "2: column discount: 5 is more than the whole price; write 0.02 for 2 %"),
    ],
)
def test_a_wrong_depth_table_is_refused_at_its_line(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "depth.csv"
    table.write_text(text)
    done = verifier("bound", "close-out", "--property", "no_cascade", "--depth-table", str(table))

    assert done.returncode == 2
    assert f"{table}:{message}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["spread"], "Missing option '--property'"),
        (["spread", "--property", "solvent"], "there is no property 'solvent'; did you mean 'solvency'"),
        (["spread", "--property", "solvency", "--vary", "colour"], "spread has no parameter 'colour'"),
        (["spread", "--property", "solvency", "--vary", "frozen"], "frozen is no number that can vary"),
        (
            ["close-out", "--property", "no_cascade", "--vary", "liquidation_threshold"],
            "over the tiers of a book liquidation_threshold cannot vary",
        ),
        (["close-out", "--property", "price_floor", "--set", "depth=any"], "depth is open"),
        (["spread", "--property", "solvency", "--precision", "tiny"], "'tiny' is not a number"),
        (["spread", "--property", "price_floor"], "price_floor needs a value for floor: --set floor=..."),
        (
            ["close-out", "--property", "no_cascade", "--set", "shock=0.1", "--set", "bound=0.2"],
            "name the same parameter",
        ),
        (
            ["close-out", "--property", "no_cascade", "--set", "shock=0.1", "--set", "shock=drop"],
            "shock is set twice: a kind is chosen by the slot's name, its parameters by shock.NAME",
        ),
    ],
)
def test_a_mistake_gives_one_clear_message_and_status_2(args: list[str], message: str) -> None:
    done = verifier("bound", *args)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
