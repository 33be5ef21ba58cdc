"""What a proof over tiers rests on, on disk: an SMT-LIB 2 file for each obligation, for anybody to find unsatisfiable.

A manifest says what is claimed, under which parameters and assumptions, and how the obligations add up to it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from verifier.interpretations.smtlib import script
from verifier.language.expr import Bool, decimal_text

if TYPE_CHECKING:
    from verifier.evidence.verdict import Finding

ARGUMENT = "docs/tiers.md: lifting, the theorem on two groups, and the question that covers all shocks"


@attrs.frozen(eq=False)
class Obligation:
    """One thing to be shown: under the facts, all goals hold."""

    name: str
    facts: tuple[Bool, ...]
    goals: tuple[Bool, ...]

    def text(self) -> str:
        """A script that is unsatisfiable exactly where the obligation holds."""
        return f"{script(self.facts, self.goals, 'real').text}\n(check-sat)\n"


def with_evidence(finding: Finding, folder: Path | None) -> Finding:
    """The finding with its obligations written below the folder, where it is a proof that has them."""
    obligations = finding.verdict.certificate.obligations if hasattr(finding.verdict, "certificate") else ()
    if folder is None or not obligations:
        return finding
    return attrs.evolve(finding, evidence=str(write_evidence(folder, finding, obligations)))


def write_evidence(folder: Path, finding: Finding, obligations: Sequence[Obligation]) -> Path:
    """Write the obligations of a proof below the folder, with their manifest, whose path is returned."""
    name = f"{finding.design}-{finding.claim.name}-{digest(repr((finding.conditions, finding.parameters)))[:8]}"
    here = folder / name
    here.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, obligation in enumerate(obligations, 1):
        text, file = obligation.text(), f"{number:02d}.smt2"
        (here / file).write_text(text, encoding="utf-8")
        listed.append({"name": obligation.name, "file": file, "sha256": digest(text), "expected": "unsat"})
    manifest = here / "manifest.json"
    manifest.write_text(
        json.dumps(about(finding) | {"obligations": listed}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return manifest


def about(finding: Finding) -> dict[str, Any]:
    """What is claimed, and under which circumstances."""
    values = {k: decimal_text(v) if type(v) is Fraction else v for k, v in finding.parameters.items()}
    return {
        "version": 1,
        "design": finding.design,
        "property": finding.claim.name,
        "statement": finding.claim.doc,
        "parameters": values,
        "assumptions": {name: sentence for name, sentence, _ in finding.assumptions},
        "arithmetic": finding.arithmetic,
        "borrowers": finding.borrowers,
        "notes": list(finding.notes),
        "argument": ARGUMENT,
    }


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
