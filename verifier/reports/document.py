"""Findings as one JSON document, and runs as data: exact numbers as text, nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from importlib.resources import files
from typing import Any

from verifier.evidence.trace import trace
from verifier.evidence.verdict import Bounded, Breaking, Finding, Proved, Refuted, Unknown, Vacuous, word
from verifier.reports.numbers import exact

VERSION = 1


def document(findings: Sequence[Finding]) -> str:
    """The whole document as text."""
    return written("verdicts", [as_data(item) for item in findings])


def written(name: str, items: Sequence[dict[str, Any]]) -> str:
    """A document of items under this name."""
    return json.dumps({"version": VERSION, name: items}, indent=2, ensure_ascii=False)


def schema(name: str = "document") -> dict[str, Any]:
    """The JSON Schema of a document."""
    text = files(__package__).joinpath(f"{name}.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def as_data(finding: Finding) -> dict[str, Any]:
    """One verdict as an object of the document."""
    verdict = finding.verdict
    return {
        "design": finding.design,
        "file": finding.file,
        "set": list(finding.settings),
        "property": finding.claim.name,
        "statement": finding.claim.doc,
        "verdict": word(verdict),
        "expected": finding.expected,
        "declared": finding.declared,
        "depth": _depth(verdict),
        "engine": finding.engine,
        "seconds": round(finding.seconds, 3),
        "seed": finding.seed,
        "parameters": {name: _plain(value) for name, value in finding.parameters.items()},
        "assumptions": [name for name, _, _ in finding.assumptions],
        "assumption_sources": {name: f"{doc} ({site})" for name, doc, site in finding.assumptions},
        "unused_assumptions": list(finding.unused_assumptions),
        "lemmas": [name for name, _ in verdict.certificate.lemmas] if isinstance(verdict, Proved) else [],
        "identity": isinstance(verdict, Proved) and verdict.certificate.identity,
        "never_fires": list(finding.never_fires),
        "arithmetic": finding.arithmetic,
        "borrowers": counted(finding.borrowers),
        "notes": list(finding.notes),
        "evidence": finding.evidence,
        "trace": trace(verdict.run) | _positions(finding) if isinstance(verdict, Refuted) else None,
        "shortest": verdict.shortest if isinstance(verdict, Refuted) else None,
        "reason": _reason(verdict),
        "breaking": _breaking(verdict),
    }


def counted(borrowers: str) -> str | int:
    """For how many borrowers: a word, or a number."""
    return int(borrowers) if borrowers.isdigit() else borrowers


def _positions(finding: Finding) -> dict[str, Any]:
    rows = [{"health": exact(health), "collateral": exact(held)} for health, held in finding.positions]
    return {"positions": rows} if rows else {}


def _plain(value: object) -> object:
    if isinstance(value, bool) or value == "any":
        return value
    return exact(value) if isinstance(value, Fraction) else str(value)


def _depth(verdict: object) -> int | None:
    match verdict:
        case Bounded(depth=depth):
            return depth
        case Unknown(depth=depth):
            return depth
        case Refuted(run=run):
            return len(run)
        case _:
            return None


def _reason(verdict: object) -> dict[str, str] | None:
    match verdict:
        case Unknown(why=why, detail=detail):
            return {"kind": why, "detail": detail}
        case Vacuous(why=why):
            return {"kind": "vacuous", "detail": why}
        case _:
            return None


def _breaking(verdict: object) -> dict[str, Any] | None:
    found: Breaking | None = getattr(verdict, "breaking", None)
    if found is None:
        return None
    return {"rule": found.rule, "values": {name: exact(value) for name, value in found.values.items()}}
