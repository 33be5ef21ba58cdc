"""The command ``book`` as a user meets it: its table, its document, its pictures and its refusals."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

from verifier.analyses.ledger import Ledger, read_ledger
from verifier.language.errors import SpecError
from verifier.reports.books import MOST, bars, draw_book

GOLDEN = Path(__file__).parent / "golden"
SETTINGS = ["--threshold", "0.83", "--price", "2000"]


def verifier(*args: str) -> subprocess.CompletedProcess[str]:
    """Run the command where the books are."""
    command = [sys.executable, "-m", "verifier", *args]
    wide = os.environ | {"COLUMNS": "132"}
    return subprocess.run(command, capture_output=True, text=True, cwd=GOLDEN, check=False, timeout=60, env=wide)


@pytest.fixture
def ledger() -> Ledger:
    return read_ledger(GOLDEN / "book.csv", threshold=Fraction("0.83"), price=Fraction(2000))


def test_the_readable_output_is_as_recorded() -> None:
    """Golden file; the first line is the command."""
    command, expected = (GOLDEN / "book.txt").read_text(encoding="utf-8").split("\n", 1)
    done = verifier(*command.removeprefix("$ verifier ").split())

    assert done.stdout == expected
    assert (done.returncode, done.stderr) == (0, "")


def test_json_is_one_document_with_exact_numbers_as_text() -> None:
    done = verifier("book", "book.csv", *SETTINGS, "--tiers", "3", "--json")

    book = json.loads(done.stdout)["book"]
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout).keys() == {"version", "book"}
    assert (book["file"], book["positions"]) == ("book.csv", 12)
    assert book["exposed"] == {"positions": 10, "collateral": "267.783333333333333333", "debt": "267350.25"}
    assert book["unhealthy"] == {"positions": 1, "collateral": "1", "debt": "1700"}
    assert book["without_debt"] == {"positions": 1, "collateral": "8", "debt": "0"}
    assert book["without_collateral"] == {"positions": 1, "collateral": "0", "debt": "125.5"}
    assert [tier["positions"] for tier in book["tiers"]] == [1, 2, 7]
    assert book["tiers"][:2] == [
        {"lo": "83/85", "hi": "83/85", "positions": 1, "collateral": "1", "debt": "1700"},
        {"lo": "1.0375", "hi": "1.0375", "positions": 2, "collateral": "12", "debt": "19200"},
    ]


def test_health_factors_need_no_settings_and_leave_debts_open(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text("health_factor,collateral\n1.05,300\n1.1,40\n")
    done = verifier("book", str(file), "--json")

    book = json.loads(done.stdout)["book"]
    assert book["exposed"] == {"positions": 2, "collateral": "340", "debt": None}
    assert [tier["lo"] for tier in book["tiers"]] == ["1.05", "1.1"]
    assert "debt" not in verifier("book", str(file)).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.csv"], "File 'missing.csv' does not exist"),
        (["book.csv"], "error: book.csv has debts and no health_factor, so health needs --price and --threshold"),
        (["book.csv", "--price", "2000"], "so health needs --price and --threshold"),
        (["book.csv", "--price", "many"], "'many' is not a number; write a decimal or p/q"),
        (["book.csv", "--price", "1/0"], "'1/0' is not a number; write a decimal or p/q"),
        (["book.csv", "--price", "-1", "--threshold", "1"], "-1 is not above zero"),
        (["book.csv", *SETTINGS, "--tiers", "2"], "2 is not in the range x>=3"),
        (
            ["book.csv", *SETTINGS, "--plot", "book.pdf"],
            "error: a picture's name ends in .png or .svg; 'book.pdf' does",
        ),
        (["book.txt"], "error: book.txt:1: there is no column collateral; a book has one of collateral, and one of"),
    ],
)
def test_a_mistake_gives_one_clear_message_and_status_2(arguments: Sequence[str], message: str) -> None:
    done = verifier("book", *arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_wrong_cell_is_named_by_file_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text("collateral,debt\n1,2\n3,n/a\n")
    done = verifier("book", str(file), *SETTINGS)

    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {file}:3: debt 'n/a' is not a decimal; write amounts as ")


def test_a_ratio_is_taken_exactly() -> None:
    done = verifier("book", "book.csv", "--threshold", "2/3", "--price", "2000", "--json")

    assert json.loads(done.stdout)["book"]["tiers"][0]["lo"] == "40/51"


def test_bars_hold_all_that_can_be_sold_and_one_begins_at_health_1(ledger: Ledger) -> None:
    drawn = bars(ledger)

    assert sum(drawn.heights) + drawn.beyond == ledger.exposed.collateral
    assert 1 in drawn.edges
    assert len(drawn.heights) <= MOST
    for low, high, height in zip(drawn.edges, drawn.edges[1:], drawn.heights, strict=False):
        assert height == ledger.held(ledger.under(high)) - ledger.held(ledger.under(low))


def test_a_picture_is_drawn_beside_the_table(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / "book.png"
    done = verifier("book", "book.csv", *SETTINGS, "--plot", str(file))

    assert (done.returncode, done.stderr) == (0, "")
    assert "health from" in done.stdout
    assert file.read_bytes().startswith(b"\x89PNG")
    assert struct.unpack(">II", file.read_bytes()[16:24]) == (1440, 800)


def test_a_picture_says_what_it_shows_and_is_the_same_each_time(tmp_path: Path, ledger: Ledger) -> None:
    pytest.importorskip("matplotlib")
    once, again = tmp_path / "once.svg", tmp_path / "again.svg"
    draw_book(once, ledger)
    draw_book(again, ledger)

    text = once.read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert text == again.read_text(encoding="utf-8")
    for said in ("book.csv: collateral by health", "collateral (tokens)", "health = 1", "fall of the price"):
        assert f">{said}" in text


def test_a_picture_that_cannot_be_written_is_a_mistake(tmp_path: Path, ledger: Ledger) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(SpecError, match="cannot be written: No such file or directory"):
        draw_book(tmp_path / "nowhere" / "book.png", ledger)


def test_a_picture_without_matplotlib_says_what_to_install(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SpecError, match=r"pip install 'liquidation-verifier\[plot\]'"):
        draw_book(tmp_path / "book.png", ledger)
