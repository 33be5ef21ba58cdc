"""Obligations on disk: complete, undamaged, and unsatisfiable for whoever asks."""

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
import z3

from verifier.evidence.proof import with_evidence
from verifier.evidence.verdict import Finding, Proved

Settle = Callable[..., Finding]


@pytest.mark.parametrize("design", ["close-out", "close-out-eight", "fixed-spread"])
def test_every_obligation_of_a_proof_over_tiers_is_a_file_with_the_expected_answer(
    settle: Settle, tmp_path: Path, design: str
) -> None:
    finding = with_evidence(settle(design, "no_cascade"), tmp_path)

    assert isinstance(finding.verdict, Proved)
    assert finding.evidence is not None
    manifest = json.loads(Path(finding.evidence).read_text(encoding="utf-8"))
    listed = manifest["obligations"]
    assert len(listed) == len(finding.verdict.certificate.obligations)
    for item in listed:
        (file,) = item["files"]
        text = (Path(finding.evidence).parent / file).read_text(encoding="utf-8")
        solver = z3.Solver()
        solver.from_string(text)
        assert hashlib.sha256(text.encode()).hexdigest() == manifest["files"][file]
        assert str(solver.check()) == item["expected"], item["name"]


def test_the_list_names_each_part_of_the_argument(settle: Settle) -> None:
    verdict = settle("fixed-spread", "no_cascade").verdict
    assert isinstance(verdict, Proved)
    names = [obligation.name for obligation in verdict.certificate.obligations]

    for part in (
        "first touch by liquidate", "flow of liquidate: no sale", "flow of liquidate: seized within the spread",
        "the market: the more is sold", "the market: a later sale brings no more", "the shock keeps its floor: kept by tick",
        "the theorem on TwoGroups: kept by tick", "the theorem on PaidGroups: kept by sell_for_debt",
        "the market begins", "somebody is touched by", "the oracle's first reading", "a prefix of the tiers for every shock",
    ):  # fmt: skip
        assert any(name.startswith(part) for name in names), part


def test_the_question_on_all_shocks_fails_just_above_the_bound(settle: Settle) -> None:
    """The last obligation is no decoration: with a larger shock the same question has a model."""
    verdict = settle("close-out", "no_cascade").verdict
    assert isinstance(verdict, Proved)
    obligation = verdict.certificate.obligations[-1]
    text = obligation.text()
    bound = Fraction("0.923")
    assert f"(/ {bound.numerator}.0 {bound.denominator}.0)" in text
    solver = z3.Solver()
    solver.from_string(text.replace(f"(/ {bound.numerator}.0 {bound.denominator}.0)", "(/ 922.0 1000.0)"))

    assert str(solver.check()) == "sat"
