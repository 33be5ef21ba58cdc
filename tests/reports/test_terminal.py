"""Of many verdicts only how many a design has are told, and all about those that nobody wanted."""

import io

import attrs
import pytest
from rich.console import Console

from tests.conftest import chosen
from verifier.analyses import pool
from verifier.analyses.pool import Work
from verifier.analyses.prove import Prover
from verifier.analyses.selection import Selection
from verifier.evidence.record import Record, record
from verifier.reports import terminal


@pytest.fixture(scope="module")
def records(prover: Prover) -> list[Record]:
    """A claim that is proved and one that is refuted as declared."""
    return [record(prover.finding(chosen("spread", "solvency", number=number))) for number in (0, 1)]


def printed(records: list[Record]) -> str:
    out = io.StringIO()
    terminal.print_records(records, Console(file=out, width=132))
    return out.getvalue()


def test_few_verdicts_are_told_one_by_one(records: list[Record]) -> None:
    assert "is refuted in 2 steps, as declared" in printed(records)
    assert "needed by" in printed(records)


def test_of_many_verdicts_each_design_has_a_row(records: list[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "TOLD", 1)
    text = printed(records)
    assert any(line.split()[:3] == ["spread", "1", "1"] for line in text.splitlines())
    assert "is refuted" not in text
    assert "needed by" not in text
    assert "Name a design" in text
    assert text.rstrip().endswith("1 proved, 1 refuted: all as the designs say.")


def test_what_nobody_wanted_is_told_however_many_there_are(
    records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "TOLD", 1)
    text = printed([records[0], attrs.evolve(records[1], declared=None, expected=False)])
    assert "solvency (shock = 0.1701) is refuted in 2 steps" in text
    assert "1 not as the designs say" in text


def test_what_a_proof_rests_on_is_worked_out_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(Selection(("spread",)), explain=None)
    todo = work.selection.cases()
    told = [item.record.unused_assumptions for item in pool.settled(work, todo)]
    monkeypatch.setattr(pool, "TOLD", 1)
    counted = [item.record.unused_assumptions for item in pool.settled(work, todo)]
    assert any(told)
    assert not any(counted)
